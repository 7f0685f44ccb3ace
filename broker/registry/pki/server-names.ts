/** The names under which devices may reach this machine: they go into the server certificates. */

import { isIP, SocketAddress } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

/** DNS names in lower case, IP addresses in their shortest form; neither twice. */
export type ServerNames = { names: string[]; addresses: string[] }

/**
 * localhost, this machine's name and addresses, and what the config adds.
 * @param extra `tls.names` of config.yaml: DNS names and IP addresses
 */
export function serverNames(extra: string[]): ServerNames {
  const host = hostname().toLowerCase()
  const names = ['localhost', host, ...extra.filter(name => isIP(name) === 0)]
  // A bare machine name is found by mDNS under `.local`, which is what a phone or a board in the
  // same room can resolve.
  if (!host.includes('.')) names.push(`${host}.local`)
  const addresses = ['127.0.0.1', '::1', ...extra.filter(name => isIP(name) !== 0)]
  for (const face of Object.values(networkInterfaces()).flat()) {
    // Link-local IPv6 addresses mean nothing without a zone, which a certificate can't hold.
    if (face && !face.address.startsWith('fe80:')) addresses.push(face.address)
  }
  return {
    names: [...new Set(names.map(name => name.toLowerCase()).filter(isDnsName))],
    addresses: [...new Set(addresses.map(canonicalAddress))],
  }
}

/** One spelling for each IP address: `2001:DB8:0::1` is `2001:db8::1`. */
export function canonicalAddress(address: string): string {
  const family = isIP(address)
  if (family === 0) return address
  return new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address
}

/**
 * A certificate's DNS names are ASCII (RFC 5280 §4.2.1.6); machine names are what their owners
 * like.
 */
function isDnsName(name: string): boolean {
  return /^[a-z0-9*_-]+(\.[a-z0-9_-]+)*$/.test(name) && name.length <= 253
}
