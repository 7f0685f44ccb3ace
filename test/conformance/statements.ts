/**
 * The form of the tables of normative statements, and what holds them: each statement has a case that ran, or a line in
 * docs/differences-from-aws.md.
 */

import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { Version } from './peer.ts'
import { type Cases, play } from './scene.ts'

export type Statement<Name extends string = string> = {
  /** In our words. */
  says: string
  /** It binds the client. Then its cases are about a client that breaks it, or about what we do with it. */
  client?: true
  /** Names of the cases that show it. */
  tests?: Name[]
  /** The first cell of a row in docs/differences-from-aws.md: AWS does it otherwise, or what it is about is not there. */
  differs?: string
}

/** By their ids in brackets of the standard's appendix B: `MQTT-3.1.0-1`. */
export type Statements<Name extends string = string> = { [id: string]: Statement<Name> }

/** Runs the cases under titles that name their statements; then holds the table against them. */
export async function conformance(
  t: Test,
  version: Version,
  statements: Statements,
  cases: Cases,
): Promise<void> {
  const ran = await play(t, version, cases, name => {
    const ids = Object.keys(statements).filter(id => statements[id]?.tests?.includes(name))
    return `${name} [${ids.join(', ')}]`
  })
  // Whoever runs one case by its name does not want to hear of the others.
  if (ran.size < Object.keys(cases).length) return
  await t.test('each statement has a case that ran, or a line of differences', async t => {
    const rows = differences()
    for (const [id, { tests = [], differs }] of Object.entries(statements)) {
      const shown = tests.every(name => ran.has(name))
      t.ok(shown, `${id}: its cases ran: ${tests.join(', ')}`)
      t.ok(tests.length > 0 || differs !== undefined, `${id}: a case or a difference`)
      if (differs !== undefined) t.ok(rows.has(differs), `${id}: the line \`${differs}\``)
    }
  })
  await t.test('each case shows a statement', async t => {
    const named = new Set(Object.values(statements).flatMap(({ tests = [] }) => tests))
    t.same(
      Object.keys(cases).filter(name => !named.has(name)),
      [],
    )
  })
}

/** The first cells of the rows of all tables. */
function differences(): Set<string> {
  const page = readFileSync('docs/differences-from-aws.md', 'utf8')
  const rows = page.matchAll(/^\|([^|]+)\|/gm)
  return new Set([...rows].map(([, cell = '']) => cell.trim()))
}
