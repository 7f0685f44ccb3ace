/** A packet that is refused while its connection stays: told once for each topic, or each time where each packet is asked for. */

import t from 'tap'
import { allow, connect, running } from '../helpers/device.ts'

const policy = allow(['iot:Connect', 'client/*'], ['iot:Publish', 'topic/own'])

for (const [logTraffic, expected] of [
  [false, ['a', 'b']],
  [true, ['a', 'a', 'b', 'a']],
] as const) {
  t.test(logTraffic ? 'each time' : 'once for each topic', async t => {
    const told: unknown[] = []
    const broker = await running(t, {
      logTraffic,
      log(event) {
        if (event.event === 'traffic.denied') told.push(event.evidence['topic'])
      },
    })
    const device = await broker.createDevice('device', { policy })
    const { client } = await connect(t, broker, device, { protocolVersion: 5 })
    for (const topic of ['a', 'a', 'b', 'a']) {
      await t.rejects(client.publishAsync(topic, '', { qos: 1 }), { code: 0x87 })
    }
    await client.endAsync()
    const { also } = await broker.closed()
    t.same(told, expected)
    t.same(
      also.map(({ evidence }) => evidence['topic']),
      ['a', 'b'],
      'the record has each once',
    )
  })
}
