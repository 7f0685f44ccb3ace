/** Answers in the order of what they answer, while some wait for the disk. */

import t from 'tap'
import { createAcknowledgements } from '../../broker/connection/acknowledgements.ts'

const PINGRESP = Buffer.of(0xd0, 0)
const puback = (id: number): Buffer => Buffer.of(0x40, 2, 0, id)

function line() {
  const sent: Buffer[] = []
  const told: string[] = []
  const line = createAcknowledgements(
    answer => sent.push(answer),
    () => told.push('settled'),
    () => told.push('unsafe'),
  )
  return { line, sent, told }
}

function later() {
  let settle: (isSafe: boolean) => void = () => undefined
  const safe = new Promise<boolean>(resolve => {
    settle = resolve
  })
  return {
    safe,
    async settle(isSafe: boolean): Promise<void> {
      settle(isSafe)
      await safe
    },
  }
}

t.test(
  'one that waits holds up those behind it; of those that wait, PUBACKs are counted',
  async t => {
    const { line: acknowledgements, sent, told } = line()
    const [first, second] = [later(), later()]
    acknowledgements.give(puback(1), undefined)
    acknowledgements.give(puback(2), first.safe)
    acknowledgements.give(PINGRESP, undefined)
    acknowledgements.give(puback(3), second.safe)
    t.same(sent, [puback(1)])
    t.same([acknowledgements.waiting(), acknowledgements.pubacks()], [3, 2])
    await second.settle(true)
    t.same(sent, [puback(1)], 'its turn has not come')
    await first.settle(true)
    t.same(sent, [puback(1), puback(2), PINGRESP, puback(3)])
    t.same([acknowledgements.waiting(), acknowledgements.pubacks()], [0, 0])
    t.ok(told.every(what => what === 'settled'))
  },
)

t.test('what is not safe is not acknowledged, nor what stands behind it', async t => {
  const { line: acknowledgements, sent, told } = line()
  const [first, second] = [later(), later()]
  acknowledgements.give(puback(1), first.safe)
  acknowledgements.give(puback(2), second.safe)
  await first.settle(false)
  await second.settle(false)
  t.same(sent, [])
  t.same(told, ['unsafe'], 'once')
})

t.test('after the end nothing is sent', async t => {
  const { line: acknowledgements, sent, told } = line()
  const only = later()
  acknowledgements.give(puback(1), only.safe)
  acknowledgements.stop()
  await only.settle(true)
  t.same([sent, told], [[], []])
})
