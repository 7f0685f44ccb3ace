/**
 * What survives a crash, on the store that the registry has too. What is told in one turn of the event loop, and while a write
 * runs, goes into the next write together (group commit): all of it or nothing. A message that was acknowledged before its
 * write began is not written at all. After a write that failed nothing more is written: see `durable`.
 */

import type { Change, Entry, Store } from '../store/store.ts'
import type { Clock } from '../world.ts'
import type { Keep, Kept } from './keep.ts'
import {
  messageKey,
  messageText,
  readKept,
  retainedKey,
  sessionKey,
  sessionText,
} from './keep-records.ts'
import type { Message } from './message.ts'

export type KeepParts = {
  store: Store
  /** What it holds of MQTT's; emptied, since it may be much. */
  found: Entry[]
  clock: Clock
  /** Told once, when a write has failed. */
  failed(error: Error): void
}

/** What has been told and not been taken into a write yet. */
type Waiting = {
  sessions: Map<string, string | undefined>
  messages: Map<string, Map<number, Message | undefined>>
  retained: Map<string, Message | undefined>
  useless: string[]
}

const nothing = (): Waiting => ({
  sessions: new Map(),
  messages: new Map(),
  retained: new Map(),
  useless: [],
})

export function openKeep({ store, found, clock, failed }: KeepParts): { keep: Keep; kept: Kept } {
  const { kept, useless } = readKept(found.splice(0), clock)
  /** By owner: the numbers that are in the store, or in a write that has begun. */
  const stored = new Map<string, Set<number>>()
  /** Client ids whose sessions are. */
  const storedSessions = new Set<string>()
  for (const { record, messages } of kept.sessions) {
    storedSessions.add(record.clientId)
    remember(record.clientId, messages)
  }
  for (const { name, messages } of kept.shared ?? []) remember(name, messages)
  let waiting = nothing()
  let cycles = 0
  let writing: Promise<boolean> = Promise.resolve(true)
  let scheduled = false
  let broken = false
  let told = 0
  if (useless.length > 0) {
    waiting.useless = useless
    schedule()
  }

  const keep: Keep = {
    session(clientId, record) {
      // Most that end were never kept: they cost no write.
      if (record === undefined && !broken && !isKnown(clientId)) return
      told++
      if (broken) return
      waiting.sessions.set(clientId, record && sessionText(record))
      if (record === undefined) forgetMessages(clientId)
      schedule()
    },
    message(owner, number, message) {
      if (message) told++
      if (broken) return
      const own = waiting.messages.get(owner) ?? new Map<number, Message | undefined>()
      waiting.messages.set(owner, own)
      if (message || stored.get(owner)?.has(number)) own.set(number, message)
      else own.delete(number)
      schedule()
    },
    retained(topic, message) {
      told++
      if (broken) return
      waiting.retained.set(topic, message)
      schedule()
    },
    told: () => told,
    durable() {
      if (broken) return Promise.resolve(false)
      return cycles === 0 ? undefined : writing
    },
  }
  return { keep, kept }

  function remember(owner: string, messages: readonly [number, Message][]): void {
    if (messages.length > 0) stored.set(owner, new Set(messages.map(([number]) => number)))
  }

  function isKnown(clientId: string): boolean {
    const { sessions, messages } = waiting
    const isStored = storedSessions.has(clientId) || stored.has(clientId)
    return isStored || sessions.has(clientId) || messages.has(clientId)
  }

  function forgetMessages(owner: string): void {
    waiting.messages.delete(owner)
    const numbers = stored.get(owner)
    if (numbers === undefined) return
    waiting.messages.set(owner, new Map([...numbers].map(number => [number, undefined])))
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    cycles++
    writing = writing.then(write)
  }

  async function write(): Promise<boolean> {
    // What is told in this turn of the event loop goes along: all of it or nothing.
    await new Promise<void>(resolve => setImmediate(resolve))
    scheduled = false
    const changes = broken ? [] : take()
    try {
      if (changes.length > 0) await store.write(changes)
    } catch (error) {
      broken = true
      waiting = nothing()
      stored.clear()
      storedSessions.clear()
      failed(error instanceof Error ? error : new Error(String(error)))
    }
    cycles--
    return !broken
  }

  function take(): Change[] {
    const { sessions, messages, retained, useless } = waiting
    waiting = nothing()
    const changes: Change[] = useless.map(key => ({ key, value: undefined }))
    for (const [clientId, value] of sessions) {
      changes.push({ key: sessionKey(clientId), value })
      if (value === undefined) storedSessions.delete(clientId)
      else storedSessions.add(clientId)
    }
    for (const [topic, message] of retained) {
      changes.push({ key: retainedKey(topic), value: message && messageText(message, clock) })
    }
    for (const [owner, own] of messages) {
      for (const [number, message] of own) {
        const value = message && messageText(message, clock)
        changes.push({ key: messageKey(owner, number), value })
      }
      markStored(owner, own)
    }
    return changes
  }

  function markStored(owner: string, written: Map<number, Message | undefined>): void {
    const numbers = stored.get(owner) ?? new Set()
    for (const [number, message] of written) {
      if (message) numbers.add(number)
      else numbers.delete(number)
    }
    if (numbers.size > 0) stored.set(owner, numbers)
    else stored.delete(owner)
  }
}
