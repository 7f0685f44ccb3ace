/**
 * A ClientHello out of a file, judged as the broker would judge it: the same reader, the same matcher, the same words. For
 * `candid explain --hello`, where no client is connected.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { HelloRecord } from '../journal/dossier.ts'
import { helloReader } from '../tls/hello-reader.ts'
import { groupName, suiteName, versionName } from '../tls/names.ts'
import { faultWords, helloConflicts, helloFaults, isRead, versionOf } from './hello-conflict.ts'
import { type Asks, demands } from './hello-demands.ts'
import { knownHellos } from './known-hellos.ts'
import { endpointOf } from './settings.ts'
import { helloRecord } from './tls-record.ts'

export type OfflineHello =
  | { ok: false; says: string; hint?: string }
  | {
      ok: true
      hello: HelloRecord
      /** ISO, where the hello shows the device's clock. */
      deviceClock?: string
      securityPolicy: string
      /** What would be chosen; undefined when it is refused. `retry`: only after a second ClientHello. */
      chosen?: { version: string; suites: string[]; group?: string; retry?: true }
      /** Why it is refused, the main reason first. */
      refusals: Diagnosis[]
      /** What is worth telling and refuses nothing, one line each. */
      notes: string[]
    }

/**
 * @param asks the listener that it is judged for, with the config as that has it
 * @param file raw bytes of a ClientHello, with or without its record, or the same as hex text
 */
export function judgeHello(file: Buffer, asks: Asks): OfflineHello {
  if (CAPTURES.some(magic => file.subarray(0, 4).equals(magic))) {
    return {
      ok: false,
      says: 'a whole capture, not a ClientHello',
      hint: 'in Wireshark select the ClientHello, then File, Export Packet Bytes',
    }
  }
  const bytes = asRecord(fromHex(file) ?? file)
  const progress = helloReader().push(bytes)
  if (progress.state === 'more') {
    return {
      ok: false,
      says: `no complete ClientHello: ${bytes.length} bytes, and more must follow`,
    }
  }
  if (progress.state === 'not-tls') {
    const what = progress.protocol === 'unknown' ? 'no TLS' : progress.protocol
    return { ok: false, says: `no ClientHello: the bytes are ${what}` }
  }
  if (progress.state === 'alert') return { ok: false, says: 'no ClientHello: a TLS alert' }
  if (progress.state === 'malformed') {
    return { ok: false, says: `no ClientHello: ${progress.says}, at byte ${progress.at}` }
  }
  const { hello: parsed } = progress
  const endpoint = endpointOf(asks.config)
  const greeted = { bytes, parsed, ...knownHellos(1).factsOf(bytes, parsed, endpoint) }
  const version = versionOf(greeted)
  const fault = helloFaults(parsed, version)
  const firstBytes = bytes.subarray(0, 16).toString('hex')
  const demanded = demands(greeted, version, asks)
  const noVersion = !greeted.match.ok && greeted.match.conflict.kind === 'version'
  // In the order of the broker: what the listener demands, the form, what both sides share.
  const refusals = [
    ...(noVersion ? [] : demanded.refusals),
    ...(fault === undefined ? [] : [diagnose('HELLO_MALFORMED', { says: fault, firstBytes })]),
    ...helloConflicts(greeted, endpoint),
    ...(noVersion ? demanded.refusals : []),
  ]
  const unread = parsed.faults.filter(({ extension }) => !isRead(extension, parsed, version))
  const clock = greeted.stack.deviceClock
  return {
    ok: true,
    hello: helloRecord({ hello: greeted }),
    ...(clock === undefined ? {} : { deviceClock: new Date(clock * 1000).toISOString() }),
    securityPolicy: endpoint.securityPolicy,
    ...(greeted.match.ok && refusals.length === 0
      ? {
          chosen: {
            version: versionName(greeted.match.version),
            suites: greeted.match.suites.map(suiteName),
            ...(greeted.match.group === undefined ? {} : { group: groupName(greeted.match.group) }),
            ...(greeted.match.retry ? { retry: true as const } : {}),
          },
        }
      : {}),
    refusals,
    notes: [
      ...demanded.findings.map(({ code, says }) => `${code}: ${says}`),
      ...unread.map(one => `${faultWords(one)}, which this broker does not look at`),
    ],
  }
}

/** pcap, both byte orders, with ns too, and pcapng. */
const CAPTURES = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a'].map(hex =>
  Buffer.from(hex, 'hex'),
)

/** Hex as people and tools write it: spaces, colons, line ends, 0x, and lines that begin with `#`. */
function fromHex(file: Buffer): Buffer | undefined {
  const text = file
    .toString('latin1')
    .replaceAll(/^#.*$/gm, '')
    .replaceAll(/0x|[\s:,]/g, '')
  return text.length >= 2 && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)
    ? Buffer.from(text, 'hex')
    : undefined
}

/** A handshake message without its record gets one, as long as it fits in one. */
function asRecord(bytes: Buffer): Buffer {
  const bare = bytes[0] === 1 && bytes.length >= 6 && bytes[4] === 3 && bytes.length < 16_384
  if (!bare) return bytes
  const head = Buffer.from([22, 3, 1, 0, 0])
  head.writeUInt16BE(bytes.length, 3)
  return Buffer.concat([head, bytes])
}
