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
}

/** Keys for records that may never be looked at. */
type Keys = () => RecordProtection | undefined

export type ServerFlightWatch = {
  record(record: TlsRecord): void
  /** The ServerHello that counts: one that asks for a retry doesn't. */
  hello(): ServerHello | undefined
  /** The group that our HelloRetryRequest asked a key for. */
  retryGroup(): number | undefined
  complete(): boolean
  /** The client has answered in full: what OpenSSL writes from now on is under other keys. */
  answered(): void
  /** @param keys our handshake keys: needed on TLS 1.3, where all but the ServerHello is encrypted */
  read(keys: Keys): ServerFlight
  /** What we asked the client for. */
  request(keys: Keys): CertificateRequest | undefined
  /** An alert that OpenSSL sealed under our application keys, after our flight. */
  sealedAlert(keys: Keys): { level: number; number: number } | undefined
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
  let retryGroup: number | undefined
  let complete = false
  let flightRecords = Number.POSITIVE_INFINITY
  let read: ServerFlight | undefined

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
          if (parsed?.helloRetryRequest) retryGroup = parsed.group
          else if (parsed) hello = parsed
        }
        if (message.type === SERVER_HELLO_DONE) complete = true
      }
    },
    hello: () => hello,
    retryGroup: () => retryGroup,
    complete: () => complete,
    answered() {
      flightRecords = sealed.length
    },
    read(keys) {
      if (read) return read
      if (hello === undefined) return {}
      if (hello.version < TLS13) {
        const facts = keyExchange(clear)
        if (complete) read = facts
        return facts
      }
      const opener = keys()
      const signatureAlgorithm = opener && sealedSignature(sealed.slice(0, flightRecords), opener)
      const facts: ServerFlight = {
        ...(hello.group === undefined ? {} : { group: hello.group }),
        ...(signatureAlgorithm === undefined ? {} : { signatureAlgorithm }),
      }
      if (opener) read = facts
      return facts
    },
    request(keys) {
      const version = hello?.version ?? 0
      const all = version < TLS13 ? clear : openAll(sealed, keys())
      const body = all.find(({ type }) => type === messageType.certificateRequest)?.body
      return body && parseCertificateRequest(body, version)
    },
    sealedAlert(keys) {
      const opener = keys()
      // Records of the flight don't open under these keys, and are not counted by them.
      for (const record of opener ? sealed : []) {
        const opened = opener?.open(record.bytes)
        if (opened?.type !== recordType.alert) continue
        const [level = 0, number = 0] = opened.content
        return { level, number }
      }
      return undefined
    },
  }
}

/** TLS 1.2: the group and the signature stand in the ServerKeyExchange. */
function keyExchange(messages: HandshakeMessage[]): ServerFlight {
  const body = messages.find(({ type }) => type === messageType.serverKeyExchange)?.body
  const group = body && keyExchangeGroup(body)
  if (body === undefined || group === undefined) return {}
  // RFC 8422 5.4: curve type, curve, point, then the signature's algorithm.
  const at = 4 + (body[3] ?? 0)
  return at + 2 > body.length ? { group } : { group, signatureAlgorithm: body.readUInt16BE(at) }
}

/**
 * TLS 1.3: the CertificateVerify is the last message but one, and OpenSSL gives each a record of its own. So it is looked for
 * from the end: every record that need not be opened saves its share of a connect.
 */
function sealedSignature(records: TlsRecord[], keys: RecordProtection): number | undefined {
  for (let at = records.length - 1; at >= 0; at--) {
    const opened = keys.open(records[at]!.bytes, at)
    if (opened?.type !== recordType.handshake) continue
    const messages = handshakeReader().push(opened.content)
    const verify = messages.find(({ type }) => type === messageType.certificateVerify)
    if (verify && verify.body.length >= 2) return verify.body.readUInt16BE(0)
  }
  return undefined
}

function openAll(records: TlsRecord[], keys: RecordProtection | undefined): HandshakeMessage[] {
  const messages = handshakeReader()
  const found: HandshakeMessage[] = []
  for (const record of keys ? records : []) {
    const opened = keys?.open(record.bytes)
    if (opened?.type !== recordType.handshake) break
    found.push(...messages.push(opened.content))
  }
  return found
}
