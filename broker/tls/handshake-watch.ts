/**
 * Watches a handshake from outside, both directions, record by record: what the server negotiated, the chain exactly as the
 * client sent it, alerts of either side. TLS 1.2 is read in clear, TLS 1.3 with the secrets of OpenSSL's key log.
 *
 * It holds the client's second flight back until it is complete. That gives the moment to judge the chain, and it gives
 * the flight to OpenSSL in pieces that it survives: see flight.ts.
 */

import { type CertificateRequest, parseCertificates } from './certificate-messages.ts'
import type { Hello } from './client-hello.ts'
import { type Flight, flightOf } from './flight.ts'
import { handshakeReader, messageType } from './handshake-messages.ts'
import { type RecordProtection, recordProtection } from './record-protection.ts'
import { recordReader, recordType, type TlsRecord } from './records.ts'
import { secondHelloReader } from './second-hello.ts'
import { type ServerFlight, serverFlight } from './server-flight.ts'
import type { ServerHello } from './server-hello.ts'

export type Alert = { from: 'client' | 'broker'; level: number; number: number }

export type HandshakeWatch = {
  /** What OpenSSL writes to the client. */
  outbound(chunk: Buffer): void
  /** One line of the key log, by label. */
  secret(label: string, secret: Buffer): void
  /** What the client sends after its ClientHello: the bytes to pass on now, and the flight once it is complete. */
  inbound(chunk: Buffer): { pass: Buffer[]; flight?: Flight }
  serverHello(): ServerHello | undefined
  /** What our first flight says of the key exchange, as far as it can be read. */
  server(): ServerFlight
  /** Our HelloRetryRequest (RFC 8446 4.1.4): the group that it asked for, and the hello that answered it. */
  retry(): { group: number; second?: Hello } | undefined
  /** What we have sent up to the client's answer: all bytes, and the content of the largest record. */
  sent(): { bytes: number; largestRecord: number }
  /** Content of the largest record of the client's answer. */
  largestReceived(): number
  /** What our first flight asked the client for. */
  request(): CertificateRequest | undefined
  /** Alerts seen in clear, or in the client's second flight. */
  alerts(): Alert[]
  /** Notes a fatal alert of ours that went out when nothing was watched any more. */
  alertSent(number: number): void
  /** An alert that OpenSSL sent encrypted: worth looking for only when the handshake failed. */
  sealedAlert(): Alert | undefined
  /** The last message of the client: `ClientHello`, `Certificate`, ..., or `alert`, but for a close_notify. */
  clientSent(): string
  /** As `clientSent`, without its alert: how far it had come. */
  clientCame(): string
  /** The client's certificates as it sent them, with none for an empty message; its flight may have ended there. */
  clientChain(): Buffer[] | undefined
  /** True when our whole first flight is out, so that the client has seen our certificate. */
  certificateShown(): boolean
  /** A TLS 1.3 fatal alert under our application secret: how we refuse after our Finished (RFC 8446 6). */
  sealAlert(number: number): Buffer
}

/** What we keep of a flight at the most; a chain of ten RSA-4096 certificates is below 20 KB. */
export const FLIGHT_LIMIT = 160_000

/** The lines of the key log that the watch has a use for. */
export const SECRETS: ReadonlySet<string> = new Set([
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_TRAFFIC_SECRET_0',
])

/**
 * Records of a flight at the most: each costs us far more than an empty one costs its sender. The smallest that a client may
 * ask for carry 64 bytes (RFC 8449 4), which leaves room for a chain of 64 KB.
 */
export const FLIGHT_RECORDS = 1024

const TLS13 = 0x0304
const FATAL = 2
const CLOSE_NOTIFY = 0

export function handshakeWatch(): HandshakeWatch {
  const inRecords = recordReader()
  const outRecords = recordReader()
  const retryRecords = recordReader()
  const messages = handshakeReader()
  const secrets = new Map<string, Buffer>()
  const alerts: Alert[] = []
  const server = serverFlight()
  const second = secondHelloReader()
  let clientKeys: RecordProtection | undefined
  let held: Buffer[] = []
  let heldBytes = 0
  let certificateEnd = 0
  let chain: Buffer[] | undefined
  let malformed = false
  let unreadable: string | undefined
  let proved = false
  let changedCipher = false
  let done = false
  let sentBytes = 0
  let largestRecord = 0
  let largestReceived = 0
  let clientSent = 'ClientHello'
  let alerted = false

  const serverKeys = () => keys('SERVER_HANDSHAKE_TRAFFIC_SECRET')
  const tls13 = (): boolean => (server.hello()?.version ?? 0) >= TLS13

  function readMessages(fragment: Buffer, end: number): boolean {
    let finished = false
    for (const message of messages.push(fragment)) {
      if (message.type === messageType.certificate) {
        chain = parseCertificates(message.body, server.hello()?.version ?? 0)
        malformed = chain === undefined
        certificateEnd = end
        clientSent = chain?.length === 0 ? 'empty Certificate' : 'Certificate'
      } else if (message.type === messageType.clientKeyExchange) clientSent = 'ClientKeyExchange'
      else if (message.type === messageType.certificateVerify) {
        proved = true
        clientSent = 'CertificateVerify'
      } else if (message.type === messageType.finished) {
        clientSent = 'Finished'
        finished = true
      }
    }
    return finished
  }

  /** @returns true when this record ends the flight */
  function readRecord(record: TlsRecord, end: number): boolean {
    if (record.type === recordType.alert) {
      // After ChangeCipherSpec a TLS 1.2 alert is encrypted and can't be read here.
      if (record.fragment.length === 2) noteClient(record.fragment)
      else alerted = true
      return true
    }
    if (!tls13()) {
      if (changedCipher) {
        clientSent = 'Finished'
        return true
      }
      if (record.type === recordType.changeCipherSpec) changedCipher = true
      if (record.type === recordType.handshake) readMessages(record.fragment, end)
      return false
    }
    if (record.type !== recordType.applicationData) return false
    clientKeys ??= keys('CLIENT_HANDSHAKE_TRAFFIC_SECRET')
    const opened = clientKeys?.open(record.bytes)
    if (opened === undefined) {
      unreadable = 'a record of it does not open under the keys of this handshake'
      return true
    }
    if (opened.type === recordType.alert) {
      noteClient(opened.content)
      return true
    }
    return opened.type === recordType.handshake && readMessages(opened.content, end)
  }

  function keys(label: string): RecordProtection | undefined {
    const secret = secrets.get(label)
    const suite = server.hello()?.cipherSuite
    return secret && suite !== undefined ? recordProtection(suite, secret) : undefined
  }

  function note(from: Alert['from'], fragment: Buffer): void {
    const [level = 0, number = 0] = fragment
    alerts.push({ from, level, number })
  }

  /** A close_notify is an end and no message: it leaves open how far the client had come. */
  function noteClient(fragment: Buffer): void {
    note('client', fragment)
    if (fragment[1] !== CLOSE_NOTIFY) alerted = true
  }

  return {
    outbound(chunk) {
      if (!done) sentBytes += chunk.length
      for (const record of outRecords.push(chunk)) {
        if (!done) largestRecord = Math.max(largestRecord, contentOf(record))
        if (record.type === recordType.alert && record.fragment.length === 2) {
          note('broker', record.fragment)
        } else server.record(record)
      }
    },
    secret(label, secret) {
      secrets.set(label, secret)
    },
    inbound(chunk) {
      // Until our ServerHello is out (or a retry was asked for), what comes belongs to the hello.
      if (done) return { pass: [chunk] }
      if (server.hello() === undefined) {
        if (server.retryGroup() !== undefined) second.push(chunk)
        return refusesRetry(chunk) ?? { pass: [chunk] }
      }
      const records = inRecords.push(chunk)
      for (const [index, record] of records.entries()) {
        held.push(record.bytes)
        heldBytes += record.bytes.length
        largestReceived = Math.max(largestReceived, contentOf(record))
        if (!readRecord(record, heldBytes)) continue
        const after = [...records.slice(index + 1).map(later => later.bytes), inRecords.rest()]
        return { pass: [], flight: finish(after) }
      }
      const tooLarge = over(inRecords.rest().length)
      if (inRecords.broken()) unreadable = 'its bytes are no TLS records'
      if (tooLarge || inRecords.broken()) return { pass: [], flight: finish([inRecords.rest()]) }
      return { pass: [] }
    },
    serverHello: server.hello,
    server: () => server.read(serverKeys),
    sent: () => ({ bytes: sentBytes, largestRecord }),
    retry() {
      const group = server.retryGroup()
      const hello = second.hello()
      if (group === undefined) return undefined
      return hello === undefined ? { group } : { group, second: hello }
    },
    largestReceived: () => largestReceived,
    request: () => server.request(serverKeys),
    alerts: () => alerts,
    alertSent: number => note('broker', Buffer.from([FATAL, number])),
    sealedAlert() {
      const sealed = server.sealedAlert(() => keys('SERVER_TRAFFIC_SECRET_0'))
      return sealed && { from: 'broker', ...sealed }
    },
    clientSent: () => (alerted ? 'alert' : clientSent),
    clientCame: () => clientSent,
    clientChain: () => chain,
    certificateShown: server.complete,
    sealAlert(number) {
      const content = Buffer.from([FATAL, number])
      const sealed = tls13()
        ? keys('SERVER_TRAFFIC_SECRET_0')?.seal(recordType.alert, content)
        : undefined
      return sealed ?? plainAlert(number)
    },
  }

  /** @param more bytes that came and are in no record yet */
  function over(more: number): boolean {
    const tooMuch = heldBytes + more > FLIGHT_LIMIT || held.length > FLIGHT_RECORDS
    return tooMuch || messages.overflowed()
  }

  /** An alert in the place of the second ClientHello that our HelloRetryRequest asked for. */
  function refusesRetry(chunk: Buffer): { pass: Buffer[]; flight: Flight } | undefined {
    // By records: any piece of a ClientHello may look like an alert.
    const alert = retryRecords
      .push(chunk)
      .find(({ type, fragment }) => type === recordType.alert && fragment.length === 2)
    if (alert === undefined) return undefined
    noteClient(alert.fragment)
    return { pass: [], flight: finish([]) }
  }

  function finish(after: Buffer[]): Flight {
    done = true
    server.answered()
    const tooLarge = over(0)
    const flight = flightOf({
      held,
      after,
      certificateEnd,
      chain,
      malformed,
      proved,
      tooLarge,
      unreadable,
    })
    held = []
    return flight
  }
}

/** RFC 8449 4: the limits count what is encrypted with its type, and not the 16 bytes of its tag. */
function contentOf({ type, fragment }: TlsRecord): number {
  return type === recordType.applicationData ? fragment.length - TAG : fragment.length
}

const TAG = 16

/** A fatal alert in clear (RFC 5246 7.2): how we refuse before our ChangeCipherSpec. */
export function plainAlert(number: number): Buffer {
  return Buffer.from([recordType.alert, 3, 3, 0, 2, FATAL, number])
}
