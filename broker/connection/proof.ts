/**
 * The second half of the handshake room: OpenSSL gets the held flight, checks that the client holds the certificate's private
 * key (CertificateVerify) and finishes.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { groupName, isGrease, suiteName, versionName } from '../tls/names.ts'
import { settledWatch } from '../tls/settled-watch.ts'
import { abandoned, phase, stack } from './handshake-end.ts'
import { serverOf } from './tls-record.ts'
import {
  type Greeted,
  type Judged,
  type Met,
  pass,
  type Room,
  refuse,
  type Secured,
  type Visit,
} from './visit.ts'
import { waitFor } from './waiting.ts'

type Outcome =
  | { kind: 'secure' }
  | { kind: 'error'; error: TlsError }
  | { kind: 'end'; reset: boolean }

export const proof: Room<Greeted & Met & Judged, Secured> = async (visit, house) => {
  const { tls, line, watch, flight, begun } = visit.handshake
  const limitMs = visit.settings.config.tls.handshakeTimeoutSeconds * 1000
  // One limit for the whole handshake: the room before has used up some of it.
  const leftMs = Math.max(0, limitMs - (house.world.clock.elapsed() - begun))
  const outcome = await waitFor<Outcome>(visit, house.world, leftMs, settle => {
    const secure = (): void => {
      // Node may go on to feed OpenSSL a socket that it is about to report as failed.
      if (!tls.destroyed) settle({ kind: 'secure' })
    }
    const failed = (error: TlsError): void => settle({ kind: 'error', error })
    tls.once('secure', secure)
    tls.once('error', failed)
    // INVARIANT: a socket that Node has given up gets no more: it would throw at the first application data.
    const feed = (bytes: Buffer): void => void (tls.destroyed || line.feed(bytes))
    for (const piece of flight.pieces()) feed(piece)
    visit.wire.onBytes(feed)
    const forget = visit.wire.onEnd(end => settle({ kind: 'end', ...end }))
    return () => {
      forget()
      tls.removeListener('secure', secure)
      tls.removeListener('error', failed)
    }
  })
  if (outcome.kind === 'interrupted') return refuse(outcome.reason)
  const afterMs = Math.round(house.world.clock.elapsed() - visit.startedElapsed)
  if (outcome.kind === 'timeout') {
    const evidence = { phase: phase(watch), afterMs, limitMs, ...stack(visit) }
    return refuse(diagnose('HANDSHAKE_TIMEOUT', evidence))
  }
  if (outcome.kind === 'error') return refuse(failure(visit, outcome.error))
  if (outcome.kind === 'end') {
    // It said nothing more, and OpenSSL found nothing wrong: no fault of ours, and no proof of one of the client's.
    const { reset } = outcome
    return refuse(abandoned(visit, house, watch, { reset, closeNotify: false }))
  }
  // From here on nothing is watched: the bytes go straight through.
  line.watch(undefined)
  tls.removeAllListeners('keylog')
  visit.brokerSent = 'Finished'
  const hello = watch.serverHello()
  const secured = {
    at: house.world.clock.elapsed(),
    version: versionName(hello?.version ?? 0),
    cipherSuite: suiteName(hello?.cipherSuite ?? 0),
  }
  // The flight was given away, and what was watched is read: a session that lasts for days need not hold their bytes.
  Object.assign(visit.handshake, {
    watch: settledWatch(watch, serverOf({ ...visit, secured })),
    flight: { ...flight, chain: [], pieces: () => [] },
  })
  return pass({ secured })
}

/** Node adds OpenSSL's own words: `library` says in which part it was. */
type TlsError = Error & { code?: string; library?: string }

function failure(visit: Visit & Greeted & Met & Judged, error: TlsError): Diagnosis {
  const { watch, flight } = visit.handshake
  const openssl = error.code ?? error.message
  const alerts = [...watch.alerts(), watch.sealedAlert()]
  const alert = alerts.find(seen => seen?.from === 'broker')?.number
  const seen = { openssl, ...(alert === undefined ? {} : { alert }), ...stack(visit) }
  // DIFFERS: AWS takes such a chain. See flight.ts: here it stands in the way of a proof that needs more than one piece.
  if (error.library === CHAIN_CHECK && alert === undefined) {
    const { proofBytes } = flight
    return diagnose('HANDSHAKE_FAILED', { ...seen, phase: phase(watch), proofBytes })
  }
  if (alert === BAD_RECORD_MAC) {
    const says = 'a record of it does not open under the keys of this handshake'
    return diagnose('HANDSHAKE_UNREADABLE', { says, phase: phase(watch), ...stack(visit) })
  }
  const { maxFragmentLength } = visit.hello.parsed
  const limit = maxFragmentLength ?? LARGEST_RECORD
  const bytes = watch.largestReceived()
  if (alert === RECORD_OVERFLOW && bytes > limit) {
    const asked = maxFragmentLength === undefined ? {} : ({ asked: true } as const)
    return diagnose('HANDSHAKE_RECORD_TOO_LARGE', { bytes, limit, ...asked, ...seen })
  }
  if (!flight.proved) return diagnose('HANDSHAKE_FAILED', { ...seen, phase: phase(watch) })
  const { subject, sha256, key } = visit.certificate.leaf
  if (openssl === WRONG_CURVE) {
    const offered = (visit.hello.parsed.groups ?? []).filter(id => !isGrease(id)).map(groupName)
    return diagnose('HANDSHAKE_CURVE_NOT_OFFERED', { subject, sha256, key, offered, ...seen })
  }
  // A signature that doesn't verify has many names in OpenSSL, one for each way to fail, and one alert. So has the Finished.
  const signature = alert === DECRYPT_ERROR && !ABOUT_THE_FINISHED.test(openssl)
  if (signature || openssl === WRONG_SIGNATURE_TYPE) {
    return diagnose('HANDSHAKE_KEY_MISMATCH', { subject, sha256, ...seen })
  }
  return diagnose('HANDSHAKE_FAILED', { ...seen, phase: phase(watch) })
}

const BAD_RECORD_MAC = 20
const RECORD_OVERFLOW = 22
/** RFC 5246 6.2.1. */
const LARGEST_RECORD = 16_384
const DECRYPT_ERROR = 51
const WRONG_CURVE = 'ERR_SSL_WRONG_CURVE'
const WRONG_SIGNATURE_TYPE = 'ERR_SSL_WRONG_SIGNATURE_TYPE'
const ABOUT_THE_FINISHED = /DIGEST_CHECK_FAILED|LENGTH/
/** Where OpenSSL checks the signatures of certificates, as against those of the handshake. */
const CHAIN_CHECK = 'asn1 encoding routines'
