/**
 * Whether a topic or a filter is a right one: MQTT's rules for its form, and AWS's for its length, counted as AWS counts.
 * AWS: https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */

import type { Limits } from '../config/limits.ts'

export type NameLimits = Pick<Limits, 'topicBytes' | 'topicSlashes' | 'shareNameCharacters'>

/** `$share/<name>/<filter>` (MQTT 5 4.8.2). */
export type SharedFilter = { shareName: string; filter: string }

/** @returns what is wrong with a topic to publish to */
export function topicFault(topic: string, limits: NameLimits): string | undefined {
  if (topic.includes('+') || topic.includes('#')) return 'a topic to publish to has no wildcards'
  return nameFault(topic, limits)
}

/**
 * What is wrong with a filter; of a shared one, look at `shareFault` first.
 * [MQTT-4.7.1-2] [MQTT-4.7.1-3]: `#` stands alone at the end, `+` stands alone in its level.
 */
export function filterFault(filter: string, limits: NameLimits): string | undefined {
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return '# must stand alone in the last level'
    }
    if (level.includes('+') && level !== '+') return '+ must stand alone in its level'
  }
  return nameFault(filter, limits)
}

/** Whether a filter asks for a shared subscription, in the right form or not. */
export function isShared(filter: string): boolean {
  return filter.startsWith(SHARE) || filter === '$share'
}

/** MQTT 5 4.8.2 [MQTT-4.8.2-1] [MQTT-4.8.2-2]. @param filter one that `isShared` */
export function shareFault(
  filter: string,
  { shareNameCharacters }: NameLimits,
): string | undefined {
  const [, name = '', ...rest] = filter.split('/')
  if (name === '') return 'it has no share name'
  if (/[+#]/.test(name)) return 'the share name has a wildcard'
  if (rest.join('/') === '') return 'no topic filter stands behind the share name'
  if (name.length <= shareNameCharacters) return undefined
  const characters = [...name].length
  return characters > shareNameCharacters
    ? `the share name has ${characters} characters, and the limit is ${shareNameCharacters}`
    : undefined
}

/** The parts of a shared filter; undefined for one that is not shared, or not of that form. */
export function sharedFilter(filter: string): SharedFilter | undefined {
  if (!filter.startsWith(SHARE)) return undefined
  const end = filter.indexOf('/', SHARE.length)
  if (end <= SHARE.length || end === filter.length - 1) return undefined
  return { shareName: filter.slice(SHARE.length, end), filter: filter.slice(end + 1) }
}

const SHARE = '$share/'

function nameFault(name: string, { topicBytes, topicSlashes }: NameLimits): string | undefined {
  if (name === '') return 'it is empty'
  if (name.includes('\u0000')) return 'it holds a NUL character'
  const counted = name.startsWith('$') ? countedPart(name) : name
  // No UTF-16 unit has more than three bytes of UTF-8, so the usual short name need not be measured.
  if (counted.length * 3 > topicBytes) {
    const bytes = Buffer.byteLength(counted)
    if (bytes > topicBytes) return `it has ${bytes} bytes, and the limit is ${topicBytes}`
  }
  const count = slashes(counted)
  if (count > topicSlashes) return `it has ${count} slashes, and the limit is ${topicSlashes}`
  return undefined
}

/**
 * AWS: what stands before a shared filter, and the first three levels of Basic Ingest, count neither as bytes nor as slashes.
 * The letters of the latter's prefix may be large or small: so AWS's own client counts.
 */
function countedPart(name: string): string {
  const own = sharedFilter(name)?.filter ?? name
  const ingest = /^\$aws\/rules\/[^/]*\//i.exec(own)
  return ingest ? own.slice(ingest[0].length) : own
}

function slashes(name: string): number {
  let count = 0
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) count++
  return count
}
