/** Which topics a subscription takes (MQTT 3.1.1 4.7). */

/** @param filter a right one @param topic without wildcards */
export function takes(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]: a wildcard at the start takes no topic that starts with $.
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const levels = topic.split('/')
  const wanted = filter.split('/')
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false
  }
  return wanted.length === levels.length
}
