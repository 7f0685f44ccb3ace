/**
 * What an alert of the client says that is no verdict on our certificate. The number alone says little here too: it
 * counts when it came, from which stack, and how large our messages were. Only what was seen, or what the RFC leaves no
 * other reading of, is said; the rest is left to the alert's name.
 */

import { inWordsOf } from './stacks.ts'
import { count } from './words.ts'

export type AlertFacts = {
  alert: number
  /** Our whole first flight was on its way to the client. */
  certificateShown?: boolean
  /** Our ServerHello asked for another key share, and nothing followed. */
  retried?: boolean
  stack?: string
  variant?: string
  /** `TLSv1.2` or `TLSv1.3`, where it was settled. */
  tlsVersion?: string
  /** Bytes of our first flight. */
  flightBytes?: number
  largestRecord?: number
  /** What the client asked for: max_fragment_length or record_size_limit, in bytes. */
  fragmentLimit?: number
}

/** @returns in a few words what it means here; undefined where its name says all that is known */
export function alertMeaning(facts: AlertFacts): string | undefined {
  const { alert, certificateShown, stack, tlsVersion } = facts
  switch (alert) {
    case 10:
      if (stack === 's2n' && certificateShown) {
        return 's2n sends it when it is asked for a client certificate and was set up without one'
      }
      return tlsVersion === 'TLSv1.3' && stack === 'mbedTLS'
        ? 'early releases of mbedTLS 3 do not take all messages of TLS 1.3'
        : undefined
    case 22:
      return `it can't take a record as large as ours${sizes(facts)}`
    case 41:
      return 'it has no client certificate, and says so in the way of SSLv3'
    case 20:
    case 21:
      return 'bytes were changed on the way, or it came to other keys than we did'
    case 40:
      return certificateShown ? undefined : 'it found nothing acceptable in what we chose'
    case 47:
      return facts.retried ? 'it has no key for the group that we asked for' : undefined
    case 50:
      return `it can't read one of our messages${sizes(facts)}`
    case 51:
      return 'it could not verify our signature, or our Finished'
    case 70:
      return 'it does not take the version that we chose'
    case 71:
      return 'it holds what we chose for too weak'
    case 80:
      return `it reports a fault of its own, such as too little memory${sizes(facts)}`
    case 109:
      return 'it misses an extension in our answer'
    case 110:
      return tlsVersion === 'TLSv1.3' && stack === 'mbedTLS'
        ? 'early releases of mbedTLS 3 do not take all extensions of TLS 1.3'
        : 'our answer has an extension that it did not ask for, or does not know'
    default:
      return undefined
  }
}

/** @returns the next step for the device's developer */
export function alertRemedy(facts: AlertFacts): string {
  const { alert, certificateShown, stack, variant } = facts
  switch (alert) {
    case 10:
      return stack === 's2n' && certificateShown
        ? `give the client its certificate and key${inWordsOf(stack, 'certificate', variant)}`
        : 'update the TLS stack of the device, or let it offer TLS 1.2 only'
    case 20:
    case 21:
      return 'look for two tasks of the device that write to one connection, or for damaged bytes on the way'
    case 22:
    case 50:
      return `raise the TLS input buffer of the device, or let it ask for smaller records (max_fragment_length)${inWordsOf(stack, 'memory', variant)}`
    case 40:
    case 47:
    case 71:
      return `compare cipher suites, groups and signature algorithms of the device with those in this record${inWordsOf(stack, 'suites', variant)}`
    case 41:
      return `give the device its certificate and key${inWordsOf(stack, 'certificate', variant)}`
    case 51:
      return 'update the TLS stack of the device, or try the other key type: it could not verify our signature'
    case 70:
      return `let the device accept TLS 1.2 or 1.3${inWordsOf(stack, 'version', variant)}`
    case 80:
      return `look at the memory of the device and its own log: the client reports a fault of its own${inWordsOf(stack, 'memory', variant)}`
    case 109:
    case 110:
      return 'update the TLS stack of the device, or let it offer TLS 1.2 only'
    case 90:
    case 0:
      return 'look why the program of the device stopped'
    default:
      return `look at the device's own log of this moment, with its TLS debug output on${inWordsOf(stack, 'log', variant)}`
  }
}

/** Sizes are facts, and a small buffer is the most frequent reason behind these alerts. */
function sizes({ flightBytes, fragmentLimit }: AlertFacts): string {
  if (flightBytes === undefined) return ''
  const asked =
    fragmentLimit === undefined
      ? 'it asked for no smaller records'
      : `it asked for records of ${fragmentLimit} at the most`
  return ` (our first messages have ${count(flightBytes, 'byte')}, and ${asked})`
}
