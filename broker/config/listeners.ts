/**
 * The doors of the broker: `listeners` of config.yaml, a list. What one of them leaves out, `tls` says for all.
 */

import { isIP } from 'node:net'
import { isMap } from 'yaml'
import {
  type ConfigProblem,
  type Field,
  group,
  list,
  oneOf,
  refuse,
  type Spot,
  text,
  wholeNumber,
} from './fields.ts'
import {
  alpnRules,
  type Config,
  groupNames,
  type ListenerItem,
  refusalMoments,
  type ServerCertificateItem,
  securityPolicies,
  serverCertificateKinds,
  sniRules,
} from './shape.ts'
import { shown } from './words.ts'

const ownKeys = group({ certificate: text(), key: text(), ca: text() })

/** `rsa`, `ecdsa`, or the files of a certificate that the user has. */
const serverCertificate: Field<ServerCertificateItem> = {
  read(node, spot, reading) {
    if (!isMap(node)) return oneOf(serverCertificateKinds).read(node, spot, reading)
    const before = reading.problems.length
    const { certificate, key, ca } = ownKeys.read(node, spot, reading) ?? {}
    if (certificate !== undefined && key !== undefined) {
      return { certificate, key, ...(ca === undefined ? {} : { ca }), line: spot.line }
    }
    if (reading.problems.length > before) return undefined
    const missing = certificate === undefined ? 'certificate' : 'key'
    const where = { ...spot, path: `${spot.path}.${missing}` }
    return refuse(reading, where, 'is missing', `write \`${missing}: FILE\`: PEM`)
  },
}

/** The keys that `tls` has for all listeners, and each listener for itself. */
export const doorKeys = {
  securityPolicy: oneOf(securityPolicies),
  serverCertificates: list(serverCertificate, { atLeastOne: true, distinct: true }),
  groups: list(oneOf(groupNames), { atLeastOne: true, distinct: true }),
  sni: oneOf(sniRules),
  alpn: oneOf(alpnRules),
  refuseCertificates: oneOf(refusalMoments),
}

/** True for what can stand in a DNS name's place, wildcards apart. */
export function isHostName(value: string): boolean {
  return value.length <= 253 && /^(?!-)[a-zA-Z0-9_-]{1,63}(\.[a-zA-Z0-9_-]{1,63})*\.?$/.test(value)
}

const place = {
  host: text(value =>
    isIP(value) > 0 || isHostName(value)
      ? undefined
      : {
          says: `${shown(value)} is no address to listen on`,
          hint: "'::' is every address, 127.0.0.1 is this machine only",
        },
  ),
  port: wholeNumber(0, 65535, '8883 is the port of AWS, 0 takes a free one'),
}

/** The mistake that lies near: the keys of `tls` stand in a listener without it. */
const groupInItem: Field<never> = {
  retired: true,
  read: (_, spot, reading) =>
    refuse(
      reading,
      spot,
      'stands outside `listeners`, for all of them',
      'write its keys into the listener itself, such as `sni: required`',
    ),
}

const item = group({ ...place, ...doorKeys, tls: groupInItem })

/** The list itself. Two listeners on the same port are a problem of the second. */
export const listeners: Field<ListenerItem[]> = {
  // A mistyped place is told where these two belong; the other keys are known from `tls`.
  keys: place,
  isList: true,
  read(node, spot, reading) {
    const places: Spot[] = []
    const one: Field<ListenerItem> = {
      read(child, where, within) {
        const read = item.read(child, where, within)
        if (read === undefined) return undefined
        const { tls: _, ...values } = read
        places.push(where)
        return { host: '::', port: 8883, ...values }
      },
    }
    const read = list(one, { atLeastOne: true }).read(node, spot, reading)
    for (const clash of portClashes(read ?? [])) {
      const [first, second] = [places[clash.first], places[clash.second]]
      if (first === undefined || second === undefined) continue
      const says = `port \`${clash.port}\` is taken by the listener in line ${first.line}`
      refuse(reading, { ...second, path: `${second.path}.port` }, says, ONE_EACH)
    }
    return read
  },
}

const ONE_EACH = 'give each listener a port of its own'

/** Listeners that would stand in each other's way, by their indexes. Port 0 is a free one each time. */
export function portClashes(
  items: readonly ListenerItem[],
): { first: number; second: number; port: number }[] {
  return items.flatMap(({ host, port }, second) => {
    if (port === 0) return []
    const first = items
      .slice(0, second)
      .findIndex(other => other.port === port && sameDoor(other.host, host))
    return first === -1 ? [] : [{ first, second, port }]
  })
}

function sameDoor(one: string, other: string): boolean {
  return one === other || EVERYWHERE.includes(one) || EVERYWHERE.includes(other)
}

const EVERYWHERE = ['::', '0.0.0.0']

/** The one that commands and addresses are made for. */
export function firstListener({ listeners: [first] }: Pick<Config, 'listeners'>): ListenerItem {
  if (first === undefined) throw new Error('a config without a listener')
  return first
}

/** `listener`, as it was before there could be several: says how to write it now. */
export const formerListener: Field<never> = {
  retired: true,
  read(node, spot, reading) {
    // Its values are read only to write them into the hint; their own mistakes come afterwards.
    const problems: ConfigProblem[] = []
    const { host, port } = group(place).read(node, spot, { ...reading, problems }) ?? {}
    const lines = [
      ...(host === undefined ? [] : [`host: ${/^[\w.-]+$/.test(host) ? host : `"${host}"`}`]),
      ...(port === undefined ? [] : [`port: ${port}`]),
    ]
    const now = lines.length === 0 ? 'port: 8883' : lines.join(', ')
    return refuse(reading, spot, 'is a list now', `write \`listeners: [{ ${now} }]\``)
  },
}

/**
 * The configuration as one listener has it: `tls` with what the listener says instead.
 * AWS: on port 443 the ALPN name selects MQTT with a client certificate, so it is needed there. DG/protocols
 */
export function configOf(config: Config, { host: _, port, ...own }: ListenerItem): Config {
  const tls = { ...config.tls, ...own }
  const alpn = tls.alpn === 'by-port' ? (port === 443 ? 'required' : 'optional') : tls.alpn
  return { ...config, tls: { ...tls, alpn } }
}
