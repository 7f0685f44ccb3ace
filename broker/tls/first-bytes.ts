/** Tells what a stranger speaks by the first bytes that it sends on the TLS port. */

import { recordType } from './records.ts'

export type Spoken = 'tls' | 'sslv2' | 'MQTT' | 'HTTP' | 'PROXY' | 'SSH' | 'unknown'

const HTTP_METHODS = [
  'GET ',
  'POST ',
  'PUT ',
  'HEAD ',
  'DELETE ',
  'OPTIONS ',
  'PATCH ',
  'CONNECT ',
  'TRACE ',
  'PRI * HTTP',
]

/**
 * @param bytes what has come so far
 * @returns the protocol, or undefined when more bytes are needed to tell
 */
export function recogniseProtocol(bytes: Buffer): Spoken | undefined {
  const first = bytes[0]
  if (first === undefined) return undefined
  // A client may send an alert and nothing else: one that fails before it has started.
  if (first === recordType.handshake || first === recordType.alert) {
    if (bytes.length < 2) return undefined
    return bytes[1] === 3 ? 'tls' : 'unknown'
  }
  // RFC 5246 E.2: a two-byte length with the top bit set, then message type 1 and a version 2.x or 3.x.
  if ((first & 0x80) !== 0 && bytes.length >= 4 && bytes[2] === 1 && (bytes[3] ?? 0) <= 3)
    return 'sslv2'
  if ((first & 0x80) !== 0 && bytes.length < 4) return undefined
  if (first === 0x10) return mqttConnect(bytes)
  return textual(bytes)
}

function mqttConnect(bytes: Buffer): Spoken | undefined {
  let at = 1
  while (at < 5 && ((bytes[at] ?? 0) & 0x80) !== 0) at++
  const name = bytes.subarray(at + 1, at + 7)
  if (name.length < 6) return undefined
  const text = name.toString('latin1')
  return text === '\0\u0004MQTT' || text === '\0\u0006MQIs' ? 'MQTT' : 'unknown'
}

function textual(bytes: Buffer): Spoken | undefined {
  const text = bytes.subarray(0, 12).toString('latin1')
  const table: [Spoken, string[]][] = [
    ['HTTP', HTTP_METHODS],
    ['PROXY', ['PROXY ', '\r\n\r\n\0\r\nQUIT\n']],
    ['SSH', ['SSH-']],
  ]
  for (const [protocol, starts] of table) {
    if (starts.some(start => text.startsWith(start))) return protocol
  }
  const undecided = table.some(([, starts]) => starts.some(start => start.startsWith(text)))
  return undecided ? undefined : 'unknown'
}
