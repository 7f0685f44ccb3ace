/** AWS: of 100 messages without their PUBACK no further one is taken. On 3.1.1 a client isn't told: it is read later. */

import t from 'tap'
import { connect, running } from '../helpers/device.ts'
import { memoryStore } from '../helpers/memory-store.ts'

t.test('over so many unacknowledged messages nothing is read until one is', async t => {
  let release = (): void => undefined
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const store = memoryStore()
  const broker = await running(t, {
    limits: { inflightIn: 2, publishesPerSecond: 'off', connectsPerSecondPerClientId: 'off' },
    state: {
      ...store,
      async write(changes) {
        if (changes.some(({ key }) => key.startsWith('retained/'))) await released
        await store.write(changes)
      },
    },
  })
  const watcher = await connect(t, broker, await broker.createDevice('watcher'))
  await watcher.client.subscribeAsync(['r/+', 'marker'], { qos: 0 })
  const { client } = await connect(t, broker, await broker.createDevice('device'))
  const acknowledged = [1, 2, 3, 4, 5].map(number =>
    client.publishAsync(`r/${number}`, 'x', { qos: 1, retain: true }),
  )
  const got = (marker: boolean) =>
    watcher.seen.messages.map(([topic]) => topic).filter(topic => (topic === 'marker') === marker)
  /** To the broker and back, so that what was sent before is there. */
  const round = async (): Promise<void> => {
    const { length } = got(true)
    watcher.client.publish('marker', '')
    while (got(true).length === length) {
      await new Promise(resolve => watcher.client.once('message', resolve))
    }
  }
  while (!got(false).includes('r/2')) await round()
  for (let turn = 0; turn < 3; turn++) await round()
  t.same(got(false), ['r/1', 'r/2'])
  release()
  await Promise.all(acknowledged)
  while (!got(false).includes('r/5')) await round()
  t.same(got(false), ['r/1', 'r/2', 'r/3', 'r/4', 'r/5'])
})
