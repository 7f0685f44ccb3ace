/** Host names as TLS clients compare them with the names of a certificate, and as AWS IoT names its endpoints. */

/**
 * True if a certificate with this name is one for this host. RFC 6125 6.4.3: a wildcard stands for the whole leftmost label,
 * and for no more than that.
 */
export function covers(name: string, host: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '')
  const own = name.toLowerCase().replace(/\.$/, '')
  if (!own.startsWith('*.')) return own === wanted
  const dot = wanted.indexOf('.')
  return dot > 0 && wanted.slice(dot) === own.slice(1)
}

/**
 * The name that AWS has today for an endpoint of the kind without `-ats`, which it no longer supports; undefined for every
 * other name. AWS: server-authentication ("Endpoint types").
 */
export function currentEndpoint(host: string): string | undefined {
  const [, account, rest] =
    /^([a-z0-9]{6,32})(\.iot\.[a-z]{2}(?:-[a-z]+)+-\d+\.amazonaws\.com)\.?$/i.exec(host) ?? []
  return account === undefined ? undefined : `${account}-ats${rest}`
}
