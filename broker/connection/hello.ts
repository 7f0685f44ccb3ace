/**
 * Room 2: is it TLS at all, and what does the client offer? Reads until the whole ClientHello is there and says what both
 * sides have in common. What TLS itself makes of the offer, OpenSSL decides in the next room, and we explain it; here only a
 * host name or an ALPN protocol that this listener demands is refused.
 */

import { awsLimits } from '../config/limits.ts'
import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { packetReader } from '../mqtt/codec/packet-reader.ts'
import { type HelloProgress, helloReader } from '../tls/hello-reader.ts'
import { alertName } from '../tls/names.ts'
import { helloConflicts, versionOf } from './hello-conflict.ts'
import { demands } from './hello-demands.ts'
import { type Greeted, pass, type Room, refuse } from './visit.ts'
import { waitFor } from './waiting.ts'
import type { WireEnd } from './wire.ts'

type Outcome =
  | { kind: 'progress'; progress: Exclude<HelloProgress, { state: 'more' }> }
  | { kind: 'end'; end: WireEnd }

type NotTls = Extract<HelloProgress, { state: 'not-tls' }>

export const hello: Room<unknown, Greeted> = async (visit, house) => {
  const { wire, settings } = visit
  const reader = helloReader()
  const limitMs = settings.config.tls.handshakeTimeoutSeconds * 1000
  const outcome = await waitFor<Outcome>(visit, house.world, limitMs, settle => {
    let stranger: NotTls | undefined
    let cancel: (() => void) | undefined
    const answer = (): void => {
      if (stranger) settle({ kind: 'progress', progress: stranger })
    }
    wire.onBytes(chunk => {
      const progress = reader.push(chunk)
      if (progress.state === 'more') return
      if (progress.state === 'not-tls' && !heardOut(progress)) {
        stranger = progress
        cancel ??= house.world.clock.after(STRANGER_MS, answer)
        return
      }
      // What follows the hello waits on the wire for the next room.
      wire.onBytes(undefined)
      settle({ kind: 'progress', progress })
    })
    const forget = wire.onEnd(end => {
      answer()
      settle({ kind: 'end', end })
    })
    return () => {
      forget()
      cancel?.()
    }
  })
  const afterMs = Math.round(house.world.clock.elapsed() - visit.startedElapsed)
  const bytes = reader.bytes().length
  if (outcome.kind === 'interrupted') return refuse(outcome.reason)
  if (outcome.kind === 'timeout') return refuse(diagnose('HELLO_TIMEOUT', { afterMs, bytes }))
  if (outcome.kind === 'end') {
    return refuse(diagnose('HELLO_ABANDONED', { afterMs, bytes, reset: outcome.end.reset }))
  }
  const { progress } = outcome
  if (progress.state !== 'hello') return refuse(notHello(progress))
  const parsed = progress.hello
  const facts = house.hellos.factsOf(progress.bytes, parsed, settings.endpoint)
  const hello = { bytes: progress.bytes, parsed, ...facts }
  const met = hello.match
  const { refusals, findings } = demands(hello, versionOf(hello), settings)
  const [refusal, ...others] = refusals
  // Without a common version the next room refuses, and there the versions are the reason.
  const noVersion = !met.ok && met.conflict.kind === 'version'
  if (refusal === undefined || noVersion) return pass({ hello }, [...refusals, ...findings])
  // The refusal's record tells of the hello too.
  Object.assign(visit, { hello })
  return refuse(refusal, [...others, ...helloConflicts(hello, settings.endpoint), ...findings])
}

function notHello(progress: Exclude<HelloProgress, { state: 'more' | 'hello' }>): Diagnosis {
  const firstBytes = progress.bytes.subarray(0, SHOWN_BYTES).toString('hex')
  if (progress.state === 'not-tls') {
    const { protocol, bytes } = progress
    const clientId = protocol === 'MQTT' ? plainConnect(bytes).clientId : undefined
    const requestLine = protocol === 'HTTP' ? firstLine(bytes) : undefined
    return diagnose('HELLO_NOT_TLS', {
      protocol,
      firstBytes,
      ...(clientId === undefined ? {} : { clientId }),
      ...(requestLine === undefined ? {} : { requestLine }),
    })
  }
  if (progress.state === 'alert') {
    const says = `a TLS alert came instead: ${progress.number} ${alertName(progress.number)}`
    return diagnose('HELLO_MALFORMED', { says, firstBytes, alert: progress.number })
  }
  return diagnose('HELLO_MALFORMED', { says: progress.says, at: progress.at, firstBytes })
}

/**
 * Some devices write their first packet piece by piece. Its rest tells which device it is, so it is waited for, a little:
 * until the CONNECT or the request line is whole.
 */
function heardOut({ protocol, bytes }: NotTls): boolean {
  if (bytes.length >= STRANGER_BYTES) return true
  if (protocol === 'MQTT') return plainConnect(bytes).whole
  if (protocol === 'HTTP') return bytes.includes('\n')
  return protocol !== 'unknown' || bytes.length >= SHOWN_BYTES
}

/** First bytes that the record shows. */
const SHOWN_BYTES = 16
const STRANGER_MS = 500
const STRANGER_BYTES = 4096

/** A plain MQTT CONNECT: its client id tells the user which device is meant. */
function plainConnect(bytes: Buffer): { whole: boolean; clientId?: string } {
  const { packets, problem } = packetReader({ limit: awsLimits.packetBytes }).push(bytes)
  const [first] = packets
  const named = first?.cmd === 'connect' && first.clientId !== ''
  return {
    whole: first !== undefined || problem !== undefined,
    ...(named ? { clientId: first.clientId } : {}),
  }
}

function firstLine(bytes: Buffer): string {
  return bytes.subarray(0, 200).toString('latin1').split(/\r?\n/, 1)[0] ?? ''
}
