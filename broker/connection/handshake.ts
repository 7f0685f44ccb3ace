/**
 * Room 3: OpenSSL (node:tls) runs the handshake, and we watch both directions. It ends when the client's second flight is
 * here, held back and not yet given to OpenSSL: the next room judges the chain in it.
 */

import { TLSSocket } from 'node:tls'
import { abandonCandidates } from '../diagnosis/abandonment.ts'
import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import {
  rejectionCandidates,
  rejectionCertainty,
  rejectionMeaning,
} from '../diagnosis/rejection.ts'
import type { Flight } from '../tls/flight.ts'
import {
  type Alert,
  FLIGHT_LIMIT,
  type HandshakeWatch,
  handshakeWatch,
} from '../tls/handshake-watch.ts'
import { alertName, signatureAlgorithmName, versionName } from '../tls/names.ts'
import { ALPN_NAMES } from './hello.ts'
import { helloConflicts } from './hello-conflict.ts'
import type { House } from './house.ts'
import { createTlsLine } from './tls-line.ts'
import { serverFacts } from './tls-record.ts'
import { type Greeted, type Met, pass, type Room, refuse, type Visit } from './visit.ts'
import { waitFor } from './waiting.ts'
import type { WireEnd } from './wire.ts'

type Outcome =
  | { kind: 'flight'; flight: Flight }
  | { kind: 'end'; end: WireEnd }
  | { kind: 'error'; code: string }

export const handshake: Room<Greeted, Met> = async (visit, house) => {
  const { wire, hello } = visit
  const settings = house.settings()
  const watch = handshakeWatch()
  const line = createTlsLine(wire)
  line.watch(chunk => {
    watch.outbound(chunk)
    visit.brokerSent = watch.certificateShown() ? 'Certificate' : 'ServerHello'
  })
  const alpn = hello.parsed.alpn.some(name => ALPN_NAMES.includes(name))
  const tls = new TLSSocket(line.stream, {
    isServer: true,
    secureContext: settings.secureContext,
    requestCert: true,
    // The chain is judged by us, in the next room, and no CA is named in the request, as on AWS.
    rejectUnauthorized: false,
    ...(alpn ? { ALPNProtocols: ALPN_NAMES } : {}),
  })
  tls.on('keylog', (text: Buffer) => {
    const [label = '', , secret = ''] = text.toString('latin1').trim().split(' ')
    watch.secret(label, Buffer.from(secret, 'hex'))
  })
  // Stays for the whole connection: an error of a dying socket must never be unheard.
  tls.on('error', () => line.cut())

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
    wire.onEnd(end => settle({ kind: 'end', end }))
    return () => tls.removeListener('error', failed)
  })
  const met: Met = {
    handshake: {
      tls,
      line,
      watch,
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
  if (outcome.kind === 'error') return refuse(...helloRefused(visit, house, watch, outcome.code))
  if (outcome.kind === 'end') {
    return refuse(abandoned(visit, house, watch, { reset: outcome.end.reset, closeNotify: false }))
  }
  const alert = watch.alerts().find(seen => seen.from === 'client')
  if (alert) return refuse(clientAlert(alert, visit, house, watch))
  if (outcome.flight.tooLarge) {
    const { bytes } = outcome.flight
    return refuse(diagnose('HANDSHAKE_FLIGHT_TOO_LARGE', { bytes, limit: FLIGHT_LIMIT }))
  }
  return pass(met)
}

const NO_FLIGHT: Flight = {
  malformed: false,
  proved: false,
  tooLarge: false,
  bytes: 0,
  pieces: () => [],
}

/** OpenSSL has refused the hello; the matcher says why. */
function helloRefused(
  visit: Visit & Greeted,
  house: House,
  watch: HandshakeWatch,
  code: string,
): [Diagnosis, Finding[]] {
  const alert = watch.alerts().find(seen => seen.from === 'broker')?.number
  const seen = { openssl: code, ...(alert === undefined ? {} : { alert }) }
  if (watch.serverHello() !== undefined) {
    return [diagnose('HANDSHAKE_FAILED', { ...seen, phase: phase(watch), ...stack(visit) }), []]
  }
  const { parsed, match } = visit.hello
  const { endpoint } = house.settings()
  const [main, ...also] = helloConflicts(parsed, match, endpoint, visit.hello.stack)
  return [main ?? diagnose('HELLO_REFUSED', seen), also]
}

function clientAlert(
  alert: Alert,
  visit: Visit & Greeted,
  house: House,
  watch: HandshakeWatch,
): Diagnosis {
  const { number } = alert
  if (number === CLOSE_NOTIFY || number === USER_CANCELED) {
    return abandoned(visit, house, watch, { reset: false, closeNotify: true })
  }
  const known = stack(visit)
  if (!watch.certificateShown() || !ABOUT_OUR_CERTIFICATE.has(number)) {
    const evidence = { alert: number, alertName: alertName(number), phase: phase(watch), ...known }
    return diagnose('HANDSHAKE_ALERT', evidence)
  }
  const settings = house.settings()
  const server = serverFacts(visit, settings)
  const { sni } = visit.hello.parsed
  const facts = { ...server, ...(sni === undefined ? {} : { sni }), ...deviceClock(visit) }
  const now = nowIso(house)
  const meaning = rejectionMeaning(number, known.stack)
  return diagnose(
    'HANDSHAKE_SERVER_CERTIFICATE_REJECTED',
    {
      alert: number,
      alertName: alertName(number),
      ...known,
      ...(settings.caFile === undefined ? {} : { caFile: settings.caFile }),
      ...facts,
      ...(meaning === undefined ? {} : { meaning }),
      candidates: rejectionCandidates(number, known.stack, { ...facts, now }),
    },
    rejectionCertainty(number, known.stack),
  )
}

function abandoned(
  visit: Visit & Greeted,
  house: House,
  watch: HandshakeWatch,
  how: { reset: boolean; closeNotify: boolean },
): Diagnosis {
  const settings = house.settings()
  const { sni } = visit.hello.parsed
  const server = serverFacts(visit, settings)
  const name = sni === undefined ? {} : { sni }
  const version = watch.serverHello()?.version
  const seen = { afterMs: afterMs(visit, house), ...how, ...stack(visit) }
  const candidates = abandonCandidates({
    ...seen,
    certificateShown: watch.certificateShown(),
    ...(version === undefined ? {} : { tlsVersion: versionName(version) }),
    certificate: { ...server, ...name, ...deviceClock(visit), now: nowIso(house) },
  })
  return diagnose('HANDSHAKE_ABANDONED', {
    ...seen,
    phase: phase(watch),
    ...deviceClock(visit),
    ...(settings.caFile === undefined ? {} : { caFile: settings.caFile }),
    names: server.names,
    ...name,
    candidates,
  })
}

const CLOSE_NOTIFY = 0
const USER_CANCELED = 90
/** 42 to 46 and 48; libmosquitto sends 80 for a host name (RFC 8446 6.2; failure tables measured per stack). */
const ABOUT_OUR_CERTIFICATE = new Set([42, 43, 44, 45, 46, 48, 49, 80, 113, 114])

/** How far the handshake came, in words. */
export function phase(watch: HandshakeWatch): string {
  const ours = watch.certificateShown()
    ? 'our certificate was sent'
    : watch.serverHello()
      ? 'our ServerHello was sent'
      : 'nothing was answered yet'
  return `${ours}, the client's last message was ${watch.clientSent()}`
}

export function stack(visit: Visit & Greeted): { stack?: string } {
  const { name } = visit.hello.stack
  return name === 'unknown' ? {} : { stack: name }
}

function deviceClock(visit: Visit & Greeted): { deviceClock?: string } {
  const seconds = visit.hello.stack.deviceClock
  return seconds === undefined ? {} : { deviceClock: new Date(seconds * 1000).toISOString() }
}

function nowIso(house: House): string {
  return new Date(house.world.clock.now()).toISOString()
}

function afterMs(visit: Visit, house: House): number {
  return Math.round(house.world.clock.elapsed() - visit.startedElapsed)
}

/** What we asked of the client's certificate, for the record. */
export function askedOf(watch: HandshakeWatch): {
  version: string
  signatureAlgorithmsAsked: string[]
  certificateTypesAsked: string[]
  caNamesAsked: number
} {
  const request = watch.server().request
  return {
    version: versionName(watch.serverHello()?.version ?? 0),
    signatureAlgorithmsAsked: (request?.signatureAlgorithms ?? []).map(signatureAlgorithmName),
    certificateTypesAsked: request?.certificateTypes ?? [],
    caNamesAsked: request?.authorities ?? 0,
  }
}
