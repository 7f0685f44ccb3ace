/** The life of something in the registry as a table: operation after operation, with what each must answer. */

import type { Test } from 'tap'
import type { Answer } from '../../broker/registry/answer.ts'
import type { CertificateRecord } from '../../broker/registry/records.ts'
import type { Registry } from '../../broker/registry/registry.ts'
import type { TestRegistry } from './desk.ts'

export type Step = [
  operation: keyof Registry['operations'] | 'wait',
  input: unknown,
  /** What the value matches, the name of an exception, or that and what its message matches. */
  expected?: { [name: string]: unknown } | string | [exception: string, message: string | RegExp],
]

/**
 * Runs the steps, one after the other. What is refused must change nothing, and what a store holds afterwards must be what
 * stands in memory. `wait` moves the clock by so many ms.
 */
export async function steps(t: Test, one: TestRegistry, list: Step[]): Promise<void> {
  const { registry, clock } = one
  for (const [at, [operation, input, expected = {}]] of list.entries()) {
    if (operation === 'wait') {
      clock.advance(input as number)
      continue
    }
    const what = `${at + 1}. ${operation} ${JSON.stringify(input)}`
    const act = registry.operations[operation] as (input: unknown) => Answer<unknown>
    const before = everything(registry)
    const answer = act(input)
    if (typeof expected === 'string' || Array.isArray(expected)) {
      const [exception, message] = Array.isArray(expected) ? expected : [expected, /./]
      const { ok: _, ...got } = { refusal: undefined, ...answer }
      t.match(got, { refusal: { exception, message } }, what)
      t.same(everything(registry), before, `${what}: changed nothing`)
    } else {
      t.match(answer, { ok: true, value: expected }, what)
      for (const [name, list] of Object.entries(expected)) {
        if (!Array.isArray(list)) continue
        // A match asks for no more than what is given: of a list all is meant.
        const { value = {} } = answer as { value?: { [name: string]: unknown[] | undefined } }
        t.equal(value[name]?.length, list.length, `${what}: how many ${name}`)
      }
    }
  }
  const again = await one.again()
  t.same(everything(again.registry), everything(registry), 'the same after a restart')
}

/** All that was learned, by table. */
export function everything(registry: Registry): { [table: string]: { [key: string]: unknown } } {
  return Object.fromEntries(
    Object.values(registry.desk.tables).map(table => [
      table.name,
      Object.fromEntries(table.keys().map(key => [key, whole(table.get(key), registry)])),
    ]),
  )
}

/** The bytes of a certificate stand in the record, or in the store beside it. */
function whole(record: unknown, { desk }: Registry): unknown {
  if (typeof record !== 'object' || record === null || !('publicKeySha256' in record)) return record
  const { der: _, ...rest } = record as CertificateRecord
  return { ...rest, der: desk.derOf(record as CertificateRecord).toString('base64') }
}
