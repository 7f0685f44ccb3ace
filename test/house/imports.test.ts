/** The table of docs/architecture.md: who may import whom. It is held against what the code really imports. */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import t from 'tap'
import ts from 'typescript'

/** Of ours: what lies below. Then packages and Node's modules: what that folder needs, and no more. */
const table: [who: string, ours: string, others: string][] = [
  [
    'cli',
    'config connection control diagnosis journal open.ts policy provisioning registry store template world.ts x509',
    'node:fs node:fs/promises node:os node:path node:readline/promises node:url node:util',
  ],
  [
    'main.ts',
    'config journal manual-clock.ts open.ts policy provisioning registry store world.ts x509',
    'node:net node:path',
  ],
  [
    'open.ts',
    'config connection diagnosis journal mqtt provisioning registry service world.ts x509',
    '',
  ],
  [
    'control',
    'config diagnosis journal provisioning registry store world.ts',
    'node:crypto node:fs node:fs/promises node:http node:net node:os node:path',
  ],
  [
    'connection',
    'config diagnosis journal mqtt policy provisioning registry service tls world.ts x509',
    'node:crypto node:events node:net node:stream node:tls',
  ],
  [
    'mqtt',
    'config diagnosis journal policy registry store tls world.ts x509',
    'aedes aedes-persistence node:buffer node:stream',
  ],
  [
    'provisioning',
    'config diagnosis journal policy registry service template world.ts x509',
    'cborg node:child_process node:crypto node:path node:url',
  ],
  [
    'registry',
    'config diagnosis policy store template world.ts x509',
    'node:crypto node:fs node:fs/promises node:net node:os node:path node:util',
  ],
  ['journal', 'config diagnosis policy world.ts x509', 'pino'],
  ['template', 'diagnosis policy', ''],
  ['policy', 'diagnosis', 'node:net'],
  ['tls', 'diagnosis', 'node:crypto'],
  ['x509', 'diagnosis', '@peculiar/asn1-rsa @peculiar/asn1-schema @peculiar/asn1-x509 node:crypto'],
  ['service', 'diagnosis', ''],
  ['store', '', 'classic-level node:fs/promises node:path node:zlib'],
  ['diagnosis', '', ''],
  ['config', '', 'node:net node:util yaml'],
  ['manual-clock.ts', 'world.ts', ''],
  ['world.ts', '', 'node:crypto'],
]

const pure = ['policy', 'template', 'tls', 'x509', 'diagnosis']

const files = readdirSync('broker', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => join('broker', name))

/** The folder of a file, or the file itself where it lies directly in broker/. */
function roomOf(file: string): string {
  return relative('broker', file).split(sep)[0] ?? ''
}

function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)
}

t.test('every folder has its row, and every row its folder', async t => {
  t.same([...new Set(files.map(roomOf))].sort(), table.map(([who]) => who).sort())
})

for (const [who, ours, others] of table) {
  t.test(`broker/${who} imports only what lies below it`, async t => {
    const allowed = new Set([who, ...ours.split(' '), ...others.split(' ')])
    const broken = files
      .filter(file => roomOf(file) === who)
      .flatMap(file =>
        importsOf(file)
          .map(name => (name.startsWith('.') ? roomOf(join(dirname(file), name)) : name))
          .filter(name => !allowed.has(name))
          .map(name => `${file} imports ${name}`),
      )
    t.same(broken, [])
  })
}

t.test('the table itself has no circle', async t => {
  const above = new Set<string>()
  for (const [who, ours] of table) {
    above.add(who)
    for (const below of ours.split(' ')) t.notOk(above.has(below), `${who} > ${below}`)
  }
})

t.test('pure folders touch no clock, no randomness and no process', async t => {
  const world =
    /\b(Date\.now|new Date\(\)|Math\.random|performance|random(Bytes|Int|UUID)|process\.|set(Timeout|Interval|Immediate)\()/
  for (const file of files.filter(name => pure.includes(roomOf(name)))) {
    const code = withoutComments(readFileSync(file, 'utf8'))
    t.notMatch(code, world, file)
    const net = /import \{([^}]*)\} from 'node:net'/.exec(code)?.[1]?.split(',') ?? []
    const sockets = net
      .map(name => name.trim())
      .filter(name => !['BlockList', 'isIP'].includes(name))
    t.same(sockets, [], `${file}: of node:net only what opens nothing`)
  }
})

/** What goes by the real time, and why. All else goes by `world.clock`, so that a test can move it. */
const real: Record<string, string> = {
  'broker/world.ts': 'it is the clock',
  'broker/manual-clock.ts': 'a stopped broker waits for its peers in real time',
  'broker/main.ts': 'clients judge the server certificate by the real time',
  'broker/cli/server-certificates.ts': 'clients judge the server certificate by the real time',
  'broker/control/reach.ts': 'waits for another process, and keeps this one alive',
  'broker/store/level.ts': 'waits for another process, and keeps this one alive',
}

t.test('time, timers and randomness come from world.ts', async t => {
  const world =
    /\b(Date\.now|new Date\(\)|Math\.random|performance\.(now|timeOrigin)|hrtime|random(Bytes|Int|UUID)\()|(?<![.`\w])set(Timeout|Interval)\b|'(node:)?timers/
  const found = files.filter(file => world.test(withoutComments(readFileSync(file, 'utf8'))))
  t.same(found.map(file => file.replaceAll(sep, '/')).sort(), Object.keys(real).sort())
})

/** Good enough for our own code: no string of it holds `//` before one of the forbidden names. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
