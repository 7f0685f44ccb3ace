/** docs/client-matrix.md is what the tables of the client matrix say; `npm run matrix` writes it when all of them hold. */

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import t from 'tap'
import { catalogue } from '../../broker/diagnosis/catalogue.ts'
import { cellsOf } from './matrix/expected.ts'
import { body, page } from './matrix/page.ts'
import { versions } from './matrix/stack.ts'
import { stacks } from './matrix/stacks.ts'

const file = 'docs/client-matrix.md'
const rows = Object.values(stacks).map(({ row }) => row)

t.test('the page says what the tables say', async t => {
  if (process.argv.includes('--write')) writeFileSync(file, page(rows, measured()))
  const text = readFileSync(file, 'utf8')
  t.match(text, /^Measured on \d{4}-\d\d-\d\d: /m)
  t.equal(text.slice(text.indexOf('## At a glance')), body(rows).join('\n'))
})

t.test(
  'every cell names a code that there is, and nothing that changes from run to run',
  async t => {
    for (const { title, ...row } of rows) {
      for (const version of versions) {
        for (const [fault, cell] of cellsOf({ title, ...row }, version) ?? []) {
          const name = `${title}, TLS ${version}, ${fault}`
          if ('code' in cell) t.ok(Object.hasOwn(catalogue, cell.code), name)
          if ('words' in cell) t.notMatch(cell.words, /\/tmp|\d{4}-\d\d-\d\d|:\d{4,5}\b|\n/, name)
        }
      }
    }
  },
)

function measured(): string {
  const today = new Date().toISOString().slice(0, 10)
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return `Measured on ${today}: ${system}, ${process.arch}, ${cpus().length} cores.`
}
