/**
 * Answers to what a client sends, in the order in which it was sent [MQTT-4.6.0-2]: one may have to wait until the message is
 * safe, and those behind it wait too.
 */

export type Acknowledgements = {
  /** Sends the answer when `safe` gives true, and after those before it; with false it sends neither it nor those behind it. */
  give(answer: Buffer, safe: Promise<boolean> | undefined): void
  /** How many wait, and how many PUBACKs are among them. */
  waiting(): number
  pubacks(): number
  /** The connection has ended: nothing more is sent. */
  stop(): void
}

/**
 * @param settled told when one that had to wait has gone out
 * @param unsafe told once, when one must never go out
 */
export function createAcknowledgements(
  send: (answer: Buffer) => void,
  settled: () => void,
  unsafe: () => void,
): Acknowledgements {
  let line: { answer: Buffer; ready: boolean }[] = []
  let pubacks = 0
  let stopped = false

  function flush(): void {
    while (line[0]?.ready) {
      const first = line.shift()
      if (first === undefined) break
      if (isPuback(first.answer)) pubacks--
      send(first.answer)
    }
    settled()
  }

  function stop(): void {
    stopped = true
    line = []
  }

  return {
    give(answer, safe) {
      if (safe === undefined && line.length === 0) return send(answer)
      const own = { answer, ready: safe === undefined }
      line.push(own)
      if (isPuback(answer)) pubacks++
      void safe?.then(isSafe => {
        if (stopped) return
        own.ready = isSafe
        if (isSafe) return flush()
        stop()
        unsafe()
      })
    },
    waiting: () => line.length,
    pubacks: () => pubacks,
    stop,
  }
}

function isPuback(answer: Buffer): boolean {
  return answer[0] === 0x40
}
