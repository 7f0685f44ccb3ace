/**
 * Answers to what a client sends, in the order in which it was sent [MQTT-4.6.0-2]: one may have to wait until the message is
 * safe, and those behind it wait too.
 */

export type Acknowledgements = {
  /** Sends the answer when `safe` has resolved, and after those before it. */
  give(answer: Buffer, safe: Promise<void> | undefined): void
  /** How many wait. */
  waiting(): number
  /** The connection has ended: nothing more is sent. */
  stop(): void
}

/** @param settled told when one that had to wait has gone out */
export function createAcknowledgements(
  send: (answer: Buffer) => void,
  settled: () => void,
): Acknowledgements {
  let line: { answer: Buffer; ready: boolean }[] = []
  let stopped = false

  function flush(): void {
    while (line[0]?.ready) {
      const first = line.shift()
      if (first && !stopped) send(first.answer)
    }
    if (!stopped) settled()
  }

  return {
    give(answer, safe) {
      if (safe === undefined && line.length === 0) return send(answer)
      const own = { answer, ready: safe === undefined }
      line.push(own)
      void safe?.then(() => {
        own.ready = true
        flush()
      })
    },
    waiting: () => line.length,
    stop() {
      stopped = true
      line = []
    },
  }
}
