/** Drives a stack through all its cells of the client matrix and holds each against its expected-*.ts table. */

import type { Test } from 'tap'
import { type Cell, cellsOf } from './expected.ts'
import { literal } from './literal.ts'
import { measure } from './measure.ts'
import { makeSetup } from './setup.ts'
import { faults, versions } from './stack.ts'
import { type StackId, stacks } from './stacks.ts'

/**
 * Tests these stacks, one after the other; a stack that is absent is skipped, loudly. the flag `--show` (tap: `--test-arg=--show`) prints what was
 * measured in the words of the tables.
 * @param atOnce how many cells of a stack run at the same time: a stack that rejects in silence takes its time
 */
export function checkStacks(t: Test, ids: StackId[], { atOnce = 1 } = {}): void {
  // Tap's own limit is a minute: too near for silences of 30 s and a program for each cell, on a busy machine.
  const timeout = 240_000
  t.setTimeout(timeout)
  const setup = makeSetup(t)
  for (const id of ids) {
    t.test(id, { timeout }, async t => {
      const { find, row } = stacks[id]
      const found = await find()
      if ('missing' in found) {
        process.stderr.write(`\n*** SKIPPED: ${t.fullname}: ${found.missing} ***\n\n`)
        t.pass('this machine lacks something', { skip: found.missing })
        return
      }
      const { stack } = found
      t.same(
        stack.versions,
        versions.filter(version => row[version] !== undefined),
        'the table has the versions that the stack has',
      )
      // Another version of the library may say the same in other words.
      const sameWords = stack.title === row.title
      if (!sameWords) t.comment(`the table was written for ${row.title}, here is ${stack.title}`)
      const cells = stack.versions.flatMap(version => faults.map(fault => ({ version, fault })))
      const measured = await inTurns(atOnce, cells, ({ version, fault }) =>
        measure(setup, stack, fault, version),
      )
      for (const [index, { version, fault }] of cells.entries()) {
        const got = measured[index]
        const want = cellsOf(row, version)?.find(([name]) => name === fault)?.[1]
        const name = `${stack.title}, TLS ${version}, ${fault}`
        if (got && process.argv.includes('--show'))
          process.stderr.write(`${name}: ${literal(fault, version, got)}\n`)
        t.same(sameWords ? got : withoutWords(got), sameWords ? want : withoutWords(want), name)
        if (got && 'alert' in got && got.alert?.from === 'server' && got.shown)
          t.same(got.shown, got.alert, `${name}: its log shows the alert of our record`)
      }
    })
  }
}

function withoutWords(cell: Cell | undefined): Cell | undefined {
  return cell && 'words' in cell ? { ...cell, words: '' } : cell
}

/** Does `work` for each item, for `atOnce` of them at the same time. */
async function inTurns<T, R>(
  atOnce: number,
  items: T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
