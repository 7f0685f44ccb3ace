/** `candid-broker/policy` is of use without a broker: it loads no socket, no TLS, no MQTT. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'

/** The folders that the engine may be made of, as `npm run build` makes them. */
function built(folder: string): string {
  const options = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    rewriteRelativeImportExtensions: true,
  }
  for (const room of ['policy', 'diagnosis']) {
    mkdirSync(join(folder, 'dist/broker', room), { recursive: true })
    for (const name of readdirSync(join('broker', room))) {
      const source = readFileSync(join('broker', room, name), 'utf8')
      const { outputText } = ts.transpileModule(source, { compilerOptions: options })
      writeFileSync(join(folder, 'dist/broker', room, name.replace(/ts$/, 'js')), outputText)
    }
  }
  writeFileSync(join(folder, 'package.json'), readFileSync('package.json'))
  return folder
}

const program = `
const before = new Set(process.moduleLoadList)
const { decide, inWords, readPolicy } = await import('candid-broker/policy')
const { policy } = readPolicy('p', JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:Publish', Resource: 'arn:aws:iot:us-east-1:123456789012:topic/a' }],
}))
const resource = 'arn:aws:iot:us-east-1:123456789012:topic/a'
const decision = decide([policy], { action: 'iot:Publish', resource, context: {} })
const loaded = process.moduleLoadList.filter(name => !before.has(name))
console.log(JSON.stringify({ outcome: decision.outcome, says: inWords(decision), loaded }))
`

t.test('imported by its package path, in a process of its own', async t => {
  // A package can import itself by its name; nothing else is there to be imported.
  const folder = built(t.testdir())
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  })
  const { loaded, outcome, says } = JSON.parse(out)
  t.equal(outcome, 'ALLOWED')
  t.equal(says, '`iot:Publish` on `topic/a` is allowed by statement 1 of policy `p`')
  t.same(
    (loaded as string[]).filter(name =>
      /NativeModule (tls|_tls.*|https?|http2|fs\/promises)$/.test(name),
    ),
    [],
  )
})
