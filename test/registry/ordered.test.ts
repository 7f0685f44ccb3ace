/** Keys kept in order while some come and go, held against sorting them each time. */

import fc from 'fast-check'
import t from 'tap'
import { answer } from '../../broker/registry/answer.ts'
import { createLedger } from '../../broker/registry/ledger.ts'

const key = fc.integer({ min: 0, max: 400 }).map(number => `k${number}`)
const step = fc.oneof(
  fc.record({ act: fc.constant('put' as const), key }),
  fc.record({ act: fc.constant('remove' as const), key }),
  fc.record({ act: fc.constant('look' as const), key }),
)

t.test('whatever comes and goes, tables and indexes give their keys in order', async t => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: 'max' }), steps => {
      const ledger = createLedger()
      const table = ledger.table<{ all: string }>('rows')
      const index = ledger.index(table, one => [one.all])
      const there = new Set<string>()
      // Enough that the index keeps them in order.
      const many = Array.from({ length: 120 }, (_, number) => `m${number}`)
      for (const one of [
        ...many.map(name => ({ act: 'put' as const, key: name })),
        ...steps,
        ...many.map(name => ({ act: 'remove' as const, key: name })),
        { act: 'look' as const, key: '' },
      ]) {
        if (one.act === 'look') {
          const wanted = JSON.stringify([...there].sort())
          if (JSON.stringify(table.keys()) !== wanted) return false
          if (JSON.stringify(index.keys('x')) !== wanted) return false
          continue
        }
        ledger.transact(() => {
          if (one.act === 'put') table.put(one.key, { all: 'x' })
          else table.remove(one.key)
          return answer(undefined)
        })
        if (one.act === 'put') there.add(one.key)
        else there.delete(one.key)
      }
      return index.has('x') === there.size > 0
    }),
    { numRuns: 60 },
  )
  t.pass('held')
})

t.test('a list that was given stays as it was', async t => {
  const ledger = createLedger()
  const table = ledger.table<{ all: string }>('rows')
  const put = (name: string) =>
    ledger.transact(() => {
      table.put(name, { all: 'x' })
      return answer(undefined)
    })
  put('b')
  const before = table.keys()
  put('a')
  t.same([before, table.keys()], [['b'], ['a', 'b']])
})
