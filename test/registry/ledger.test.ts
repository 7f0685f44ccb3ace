/** Tables that change by transactions: all of one, or none, and the indexes with them. */

import fc from 'fast-check'
import t from 'tap'
import { answer, refuse } from '../../broker/registry/answer.ts'
import { createLedger, type Index, type Table } from '../../broker/registry/ledger.ts'

type Row = { colour: string; size?: string }

function setting() {
  const ledger = createLedger()
  const rows: Table<Row> = ledger.table('rows')
  const byColour = ledger.index(rows, row => [row.colour, row.size])
  const told: unknown[] = []
  ledger.onCommit(changes => void told.push(changes))
  const done = (act: () => void) =>
    ledger.transact(() => {
      act()
      return answer(undefined)
    })
  return { ledger, rows, byColour, told, done }
}

const NO = refuse('InvalidRequestException', 'no')

t.test('a transaction is told once, each record as it is in the end', async t => {
  const { rows, told, done } = setting()
  done(() => {
    rows.put('a', { colour: 'red' })
    rows.put('a', { colour: 'blue' })
    rows.put('b', { colour: 'red' })
    rows.remove('b')
  })
  t.same(told, [
    [
      { table: 'rows', key: 'a', after: { colour: 'blue' } },
      { table: 'rows', key: 'b', after: undefined },
    ],
  ])
  done(() => undefined)
  t.equal(told.length, 1, 'nothing changed, nothing told')
})

t.test('a refusal and a throw undo everything, the indexes too', async t => {
  const { ledger, rows, byColour, told, done } = setting()
  done(() => rows.put('a', { colour: 'red' }))
  const before = told.length
  t.same(
    ledger.transact(() => {
      rows.put('a', { colour: 'blue' })
      rows.put('b', { colour: 'red' })
      rows.remove('a')
      return NO
    }),
    NO,
  )
  t.throws(() =>
    ledger.transact(() => {
      rows.remove('a')
      throw new Error('a bug')
    }),
  )
  t.equal(told.length, before)
  t.same(rows.get('a'), { colour: 'red' })
  t.same(rows.keys(), ['a'])
  t.same([byColour.keys('red'), byColour.keys('blue')], [['a'], []])
  t.ok(done(() => rows.remove('a')).ok, 'the next transaction is its own')
})

t.test('inside another one, only the refused part is undone', async t => {
  const { ledger, rows, told, done } = setting()
  done(() => {
    rows.put('a', { colour: 'red' })
    ledger.transact(() => {
      rows.put('a', { colour: 'blue' })
      rows.put('b', { colour: 'blue' })
      return NO
    })
    rows.put('c', { colour: 'red' })
  })
  t.same(rows.keys(), ['a', 'c'])
  t.same(rows.get('a'), { colour: 'red' })
  t.equal(told.length, 1)
  ledger.transact(() => {
    ledger.transact(() => {
      rows.remove('a')
      return answer(undefined)
    })
    return NO
  })
  t.ok(rows.has('a'), 'what an inner one has done goes when the outer one is refused')
})

t.test('nothing changes outside a transaction, or after the seal', async t => {
  const { ledger, rows, done } = setting()
  t.throws(() => rows.put('a', { colour: 'red' }), { message: /outside a transaction/ })
  ledger.seal('the disk is full')
  t.match(
    done(() => rows.put('a', { colour: 'red' })),
    { ok: false, refusal: { exception: 'InternalFailureException', message: 'the disk is full' } },
  )
  t.equal(rows.size, 0)
})

t.test('restoring puts records and fills indexes, and tells nobody', async t => {
  const { ledger, rows, byColour, told } = setting()
  t.equal(ledger.restore('rows', 'a', { colour: 'red' }), true)
  t.equal(ledger.restore('gone', 'a', {}), false)
  t.same([rows.keys(), byColour.keys('red'), told], [['a'], ['a'], []])
})

t.test('an index equals a scan, whatever is done and undone', async t => {
  const key = fc.constantFrom('a', 'b', 'c', '__proto__')
  const colour = fc.constantFrom('red', 'blue', 'green', 'constructor')
  const step = fc.oneof(
    fc.record({ key, row: fc.record({ colour }) }),
    fc.record({ key, row: fc.record({ colour, size: colour }) }),
    fc.record({ key, row: fc.constant(undefined) }),
  )
  const seed = Date.now() % 2 ** 31
  t.comment(`seed ${seed}`)
  fc.assert(
    fc.property(fc.array(fc.record({ steps: fc.array(step), stays: fc.boolean() })), rounds => {
      const { ledger, rows, byColour } = setting()
      const model = new Map<string, Row>()
      for (const { steps, stays } of rounds) {
        ledger.transact(() => {
          for (const one of steps) {
            if (one.row === undefined) rows.remove(one.key)
            else rows.put(one.key, one.row)
          }
          return stays ? answer(undefined) : NO
        })
        if (!stays) continue
        for (const one of steps) {
          if (one.row === undefined) model.delete(one.key)
          else model.set(one.key, one.row)
        }
      }
      return equal(rows, byColour, model)
    }),
    { seed, numRuns: 500 },
  )
})

function equal(rows: Table<Row>, index: Index, model: Map<string, Row>): boolean {
  const keys = [...model.keys()].sort()
  if (JSON.stringify(rows.keys()) !== JSON.stringify(keys)) return false
  return ['red', 'blue', 'green', 'constructor'].every(value => {
    const scan = keys.filter(key => Object.values(model.get(key) ?? {}).includes(value))
    const found = [...index.keys(value)].sort()
    return JSON.stringify(found) === JSON.stringify(scan) && index.has(value) === scan.length > 0
  })
}
