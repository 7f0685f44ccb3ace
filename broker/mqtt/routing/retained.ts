/**
 * Retained messages: the last one of each topic. aedes-persistence holds them; an index by topic answers the subscription
 * that has no wildcard, which on AWS is the only one that gets any.
 */

import type { Clock } from '../../world.ts'
import type { Keep } from '../keep.ts'
import { keepable, type Message } from '../message.ts'
import type { Router } from './router.ts'

export type Retained = {
  /** Replaces the topic's message; one with an empty payload takes it away [MQTT-3.3.1-6] [MQTT-3.3.1-10]. */
  store(message: Message): void
  /** Of one topic; not one that has expired [MQTT-3.3.2-5]. */
  of(topic: string): Message | undefined
  /** Of all topics that the filter takes. */
  read(filter: string): AsyncIterable<Message>
  count(): number
}

export function createRetained(
  router: Pick<Router<unknown>, 'retained'>,
  { clock, keep }: { clock: Clock; keep: Keep },
  kept: Message[] = [],
): Retained {
  const byTopic = new Map<string, Message>()
  for (const message of kept) put(message)

  const retained: Retained = {
    store(message) {
      const { topic, payload } = message
      const wasThere = byTopic.has(topic)
      put(keepable(message))
      if (payload.length > 0) keep.retained(topic, byTopic.get(topic))
      else if (wasThere) keep.retained(topic, undefined)
    },
    of(topic) {
      const message = byTopic.get(topic)
      return message && fresh(message) ? message : undefined
    },
    async *read(filter) {
      for await (const message of router.retained.read(filter)) if (fresh(message)) yield message
    },
    count: () => byTopic.size,
  }
  return retained

  function put(message: Message): void {
    if (message.payload.length === 0) byTopic.delete(message.topic)
    else byTopic.set(message.topic, message)
    router.retained.store(message)
  }

  /** One that has expired goes when somebody comes across it. */
  function fresh(message: Message): boolean {
    if (message.expiresAt === undefined || message.expiresAt > clock.elapsed()) return true
    retained.store({ ...message, payload: Buffer.alloc(0) })
    return false
  }
}
