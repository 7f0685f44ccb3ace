import t from 'tap'
import { awsLimits } from '../../broker/config/limits.ts'
import { forgetful } from '../../broker/mqtt/keep.ts'
import type { Delivery, Link } from '../../broker/mqtt/session/link.ts'
import { createSession } from '../../broker/mqtt/session/session.ts'
import { manualClock } from '../helpers/manual-clock.ts'

t.test("a service's answer that is larger than the client takes is not sent", async t => {
  const own = { clientId: 'device', protocol: 5, expirySeconds: 0 } as const
  const attached = (): void => undefined
  const away = { mayQueue: () => true, queued: () => undefined, every: () => false }
  const shared = { clock: manualClock(), limits: awsLimits, keep: forgetful, attached, away }
  const session = createSession({ ...own, ...shared })
  const packets: Buffer[] = []
  const told: Delivery[] = []
  const link: Link = {
    write: packet => void packets.push(packet),
    waiting: () => 0,
    mayReceive: () => true,
    receiveMaximum: 100,
    maximumPacketSize: 512,
    topicAliasMaximum: 0,
    allowance: () => 0,
    told: what => void told.push(what),
  }
  session.attach(link)
  const answer = (bytes: number) =>
    ({ topic: 'answers', payload: Buffer.alloc(bytes), qos: 1, retain: false }) as const
  t.equal(session.send(answer(600), 1), 'sent')
  t.equal(session.send(answer(100), 1), 'sent')
  t.same(told, ['too-large', 'delivered'])
  t.equal(packets.length, 1)
})
