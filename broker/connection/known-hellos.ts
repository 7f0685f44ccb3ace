/**
 * What follows from a ClientHello's offer alone, worked out once for each offer and endpoint: a fleet sends the same one for
 * ever. Bounded, least recently used first out, because strangers may send as many different offers as they like.
 */

import type { HelloRecord } from '../journal/dossier.ts'
import type { Hello } from '../tls/client-hello.ts'
import { helloShape } from '../tls/hello-shape.ts'
import { type Endpoint, type Match, match } from '../tls/match.ts'
import { deviceClock, recogniseStack, type Stack } from '../tls/stack.ts'
import { offerRecord } from './tls-record.ts'

export type HelloFacts = {
  stack: Stack
  match: Match
  /** The record's words for it. */
  record: HelloRecord
  /** With which algorithm OpenSSL signed for such an offer on TLS 1.3, once that was read: it makes the same choice again. */
  signed: { algorithm?: number }
}

export type KnownHellos = {
  /** @param bytes as they came, of which `hello` was read */
  factsOf(bytes: Buffer, hello: Hello, endpoint: Endpoint): HelloFacts
}

/** @param limit how many offers are kept for each endpoint */
export function knownHellos(limit: number): KnownHellos {
  const endpoints = new WeakMap<Endpoint, Map<string, HelloFacts>>()
  return {
    factsOf(bytes, hello, endpoint) {
      const shape = helloShape(bytes)
      if (shape === undefined) return work(hello, endpoint)
      const kept = endpoints.get(endpoint) ?? new Map<string, HelloFacts>()
      endpoints.set(endpoint, kept)
      const known = kept.get(shape)
      const facts = known ?? work(hello, endpoint)
      if (known) kept.delete(shape)
      kept.set(shape, facts)
      if (kept.size > limit) kept.delete(kept.keys().next().value as string)
      return known ? { ...known, stack: clocked(known.stack, hello) } : facts
    },
  }
}

function work(hello: Hello, endpoint: Endpoint): HelloFacts {
  const stack = recogniseStack(hello)
  return { stack, match: match(hello, endpoint), record: offerRecord(hello, stack), signed: {} }
}

/** The device's clock stands in the random, which is another one each time. */
function clocked(stack: Stack, hello: Hello): Stack {
  const seconds = deviceClock(stack.name, hello)
  if (seconds === stack.deviceClock) return stack
  const { deviceClock: _, ...rest } = stack
  return seconds === undefined ? rest : { ...rest, deviceClock: seconds }
}
