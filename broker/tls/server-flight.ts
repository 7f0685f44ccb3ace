/** Our own side of a handshake as OpenSSL wrote it: ServerHello at once, the rest of the flight when somebody asks. */

import { type CertificateRequest, parseCertificateRequest } from './certificate-messages.ts'
import { type HandshakeMessage, handshakeReader, messageType } from './handshake-messages.ts'
import type { RecordProtection } from './record-protection.ts'
import { recordType, type TlsRecord } from './records.ts'
import { keyExchangeGroup, parseServerHello, type ServerHello } from './server-hello.ts'

export type ServerFlight = {
  group?: number
  /** The algorithm with which we signed: tells which of our certificates was used. */
  signatureAlgorithm?: number
  request?: CertificateRequest
}

export type ServerFlightWatch = {
  record(record: TlsRecord): void
  /** The ServerHello that counts: one that asks for a retry doesn't. */
  hello(): ServerHello | undefined
  complete(): boolean
  /** @param keys our handshake keys: needed on TLS 1.3, where all but the ServerHello is encrypted */
  read(keys: RecordProtection | undefined): ServerFlight
  /** An alert that OpenSSL sealed under our application keys, after our flight. */
  sealedAlert(keys: RecordProtection | undefined): { level: number; number: number } | undefined
}

const SERVER_HELLO_DONE = 14
const TLS13 = 0x0304
/** Enough for our flight and an alert; afterwards records are only counted as seen. */
const KEPT_RECORDS = 16

export function serverFlight(): ServerFlightWatch {
  const messages = handshakeReader()
  const clear: HandshakeMessage[] = []
  const sealed: TlsRecord[] = []
  let hello: ServerHello | undefined
  let complete = false
  let read: ServerFlight | undefined
  let flightRecords = 0

  return {
    record(record) {
      if (record.type === recordType.applicationData && sealed.length < KEPT_RECORDS) {
        sealed.push(record)
        complete = true
      }
      if (record.type !== recordType.handshake || complete) return
      for (const message of messages.push(record.fragment)) {
        clear.push(message)
        if (message.type === messageType.serverHello) {
          const parsed = parseServerHello(message.body)
          if (parsed && !parsed.helloRetryRequest) hello = parsed
        }
        if (message.type === SERVER_HELLO_DONE) complete = true
      }
    },
    hello: () => hello,
    complete: () => complete,
    read(keys) {
      if (read) return read
      if (hello === undefined) return {}
      if (hello.version < TLS13) return readClear(clear, complete)
      const flight = readSealed(sealed, keys)
      flightRecords = flight.records
      if (keys === undefined) return hello.group === undefined ? {} : { group: hello.group }
      read = { ...flight.facts, ...(hello.group === undefined ? {} : { group: hello.group }) }
      return read
    },
    sealedAlert(keys) {
      if (keys === undefined) return undefined
      for (const record of sealed.slice(flightRecords)) {
        const opened = keys.open(record.bytes)
        if (opened?.type === recordType.alert) {
          const [level = 0, number = 0] = opened.content
          return { level, number }
        }
      }
      return undefined
    },
  }

  function readClear(list: HandshakeMessage[], keep: boolean): ServerFlight {
    const facts: ServerFlight = {}
    for (const { type, body } of list) {
      if (type === messageType.certificateRequest) {
        const request = parseCertificateRequest(body, hello?.version ?? 0)
        if (request) facts.request = request
      }
      if (type !== messageType.serverKeyExchange) continue
      const group = keyExchangeGroup(body)
      if (group === undefined) continue
      facts.group = group
      // RFC 8422 5.4: curve type, curve, point, then the signature's algorithm.
      const at = 4 + (body[3] ?? 0)
      if (at + 2 <= body.length) facts.signatureAlgorithm = body.readUInt16BE(at)
    }
    if (keep) read = facts
    return facts
  }
}

function readSealed(
  records: TlsRecord[],
  keys: RecordProtection | undefined,
): { facts: ServerFlight; records: number } {
  const facts: ServerFlight = {}
  const messages = handshakeReader()
  let used = 0
  for (const record of keys ? records : []) {
    const opened = keys?.open(record.bytes)
    if (opened?.type !== recordType.handshake) break
    used++
    for (const { type, body } of messages.push(opened.content)) {
      if (type === messageType.certificateRequest) {
        const request = parseCertificateRequest(body, TLS13)
        if (request) facts.request = request
      }
      if (type === messageType.certificateVerify && body.length >= 2) {
        facts.signatureAlgorithm = body.readUInt16BE(0)
      }
    }
  }
  return { facts, records: used }
}
