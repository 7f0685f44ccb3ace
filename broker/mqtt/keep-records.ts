/**
 * Sessions, their messages and retained messages as records of the store: JSON text, as `candid store export` shows it. Times
 * are by the wall clock there, since that of a process begins anew with each start.
 */

import type { Entry } from '../store/store.ts'
import type { Clock } from '../world.ts'
import type { Kept, KeptMessages, SessionRecord } from './keep.ts'
import type { Forwarded, Message } from './message.ts'

export const sessionKey = (clientId: string): string => `sessions/${clientId}`
export const retainedKey = (topic: string): string => `retained/${topic}`
/** The number comes last and has always the same length: a client id may have any character. */
export const messageKey = (clientId: string, number: number): string =>
  `messages/${clientId}/${number.toString(16).padStart(NUMBER_DIGITS, '0')}`

/** Up to 2^53. */
const NUMBER_DIGITS = 14

type StoredMessage = {
  topic: string
  /** base64 */
  payload: string
  qos: 0 | 1
  retain?: true
  properties?: Omit<Forwarded, 'correlationData'> & { correlationData?: string }
  /** ms since 1970. */
  expiresAt?: number
  from?: string
}

export function sessionText(record: SessionRecord): string {
  // JSON has no Infinity. MQTT 5 3.1.2.11.2: this one never expires.
  return JSON.stringify({ ...record, expirySeconds: Math.min(record.expirySeconds, 0xffff_ffff) })
}

export function messageText(message: Message, clock: Clock): string {
  const { topic, payload, qos, retain, properties, expiresAt, from } = message
  const stored: StoredMessage = {
    topic,
    payload: payload.toString('base64'),
    qos,
    ...(retain && { retain: true as const }),
    ...(properties && { properties: storedProperties(properties) }),
    ...(expiresAt !== undefined && {
      expiresAt: Math.round(clock.now() + expiresAt - clock.elapsed()),
    }),
    ...(from !== undefined && { from }),
  }
  return JSON.stringify(stored)
}

/** Nothing of one that has expired meanwhile. */
function messageOf(text: string, clock: Clock): Message | undefined {
  const stored: StoredMessage = JSON.parse(text)
  const { topic, payload, qos, retain, properties, expiresAt, from } = stored
  const leftMs = expiresAt === undefined ? undefined : expiresAt - clock.now()
  if (leftMs !== undefined && leftMs <= 0) return undefined
  return {
    topic,
    payload: Buffer.from(payload, 'base64'),
    qos,
    retain: retain === true,
    ...(properties && { properties: readProperties(properties) }),
    ...(leftMs !== undefined && { expiresAt: clock.elapsed() + leftMs }),
    ...(from !== undefined && { from }),
  }
}

/**
 * What the records hold, and the keys of those that are of no use any more: messages that have expired, or that were for
 * nobody who is there.
 * @param entries those whose kinds are in `MQTT_KINDS`
 */
export function readKept(
  entries: Iterable<Entry>,
  clock: Clock,
): { kept: Kept; useless: string[] } {
  const sessions = new Map<string, SessionRecord>()
  const owed = new Map<string, [key: string, number: number, message: Message][]>()
  const retained: Message[] = []
  const useless: string[] = []
  for (const [key, value] of entries) {
    const kind = key.slice(0, key.indexOf('/'))
    const name = key.slice(kind.length + 1)
    if (kind === 'sessions') {
      sessions.set(name, JSON.parse(value))
      continue
    }
    const message = messageOf(value, clock)
    if (message === undefined) useless.push(key)
    else if (kind === 'retained') retained.push(message)
    else {
      const owner = name.slice(0, -NUMBER_DIGITS - 1)
      const own = owed.get(owner) ?? []
      owed.set(owner, own)
      own.push([key, Number.parseInt(name.slice(-NUMBER_DIGITS), 16), message])
    }
  }
  const messagesOf = (owner: string): KeptMessages =>
    (owed.get(owner) ?? []).map(([, number, message]) => [number, message])
  const kept: Required<Kept> = { sessions: [], shared: [], retained }
  for (const [clientId, record] of sessions) {
    kept.sessions.push({ record, messages: messagesOf(clientId) })
    owed.delete(clientId)
  }
  for (const [name, own] of owed) {
    if (name.startsWith('$share/')) kept.shared.push({ name, messages: messagesOf(name) })
    else useless.push(...own.map(([key]) => key))
  }
  return { kept, useless }
}

function storedProperties(properties: Forwarded): NonNullable<StoredMessage['properties']> {
  const { correlationData, ...rest } = properties
  if (correlationData === undefined) return rest
  return { ...rest, correlationData: correlationData.toString('base64') }
}

function readProperties(properties: NonNullable<StoredMessage['properties']>): Forwarded {
  const { correlationData, ...rest } = properties
  if (correlationData === undefined) return rest
  return { ...rest, correlationData: Buffer.from(correlationData, 'base64') }
}
