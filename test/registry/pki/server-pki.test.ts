import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { canonicalAddress, serverNames } from '../../../broker/registry/pki/server-names.ts'
import {
  createServerPki,
  type EnsuredPki,
  ensureServerPki,
} from '../../../broker/registry/pki/server-pki.ts'
import { createWorld, standingClock } from '../../../broker/world.ts'
import { openssl, withoutOpenssl } from '../../cli/sandbox.ts'

const start = Date.UTC(2026, 0, 1)
const day = 24 * 3600 * 1000
const names = { names: ['localhost', 'board.local'], addresses: ['127.0.0.1', '::1'] }
const files = ['ca.key', 'ca.pem', 'ecdsa.key', 'ecdsa.pem', 'rsa.key', 'rsa.pem']

function folder(t: Test) {
  const dir = mkdtempSync(join(tmpdir(), 'candid-pki-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const path = (name: string) => join(dir, 'server', name)
  return {
    dir,
    path,
    read: (name: string) => readFileSync(path(name), 'utf8'),
    ensure: (days = 0, wanted = names) =>
      ensureServerPki(dir, wanted, createWorld(standingClock(start + days * day))),
  }
}

function good(ensured: Awaited<ReturnType<typeof ensureServerPki>>): EnsuredPki {
  if ('problem' in ensured) throw new Error(`unexpected: ${ensured.problem.says}`)
  return ensured
}

t.test('in memory: two certificates of one CA', async t => {
  const world = createWorld(standingClock(start))
  const pki = await createServerPki({ ...names, world })
  const ca = new X509Certificate(pki.ca.pem)
  t.ok(ca.ca)
  t.same(
    pki.certificates.map(({ kind, certificate }) => [kind, certificate.key]),
    [
      ['RSA', 'RSA 2048'],
      ['ECDSA', 'EC P-256'],
    ],
  )
  for (const { pem, keyPem, certificate } of pki.certificates) {
    const x509 = new X509Certificate(pem)
    t.ok(x509.verify(ca.publicKey))
    t.equal(x509.checkHost('board.local'), 'board.local')
    t.equal(x509.checkIP('::1'), '::1')
    t.match(keyPem, /PRIVATE KEY/)
    t.equal(certificate.notAfter, start + 397 * day)
  }
  const later = await createServerPki({ ...names, world, now: start + 500 * day })
  t.equal(later.certificates[0]?.certificate.notAfter, start + 897 * day)
})

t.test('on disk: made once, kept afterwards', async t => {
  const { dir, ensure, path } = folder(t)
  const first = good(await ensure())
  t.same(readdirSync(join(dir, 'server')).sort(), files)
  t.same(first.made.map(String).sort(), files.map(path))
  t.equal(first.why, undefined)
  t.equal(first.caFile, path('ca.pem'))
  for (const name of files.filter(name => name.endsWith('.key'))) {
    t.equal(statSync(path(name)).mode & 0o777, 0o600, name)
  }
  const again = good(await ensure(366))
  t.same(again.made, [])
  t.equal(again.why, undefined)
  t.same(
    again.pki.certificates.map(({ pem, keyPem }) => [pem, keyPem]),
    first.pki.certificates.map(({ pem, keyPem }) => [pem, keyPem]),
  )
})

t.test('openssl agrees', { skip: withoutOpenssl }, async t => {
  const { dir, ensure } = folder(t)
  good(await ensure())
  const cwd = join(dir, 'server')
  for (const kind of ['rsa', 'ecdsa']) {
    const checks = ['-x509_strict', '-purpose', 'sslserver', '-attime', String(start / 1000)]
    const name = ['-verify_hostname', 'localhost', '-CAfile', 'ca.pem']
    t.match(openssl(cwd, 'verify', ...checks, ...name, `${kind}.pem`), /: OK/)
    const publicKey = openssl(cwd, 'x509', '-in', `${kind}.pem`, '-noout', '-pubkey')
    t.equal(openssl(cwd, 'pkey', '-in', `${kind}.key`, '-pubout'), publicKey)
  }
  t.match(
    openssl(cwd, 'x509', '-in', 'rsa.pem', '-noout', '-text'),
    /Key Usage: critical\s+Digital Signature, Key Encipherment/,
  )
})

const renewals: [name: string, days: number, wanted: typeof names, why: RegExp][] = [
  ['less than 30 days are left', 368, names, /^it runs out on 2027-02-02$/],
  ['they ran out', 400, names, /^it ran out on 2027-02-02$/],
  ['the clock was set back', -10, names, /^it would be valid only from 2025-12-31/],
  [
    'an address changed',
    1,
    { ...names, addresses: ['127.0.0.1', '10.0.0.7'] },
    /^this machine's names changed: \+ `10\.0\.0\.7`, - `::1`$/,
  ],
  ['a name came', 1, { ...names, names: [...names.names, 'x'] }, /changed: \+ `x`$/],
]
for (const [name, days, wanted, why] of renewals) {
  t.test(`renewed under the same CA when ${name}`, async t => {
    const { ensure, read, path } = folder(t)
    good(await ensure())
    const ca = read('ca.pem')
    const renewed = good(await ensure(days, wanted))
    t.match(renewed.why, why)
    t.equal(read('ca.pem'), ca, 'devices keep trusting it')
    t.same(renewed.made, ['rsa.pem', 'rsa.key', 'ecdsa.pem', 'ecdsa.key'].map(path))
    t.same(good(await ensure(days, wanted)).made, [], 'and then they are good')
  })
}

t.test('another spelling of an address is no change', async t => {
  const { ensure } = folder(t)
  good(await ensure(0, { ...names, addresses: ['2001:db8::1'] }))
  t.same(good(await ensure(0, { ...names, addresses: ['2001:0DB8:0::1'] })).made, [])
})

const broken: [file: string, content: string | undefined, why: RegExp][] = [
  ['rsa.pem', 'rubbish', /^rsa\.pem could not be read$/],
  ['rsa.key', 'rubbish', /^rsa\.key could not be read$/],
  ['rsa.key', undefined, /^rsa\.key was missing$/],
]
for (const [file, content, why] of broken) {
  t.test(`only what is broken is made anew: ${file} ${content ?? 'gone'}`, async t => {
    const { ensure, path, read } = folder(t)
    good(await ensure())
    const ecdsa = read('ecdsa.pem')
    if (content === undefined) rmSync(path(file))
    else writeFileSync(path(file), content)
    const renewed = good(await ensure())
    t.match(renewed.why, why)
    t.same(renewed.made, [path('rsa.pem'), path('rsa.key')])
    t.equal(read('ecdsa.pem'), ecdsa)
  })
}

t.test('a CA that was removed is made anew, and then both certificates', async t => {
  const { ensure, path } = folder(t)
  good(await ensure())
  rmSync(path('ca.pem'))
  rmSync(path('ca.key'))
  const renewed = good(await ensure())
  t.equal(renewed.made.length, 6)
  t.equal(renewed.why, 'the server CA has changed')
})

t.test('the CA key is needed only to sign', async t => {
  const { ensure, path } = folder(t)
  good(await ensure())
  rmSync(path('ca.key'))
  t.same(good(await ensure()).made, [])
  const renewal = await ensure(400)
  t.match(renewal, { problem: { says: /holds ca\.pem but no ca\.key$/, hint: /put ca\.key back/ } })
})

const problems: [
  name: string,
  break_: (path: (name: string) => string) => void,
  days: number,
  says: RegExp,
][] = [
  ['a ca.pem that is none', path => writeFileSync(path('ca.pem'), 'x'), 0, /ca\.pem`: \S/],
  ['a ca.pem that is gone', path => rmSync(path('ca.pem')), 0, /holds ca\.key but no ca\.pem$/],
  ['a CA that ran out', () => {}, 3700, /ca\.pem`: the server CA ran out on 2036-01-01$/],
  [
    "another CA's key",
    path => writeFileSync(path('ca.key'), readFileSync(path('ecdsa.key'))),
    400,
    /ca\.key` is not the private key of ca\.pem/,
  ],
]
for (const [name, break_, days, says] of problems) {
  t.test(`told, and not papered over: ${name}`, async t => {
    const { ensure, path } = folder(t)
    good(await ensure())
    break_(path)
    const kept = readdirSync(path('..')).length
    t.match(await ensure(days), { problem: { says, hint: /\w/ } })
    t.equal(readdirSync(path('..')).length, kept)
  })
}

t.test('a file in the place of certs/', async t => {
  const { dir } = folder(t)
  writeFileSync(join(dir, 'certs'), '')
  const world = createWorld(standingClock(start))
  const ensured = await ensureServerPki(join(dir, 'certs'), names, world)
  t.match(ensured, { problem: { says: /certs/, hint: /\w/ } })
})

t.test('two starts at once end with one CA', async t => {
  const { ensure, read } = folder(t)
  const both = (await Promise.all([ensure(), ensure()])).map(good)
  for (const { pki } of both) t.equal(pki.ca.pem, read('ca.pem'))
})

t.test("this machine's names", async t => {
  const found = serverNames(['Broker.Example', '2001:DB8::0:1', 'broker.example', 'not a name'])
  t.equal(found.names[0], 'localhost')
  t.equal(found.names.filter(name => name === 'broker.example').length, 1)
  t.notOk(found.names.includes('not a name'))
  t.ok(found.addresses.includes('2001:db8::1'))
  for (const address of ['127.0.0.1', '::1']) {
    t.equal(found.addresses.filter(other => other === address).length, 1)
  }
  t.equal(canonicalAddress('::ffff:1.2.3.4'), canonicalAddress('::FFFF:102:304'))
})
