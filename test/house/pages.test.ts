/** The pages that people read, held against what the code does. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { catalogue } from '../../broker/diagnosis/catalogue.ts'
import { project } from '../cli/sandbox.ts'

const generated = 'docs/diagnoses.md'
const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs').map(name => join('docs', name)),
]
  .filter(name => name.endsWith('.md') && name !== generated)
  .map(name => ({ name, text: readFileSync(name, 'utf8') }))

const sources = readdirSync('broker', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => ({ name: join('broker', name), text: readFileSync(join('broker', name), 'utf8') }))

function page(name: string): string {
  return pages.find(one => one.name === name)?.text ?? ''
}

t.test('links between the pages lead somewhere', async t => {
  for (const { name, text } of pages) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      t.ok(existsSync(join(dirname(name), target)), `${name}: ${target}`)
    }
  }
})

t.test('files of ours that the pages name are there', async t => {
  const path = /`((?:broker|test|bench|docs|policies)\/[\w./-]+)`/g
  for (const { name, text } of pages) {
    for (const [, file = ''] of text.matchAll(path)) t.ok(existsSync(file), `${name}: ${file}`)
  }
})

t.test('codes that the pages name are in the catalogue', async t => {
  // Python writes its own errors as `[SSL: CERTIFICATE_VERIFY_FAILED]`.
  const code =
    /(?<!\[SSL: )\b(?:HELLO|HANDSHAKE|CERTIFICATE|CHAIN|CONNECT|REGISTRATION|PERMISSION|TRAFFIC|CLOSE)_[A-Z0-9_]*[A-Z0-9]\b/g
  for (const { name, text } of pages) {
    for (const [found] of text.matchAll(code))
      t.ok(Object.hasOwn(catalogue, found), `${name}: ${found}`)
  }
})

const KINDS =
  /^ (activate|attach|check|create|deactivate|delete|describe|detach|export|lint|list|register|repair|revoke|simulate|test|update|verify)\b/

t.test('commands and flags that the pages name are there', async t => {
  const box = project(t)
  for (const { name, text } of pages) {
    for (const [, verb = '', rest = ''] of text.matchAll(
      /\bcandid (start|init|device|cert|ca|thing|type|group|policy|template|store|call|explain)\b([^`\n]*)/g,
    )) {
      const kind = KINDS.exec(rest)?.[1]
      const { code, out } = await box.run(verb, ...(kind ? [kind] : []), '--help')
      t.equal(code, 0, `${name}: candid ${verb}`)
      for (const [flag] of rest.matchAll(/--[a-z-]+/g)) {
        t.ok(out.includes(flag), `${name}: candid ${verb} ${flag}`)
      }
    }
  }
})

t.test('docs/log.md names the events that there are, and no other', async t => {
  const inCode = sources
    .filter(({ name }) => /journal\/(event|dossier)\.ts$/.test(name))
    .flatMap(({ text }) =>
      [...text.matchAll(/event: '([a-z]+\.[a-z]+)'/g)].map(([, event]) => event),
    )
  const inTable = [...page('docs/log.md').matchAll(/^\| `([a-z]+\.[a-z]+)` +\|/gm)].map(
    ([, event]) => event,
  )
  t.same(inTable.sort(), [...new Set(inCode)].sort())
})

t.test('each file that says DIFFERS is named among the differences', async t => {
  const differing = sources.filter(({ text }) => /\bDIFFERS:/.test(text.replace(/_DIFFERS/g, '')))
  t.ok(differing.length > 0)
  for (const { name } of differing) {
    t.ok(page('docs/differences-from-aws.md').includes(`\`${name}\``), name)
  }
})

t.test('the examples of docs/testing.md are those that run', async t => {
  for (const file of ['example', 'example-clock']) {
    const example = readFileSync(`test/house/${file}.test.ts`, 'utf8')
    const shown = example.replace("'../../broker/main.ts'", "'candid-broker'")
    t.not(shown, example)
    t.ok(page('docs/testing.md').includes(`\`\`\`ts\n${shown}\`\`\``), file)
  }
})

t.test('nothing is left to do, and nothing is printed behind the back of the journal', async t => {
  for (const { name, text } of sources) {
    t.notMatch(text, /\b(TODO|FIXME|XXX)\b/, name)
    t.notMatch(text, /\bconsole\.\w+\(/, name)
  }
})
