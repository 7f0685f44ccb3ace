/** Between ledger and store: order, one write for what is committed together, and a disk that fails. */

import t from 'tap'
import { answer } from '../../broker/registry/answer.ts'
import { keepIn, restoreFrom } from '../../broker/registry/keep.ts'
import { createLedger } from '../../broker/registry/ledger.ts'
import type { Change, Store } from '../../broker/store/store.ts'

/** A store that writes when it is let, and fails at the write that is asked of it. */
function slowStore(failAt = Number.POSITIVE_INFINITY) {
  const writes: Change[][] = []
  const waiting: (() => void)[] = []
  const store: Store = {
    async *records() {},
    async write(changes) {
      await new Promise<void>(resolve => waiting.push(resolve))
      if (writes.length + 1 >= failAt) throw new Error('no space left on device')
      writes.push(changes)
    },
    close: () => Promise.resolve(),
  }
  /** Resolves when a write has begun, and lets it go on. */
  const let1 = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise(resolve => setImmediate(resolve))
    waiting.shift()?.()
  }
  return { store, writes, let1 }
}

function setting(failAt?: number) {
  const ledger = createLedger()
  const rows = ledger.table<number>('rows')
  const failures: string[] = []
  const slow = slowStore(failAt)
  const keeper = keepIn(slow.store, ledger, error => failures.push(error.message))
  const put = (key: string, value: number) =>
    ledger.transact(() => {
      rows.put(key, value)
      return answer(undefined)
    })
  return { ledger, rows, failures, keeper, put, ...slow }
}

t.test(
  'what is committed in one turn, and while a write runs, goes together and in order',
  async t => {
    const { keeper, put, writes, let1 } = setting()
    put('a', 1)
    put('b', 2)
    const first = keeper.durable()
    await let1()
    await first
    t.same(writes, [
      [
        { key: 'rows/a', value: '1' },
        { key: 'rows/b', value: '2' },
      ],
    ])
    put('a', 3)
    const second = keeper.durable()
    await new Promise(resolve => setImmediate(resolve))
    await new Promise(resolve => setImmediate(resolve))
    put('a', 4)
    put('a', 5)
    const third = keeper.durable()
    let thirdDone = false
    const watching = third.then(() => {
      thirdDone = true
    })
    await let1()
    await second
    t.equal(thirdDone, false, 'what came later is not durable yet')
    await let1()
    await watching
    t.same(
      writes.slice(1).map(changes => changes.map(({ value }) => value)),
      [['3'], ['4', '5']],
    )
  },
)

t.test('nothing to write: durable at once', async t => {
  await setting().keeper.durable()
  t.pass('resolved')
})

t.test('after a write that failed nothing is written and nothing changes any more', async t => {
  const { keeper, put, writes, let1, failures, rows } = setting(2)
  put('a', 1)
  await let1()
  await keeper.durable()
  put('a', 2)
  const bad = keeper.durable()
  await let1()
  await t.rejects(bad, { message: 'no space left on device' })
  t.match(put('a', 3), { ok: false, refusal: { exception: 'InternalFailureException' } })
  await t.rejects(keeper.durable(), { message: 'no space left on device' })
  t.same(failures, ['no space left on device'], 'told once')
  t.equal(writes.length, 1)
  t.equal(rows.get('a'), 2, 'memory keeps the change that was not acknowledged')
})

t.test(
  'what was committed while the failing write ran is rejected too, and never written',
  async t => {
    const { keeper, put, writes, let1 } = setting(1)
    put('a', 1)
    const bad = keeper.durable()
    await new Promise(resolve => setImmediate(resolve))
    await new Promise(resolve => setImmediate(resolve))
    put('b', 1)
    const worse = keeper.durable()
    await let1()
    await t.rejects(bad)
    await t.rejects(worse)
    t.same(writes, [])
  },
)

t.test('restoring tells of keys that no table knows', async t => {
  const ledger = createLedger()
  const rows = ledger.table<number>('rows')
  const store: Store = {
    async *records() {
      yield [
        ['gone/x', '1'],
        ['nonsense', '2'],
      ]
      yield [['rows/a/b', '3']]
    },
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  t.same(await restoreFrom(store, ledger), ['gone/x', 'nonsense'])
  t.same([rows.keys(), rows.get('a/b')], [['a/b'], 3])
})
