/**
 * Topic aliases towards one client (MQTT 5 3.3.2.3.4): the first topics get one, as many as the client takes; each goes out
 * with its topic once, then without.
 */

export type Aliases = {
  /** What to put into the next PUBLISH of this topic. */
  of(topic: string): { topic?: string; topicAlias?: number }
  /** It went out: the client knows it now. */
  sent(topic: string): void
}

const NONE: Aliases = { of: () => ({}), sent: () => undefined }

/** @param most the client's Topic Alias Maximum, and no more than our own */
export function createAliases(most: number): Aliases {
  if (most === 0) return NONE
  const known = new Map<string, number>()
  return {
    of(topic) {
      const topicAlias = known.get(topic)
      if (topicAlias !== undefined) return { topic: '', topicAlias }
      return known.size < most ? { topicAlias: known.size + 1 } : {}
    },
    sent(topic) {
      if (!known.has(topic) && known.size < most) known.set(topic, known.size + 1)
    },
  }
}
