/**
 * How a handshake that came to nothing ended, as a diagnosis. First the side: OpenSSL refused the client's offer, or the
 * client refused us, by an alert or by leaving without a word.
 */

import { abandonCandidates, leftWithoutConnectCandidates } from '../diagnosis/abandonment.ts'
import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import {
  isAboutOurCertificate,
  type RejectionFacts,
  rejectionCandidates,
  rejectionMeaning,
} from '../diagnosis/rejection.ts'
import type { Alert, HandshakeWatch } from '../tls/handshake-watch.ts'
import { alertName, signatureAlgorithmName, versionName } from '../tls/names.ts'
import { wrongAnswerToRetry } from '../tls/second-hello.ts'
import { helloConflicts, helloFaults, versionOf } from './hello-conflict.ts'
import type { House } from './house.ts'
import { type StackEvidence, stackEvidence } from './stack-evidence.ts'
import { serverFacts } from './tls-record.ts'
import type { Greeted, Visit } from './visit.ts'

/** OpenSSL has refused the hello; the matcher says why. */
export function helloRefused(
  visit: Visit & Greeted,
  watch: HandshakeWatch,
  code: string,
): [Diagnosis, Finding[]] {
  const alert = watch.alerts().find(seen => seen.from === 'broker')?.number
  const seen = { openssl: code, ...(alert === undefined ? {} : { alert }) }
  if (watch.serverHello() !== undefined) {
    return [diagnose('HANDSHAKE_FAILED', { ...seen, phase: phase(watch), ...stack(visit) }), []]
  }
  const retry = watch.retry()
  const wrong = retry && wrongAnswerToRetry(retry.second, retry.group)
  if (wrong !== undefined) {
    return [diagnose('HELLO_RULE_BROKEN', { says: wrong, ...stack(visit) }), []]
  }
  const [main, ...also] = helloConflicts(visit.hello, visit.settings.endpoint)
  const { parsed, bytes } = visit.hello
  const fault = helloFaults(parsed, versionOf(visit.hello))
  // OpenSSL looks at the form first, so where it complains of that nothing else was compared.
  if (fault !== undefined && (main === undefined || FORM.test(code))) {
    const firstBytes = bytes.subarray(0, 16).toString('hex')
    return [diagnose('HELLO_MALFORMED', { says: fault, firstBytes }), []]
  }
  return [main ?? diagnose('HELLO_REFUSED', seen), also]
}

const FORM = /^ERR_SSL_(BAD_EXTENSION|LENGTH_MISMATCH|BAD_LENGTH|BAD_KEY_SHARE)$/

/** The client has sent an alert: its verdict on us. */
export function clientAlert(
  alert: Alert,
  visit: Visit & Greeted,
  house: House,
  watch: HandshakeWatch,
): Diagnosis {
  const { number } = alert
  if (number === CLOSE_NOTIFY || number === USER_CANCELED) {
    return abandoned(visit, house, watch, { reset: false, closeNotify: true })
  }
  const known = { ...stack(visit), ...settledVersion(watch) }
  const certificateShown = watch.certificateShown()
  if (!certificateShown || !isAboutOurCertificate(number, known.stack)) {
    return diagnose('HANDSHAKE_ALERT', {
      alert: number,
      alertName: alertName(number),
      phase: phase(watch),
      certificateShown,
      ...(watch.retry() && watch.serverHello() === undefined ? { retried: true } : {}),
      ...known,
      ...sizes(visit, watch),
    })
  }
  const facts = ourCertificate(visit)
  const meaning = rejectionMeaning(number, known.stack, known.tlsVersion)
  return diagnose('HANDSHAKE_SERVER_CERTIFICATE_REJECTED', {
    alert: number,
    alertName: alertName(number),
    ...known,
    ...facts,
    ...(meaning === undefined ? {} : { meaning }),
    candidates: rejectionCandidates(number, known.stack, {
      ...facts,
      ...realTime(house),
      ...settledVersion(watch),
    }),
  })
}

/** The client has left without saying why: by FIN, by reset, or by a close_notify. */
export function abandoned(
  visit: Visit & Greeted,
  house: House,
  watch: HandshakeWatch,
  how: { reset: boolean; closeNotify: boolean },
): Diagnosis {
  const certificate = certificateFacts(visit, house)
  const { names, sni, caFile, issuer } = ourCertificate(visit)
  const since = visit.brokerSentElapsed ?? visit.startedElapsed
  const afterMs = Math.round(house.world.clock.elapsed() - since)
  const seen = { afterMs, ...how, ...stack(visit), ...sizes(visit, watch) }
  const known = { ...seen, ...settledVersion(watch), certificate }
  // With its Finished it has done all of the handshake, and left as others do a little later.
  const candidates =
    watch.clientCame() === 'Finished'
      ? leftWithoutConnectCandidates({ ...known, bytes: 0 })
      : abandonCandidates({
          ...known,
          certificateShown: watch.certificateShown(),
          ...answer(watch.clientChain()),
        })
  return diagnose('HANDSHAKE_ABANDONED', {
    ...seen,
    phase: phase(watch),
    ...deviceClock(visit),
    ...(caFile === undefined ? {} : { caFile }),
    ...(issuer === undefined ? {} : { issuer }),
    names,
    ...(sni === undefined ? {} : { sni }),
    candidates,
  })
}

function answer(chain: Buffer[] | undefined): { answered?: 'empty' | 'certificate' } {
  if (chain === undefined) return {}
  return { answered: chain.length === 0 ? 'empty' : 'certificate' }
}

/** A client that ended the handshake itself may have told before that it has no certificate. */
export function emptyCertificate(visit: Visit & Greeted, watch: HandshakeWatch): Finding[] {
  if (watch.clientChain()?.length !== 0) return []
  return [diagnose('CERTIFICATE_MISSING', { ...askedOf(watch), ...stack(visit) })]
}

const CLOSE_NOTIFY = 0
const USER_CANCELED = 90
/** TLS failed after the handshake: a record that can't be decrypted, plain bytes in between, or an alert of the client's. */
export function tlsBroken({ code, message }: Error & { code?: string }): Diagnosis {
  const alert = /SSL alert number (\d+)/.exec(message)?.[1]
  const heard = alert === undefined ? {} : { alert: Number(alert), alertName: alertName(+alert) }
  return diagnose('CLOSE_TLS_BROKEN', { openssl: code ?? message, ...heard })
}

/** With which alert OpenSSL ends TLS for such an error, as far as it is known: after the handshake we can't read it. */
export function openSslAlert(code: string | undefined): number | undefined {
  return OPENSSL_ALERTS.find(([, pattern]) => pattern.test(code ?? ''))?.[0]
}

const OPENSSL_ALERTS: [alert: number, code: RegExp][] = [
  [10, /^ERR_SSL_(BAD_RECORD_TYPE|UNEXPECTED_MESSAGE|UNEXPECTED_RECORD)$/],
  [20, /DECRYPTION_FAILED_OR_BAD_RECORD_MAC$|CIPHER_OPERATION_FAILED$|BAD_DECRYPT$/],
  [22, /^ERR_SSL_(DATA|ENCRYPTED|PACKET)_LENGTH_TOO_LONG$/],
  [70, /^ERR_SSL_WRONG_VERSION_NUMBER$/],
]

/** How far the handshake came, in words. */
export function phase(watch: HandshakeWatch): string {
  const ours = watch.certificateShown()
    ? 'our certificate was sent'
    : watch.serverHello()
      ? 'our ServerHello was sent'
      : watch.retry()
        ? 'we asked for another key share'
        : 'nothing was answered yet'
  return `${ours}, the client's last message was ${watch.clientCame()}`
}

/** The client's TLS stack as evidence: only where it was recognised. */
export function stack(visit: Visit & Greeted): StackEvidence {
  return stackEvidence(visit.hello.stack)
}

function settledVersion(watch: HandshakeWatch): { tlsVersion?: string } {
  const version = watch.serverHello()?.version
  return version === undefined ? {} : { tlsVersion: versionName(version) }
}

/** How large our messages were, and how large the client can take them. */
function sizes(
  visit: Visit & Greeted,
  watch: HandshakeWatch,
): { flightBytes?: number; largestRecord?: number; fragmentLimit?: number } {
  const { maxFragmentLength, recordSizeLimit } = visit.hello.parsed
  const limit = maxFragmentLength ?? recordSizeLimit
  const { bytes: flightBytes, largestRecord } = watch.sent()
  return {
    ...(flightBytes === 0 ? {} : { flightBytes, largestRecord }),
    ...(limit === undefined ? {} : { fragmentLimit: limit }),
  }
}

function deviceClock(visit: Visit & Greeted): { deviceClock?: string } {
  const seconds = visit.hello.stack.deviceClock
  return seconds === undefined ? {} : { deviceClock: new Date(seconds * 1000).toISOString() }
}

/** What there is to say about our certificate, in this client's eyes. */
export function certificateFacts(visit: Visit & Greeted, house: House): RejectionFacts {
  return { ...ourCertificate(visit), ...realTime(house) }
}

function ourCertificate(
  visit: Visit & Greeted,
): RejectionFacts & { caFile?: string; issuer?: string } {
  const { sni } = visit.hello.parsed
  return {
    ...serverFacts(visit, visit.settings),
    ...(sni === undefined ? {} : { sni }),
    ...deviceClock(visit),
  }
}

/** Our clock, where it is one to judge our certificate by: clients have the real time, whatever `--clock` says. */
function realTime({ world: { clock } }: House): { now?: string } {
  return clock.set ? {} : { now: new Date(clock.now()).toISOString() }
}

/** Since the connection was accepted, in whole ms. */
export function afterMs(visit: Visit, house: House): number {
  return Math.round(house.world.clock.elapsed() - visit.startedElapsed)
}

/** What we asked of the client's certificate, for the record. */
export function askedOf(watch: HandshakeWatch): {
  version: string
  signatureAlgorithmsAsked: string[]
  certificateTypesAsked: string[]
  caNamesAsked: number
} {
  const request = watch.request()
  return {
    version: versionName(watch.serverHello()?.version ?? 0),
    signatureAlgorithmsAsked: (request?.signatureAlgorithms ?? []).map(signatureAlgorithmName),
    certificateTypesAsked: request?.certificateTypes ?? [],
    caNamesAsked: request?.authorities ?? 0,
  }
}
