/** The broker of a soak, in a process of its own: so that its memory is its own, and its turns are not those of the clients. */

import { type Broker, type Device, start } from '../../broker/main.ts'

export type Question =
  | { ask: 'start'; devices: string[]; state?: string }
  | { ask: 'usage' }
  | { ask: 'stop' }

/** Memory after a garbage collection. */
export type Usage = { heapBytes: number; residentBytes: number; cpuMs: number }

export type Answer = { port: number; devices: Device[] } | Usage | { stopped: true }

let broker: Broker | undefined

process.on('message', (question: Question) => {
  void answer(question).then(given => process.send?.(given))
})
process.on('disconnect', () => process.exit())

async function answer(question: Question): Promise<Answer> {
  if (question.ask === 'start') return begin(question.devices, question.state)
  if (question.ask === 'usage') return usage()
  await broker?.stop()
  return { stopped: true }
}

async function begin(names: string[], state: string | undefined): Promise<Answer> {
  broker = await start({
    ...(state === undefined ? {} : { state }),
    // Those that would slow it down; all other limits are AWS's.
    limits: {
      connectsPerSecondPerClientId: 'off',
      publishesPerSecond: 'off',
      bytesPerSecond: 'off',
      replayPerSecond: 'off',
      sharedReplayPerSecond: 'off',
      retainedPerSecondPerTopic: 'off',
      queuedMessagesPerSecond: 'off',
      keepAliveLeastSeconds: 'off',
    },
  })
  const devices: Device[] = []
  for (const name of names) devices.push(await broker.createDevice(name, { keyType: 'ec' }))
  return { port: broker.port, devices }
}

async function usage(): Promise<Usage> {
  for (let time = 0; time < 4; time++) {
    globalThis.gc?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage()
  const { heapUsed, external } = process.memoryUsage()
  return {
    heapBytes: heapUsed + external,
    residentBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
  }
}
