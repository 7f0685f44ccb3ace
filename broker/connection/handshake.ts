/**
 * Room 3: OpenSSL (node:tls) runs the handshake, and we watch both directions. It ends when the client's second flight is
 * here, held back and not yet given to OpenSSL: the next room judges the chain in it.
 */

import { TLSSocket } from 'node:tls'
import { diagnose } from '../diagnosis/diagnosis.ts'
import type { Flight } from '../tls/flight.ts'
import { MESSAGE_LIMIT } from '../tls/handshake-messages.ts'
import {
  FLIGHT_LIMIT,
  FLIGHT_RECORDS,
  type HandshakeWatch,
  handshakeWatch,
  SECRETS,
} from '../tls/handshake-watch.ts'
import { signingKeys } from '../tls/match.ts'
import {
  abandoned,
  afterMs,
  clientAlert,
  emptyCertificate,
  helloRefused,
  openSslAlert,
  phase,
  stack,
  tlsBroken,
} from './handshake-end.ts'
import { alpnNames } from './hello-demands.ts'
import { createTlsLine, type TlsLine } from './tls-line.ts'
import { endVisit, type Greeted, type Met, pass, type Room, refuse, type Visit } from './visit.ts'
import { waitFor } from './waiting.ts'
import type { WireEnd } from './wire.ts'

type Outcome =
  | { kind: 'flight'; flight: Flight }
  | { kind: 'end'; end: WireEnd }
  | { kind: 'error'; code: string }

export const handshake: Room<Greeted, Met> = async (visit, house) => {
  const { wire, hello, settings } = visit
  const watch = handshakeWatch()
  const begun = house.world.clock.elapsed()
  const line = createTlsLine(wire)
  line.watch(chunk => {
    watch.outbound(chunk)
    visit.brokerSent = watch.certificateShown() ? 'Certificate' : 'ServerHello'
    visit.brokerSentElapsed = house.world.clock.elapsed()
  })
  const known = alpnNames(settings)
  const alpn = hello.parsed.alpn.some(name => known.includes(name))
  const tls = new TLSSocket(line.stream, {
    isServer: true,
    secureContext: settings.secureContext(signingKeys(hello.parsed, settings.endpoint)),
    requestCert: true,
    // The chain is judged by us, in the next room, and no CA is named in the request, as on AWS.
    rejectUnauthorized: false,
    ...(alpn ? { ALPNProtocols: known } : {}),
  })
  // TLS 1.2 is read in clear.
  if (Math.min(hello.parsed.versions[0] ?? 0, settings.endpoint.maxVersion) >= TLS13) {
    readSecrets(tls, watch)
  }
  heedErrors(tls, line, visit)

  const limitMs = settings.config.tls.handshakeTimeoutSeconds * 1000
  const outcome = await waitFor<Outcome>(visit, house.world, limitMs, settle => {
    const failed = (error: Error & { code?: string }): void =>
      settle({ kind: 'error', code: error.code ?? error.message })
    tls.once('error', failed)
    line.feed(hello.bytes)
    wire.onBytes(chunk => {
      const { pass: bytes, flight } = watch.inbound(chunk)
      for (const piece of bytes) line.feed(piece)
      if (flight === undefined) return
      wire.onBytes(undefined)
      settle({ kind: 'flight', flight })
    })
    const forget = wire.onEnd(end => settle({ kind: 'end', end }))
    return () => {
      forget()
      tls.removeListener('error', failed)
    }
  })
  const met: Met = {
    handshake: {
      tls,
      line,
      watch,
      begun,
      flight: outcome.kind === 'flight' ? outcome.flight : NO_FLIGHT,
    },
  }
  // A refusal's record tells of the handshake too.
  Object.assign(visit, met)

  if (outcome.kind === 'interrupted') return refuse(outcome.reason)
  if (outcome.kind === 'timeout') {
    const evidence = {
      phase: phase(watch),
      afterMs: afterMs(visit, house),
      limitMs,
      ...stack(visit),
    }
    return refuse(diagnose('HANDSHAKE_TIMEOUT', evidence))
  }
  if (outcome.kind === 'error') return refuse(...helloRefused(visit, watch, outcome.code))
  if (outcome.kind === 'end') {
    const how = { reset: outcome.end.reset, closeNotify: false }
    return refuse(abandoned(visit, house, watch, how), emptyCertificate(visit, watch))
  }
  const alert = watch.alerts().find(seen => seen.from === 'client')
  if (alert) {
    return refuse(clientAlert(alert, visit, house, watch), emptyCertificate(visit, watch))
  }
  if (outcome.flight.tooLarge) {
    const { bytes, records } = outcome.flight
    const limits = {
      limit: FLIGHT_LIMIT,
      recordLimit: FLIGHT_RECORDS,
      messageLimit: MESSAGE_LIMIT,
    }
    return refuse(diagnose('HANDSHAKE_FLIGHT_TOO_LARGE', { bytes, records, ...limits }))
  }
  return pass(met)
}

/** Until the proof room has done with it. */
function readSecrets(tls: TLSSocket, watch: HandshakeWatch): void {
  tls.on('keylog', (text: Buffer) => {
    // Label, client random, secret: NSS key log format.
    const [label = '', , secret = ''] = text.toString('latin1').split(' ')
    if (SECRETS.has(label)) watch.secret(label, Buffer.from(secret.trimEnd(), 'hex'))
  })
}

/**
 * Stays for the whole connection: an error of a dying socket must never be unheard. Until the handshake is done, the rooms of
 * the handshake say what an error means. After it, node:tls tells only a tls.Server, by an event of its own.
 */
function heedErrors(tls: TLSSocket, line: TlsLine, visit: Visit): void {
  let secure = false
  const broken = (error: Error & { code?: string }): void => {
    line.cut()
    if (!secure) return
    const alert = openSslAlert(error.code)
    if (alert !== undefined) visit.handshake?.watch.alertSent(alert)
    endVisit(visit, tlsBroken(error))
  }
  tls.once('secure', () => {
    // Node may finish a handshake on a socket that it is about to report as failed.
    secure = !tls.destroyed
  })
  tls.on('error', broken)
  tls.on('_tlsError', (error: Error & { library?: string }) => {
    // As the flight is fed, another library's error is what a wrong signature in the chain left (see flight.ts).
    if (secure && (visit.secured || error.library === 'SSL routines')) broken(error)
  })
}

const TLS13 = 0x0304

const NO_FLIGHT: Flight = {
  malformed: false,
  proved: false,
  tooLarge: false,
  bytes: 0,
  records: 0,
  proofBytes: 0,
  pieces: () => [],
}
