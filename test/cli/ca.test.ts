import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { readCertificate } from '../../broker/x509/certificate.ts'
import { mint } from '../../broker/x509/mint.ts'
import { toPem } from '../../broker/x509/pem.ts'
import { at, openssl, project, withoutOpenssl } from './sandbox.ts'

const year = 365 * 24 * 3600 * 1000

/** A CA of the user's own. */
function theirs(change: { days?: [from: number, to: number]; bits?: number; isCa?: boolean } = {}) {
  const { publicKey, privateKey } = change.bits
    ? generateKeyPairSync('rsa', { modulusLength: change.bits })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const [from, to] = change.days ?? [-1, 1]
  const der = mint({
    subject: [['CN', 'Acme signer']],
    publicKey,
    signer: privateKey,
    serial: Buffer.from([1, 2, 3]),
    notBefore: at + from * year,
    notAfter: at + to * year,
    isCa: change.isCa ?? true,
  })
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return { der, pem: toPem('CERTIFICATE', der), keyPem }
}

t.test('ca create: a P-256 signer, registered with its template', async t => {
  const box = project(t)
  const { code, out, err } = await box.run('ca', 'create', 'factory', '--template', 'jitp')
  t.equal(code, 0, err)
  const folder = 'certs/authorities/factory'
  t.same(readdirSync(join(box.dir, folder)).sort(), ['authority.yaml', 'ca.key', 'ca.pem'])
  t.equal(box.mode(`${folder}/ca.key`), 0o600)
  const ca = new X509Certificate(box.read(`${folder}/ca.pem`))
  t.ok(ca.ca)
  t.equal(ca.subject, 'CN=factory')
  t.equal(ca.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.same(parse(box.read(`${folder}/authority.yaml`)), {
    certificate: 'ca.pem',
    status: 'ACTIVE',
    autoRegistration: 'ENABLE',
    template: 'jitp',
  })
  t.match(out, /as the template `jitp` says \(JITP\)/)
  t.match(out, /the next one works/)
})

t.test('the printed openssl commands work', { skip: withoutOpenssl }, async t => {
  const box = project(t)
  const { json } = await box.run('ca', 'create', 'my-signer', '--json')
  for (const command of json().commands) openssl(box.dir, ...command.split(' ').slice(1))
  const ca = 'certs/authorities/my-signer/ca.pem'
  t.match(openssl(box.dir, 'verify', '-x509_strict', '-CAfile', ca, ca), /: OK/)
  t.match(openssl(box.dir, 'verify', '-CAfile', ca, 'device.pem'), /: OK/)
})

t.test('without a template: JITR, and its topic', async t => {
  const { json, out, code } = await project(t).run('ca', 'create', 'plain')
  t.equal(code, 0)
  t.match(out, /PENDING_ACTIVATION/)
  const id = /^caCertificateId ([0-9a-f]{64})$/m.exec(out)?.[1]
  t.match(out, `$aws/events/certificates/registered/${id}`)
  t.throws(json, 'words are no JSON')
})

t.test('--out copies certificate and key, and overwrites nothing', async t => {
  const box = project(t)
  t.equal((await box.run('ca', 'create', 'a', '--out', 'o')).code, 0)
  t.same(readdirSync(join(box.dir, 'o')).sort(), ['ca.key', 'ca.pem'])
  t.equal(box.mode('o/ca.key'), 0o600)
  const again = await box.run('ca', 'create', 'b', '--out', 'o')
  t.equal(again.code, 1)
  t.match(again.err, /`o\/ca\.pem` is there already/)
  t.notOk(existsSync(join(box.dir, 'certs/authorities/b')))
})

t.test('a name that is taken', async t => {
  const box = project(t)
  await box.run('ca', 'create', 'a')
  const before = box.read('certs/authorities/a/ca.pem')
  box.write('acme.pem', theirs().pem)
  for (const args of [
    ['create', 'a'],
    ['register', 'acme.pem', '--name', 'a'],
  ]) {
    const { code, err } = await box.run('ca', ...args)
    t.equal(code, 1)
    t.match(err, /a CA named `a` is there already/)
  }
  t.equal(box.read('certs/authorities/a/ca.pem'), before)
})

for (const [args, says] of [
  [['create', 'a/b'], /`a\/b` can't be the name of a CA/],
  [['create', '..'], /`\.\.` can't be the name of a CA/],
  [['create', 'a', '--template', 'jipt'], /no template `jipt`[\s\S]*did you mean `jitp`\?/],
  [['register', 'gone.pem'], /`gone\.pem`: there is no such file/],
  [['register', '.'], /`\.`: is a folder/],
] as [string[], RegExp][]) {
  t.test(`ca ${args.join(' ')} is refused`, async t => {
    const box = project(t)
    const { code, err } = await box.run('ca', ...args)
    t.equal(code, 3)
    t.match(err, says)
    t.notOk(existsSync(join(box.dir, 'certs')))
  })
}

t.test('ca register takes PEM and DER, and never a key', async t => {
  const box = project(t)
  const ca = theirs()
  box.write('Acme signer.pem', `${ca.keyPem}${ca.pem}`)
  const { code, json, err } = await box.run('ca', 'register', 'Acme signer.pem', '--json')
  t.equal(code, 0, err)
  const read = readCertificate(ca.der)
  t.match(json(), {
    name: 'Acme-signer',
    caCertificateId: read.ok && read.certificate.sha256,
    subject: 'CN=Acme signer',
    template: null,
  })
  t.same(readdirSync(join(box.dir, 'certs/authorities/Acme-signer')).sort(), [
    'authority.yaml',
    'ca.pem',
  ])
  t.equal(box.read('certs/authorities/Acme-signer/ca.pem'), ca.pem)

  const other = theirs()
  box.write('other.der', other.der)
  const off = ['--no-auto-registration', '--inactive']
  const second = await box.run('ca', 'register', 'other.der', '--name', 'o', ...off)
  t.equal(second.code, 0, second.err)
  t.match(second.out, /INACTIVE, auto-registration off/)
  t.equal(box.read('certs/authorities/o/ca.pem'), other.pem)
  t.match(parse(box.read('certs/authorities/o/authority.yaml')), {
    status: 'INACTIVE',
    autoRegistration: 'DISABLE',
  })
})

t.test('the same CA twice', async t => {
  const box = project(t)
  box.write('a.pem', theirs().pem)
  await box.run('ca', 'register', 'a.pem')
  const { code, err } = await box.run('ca', 'register', 'a.pem', '--name', 'b')
  t.equal(code, 1)
  t.match(err, /registered already, as `a`/)
})

const bad: [name: string, content: () => string | Buffer, says: RegExp][] = [
  ['a private key', () => theirs().keyPem, /private key[\s\S]*hint: give the CA certificate/],
  ['two certificates', () => theirs().pem + theirs().pem, /holds 2 certificates/],
  ['an expired one', () => theirs({ days: [-2, -1] }).pem, /ran out on 2025-01-01/],
  ['a short key', () => theirs({ bits: 1024 }).pem, /RSA key of 1024 bits/],
  ['rubbish', () => 'rubbish', /`x\.pem`: /],
  ['an empty file', () => '', /`x\.pem`: /],
]
for (const [name, content, says] of bad) {
  t.test(`ca register refuses ${name}`, async t => {
    const box = project(t)
    box.write('x.pem', content())
    const { code, err } = await box.run('ca', 'register', 'x.pem')
    t.equal(code, 3)
    t.match(err, says)
    t.match(err, /^hint: /m)
    t.notOk(existsSync(join(box.dir, 'certs')))
  })
}

t.test('a certificate that is no CA is registered with a warning', async t => {
  const box = project(t)
  box.write('x.pem', theirs({ isCa: false }).pem)
  const { code, err } = await box.run('ca', 'register', 'x.pem')
  t.equal(code, 0)
  t.match(err, /no CA certificate: its BasicConstraints say no CA:TRUE/)
})

t.test('the certificate of a device is refused as a CA, declared or learned', async t => {
  const box = project(t)
  await box.run('device', 'create', 'd', '--key', 'ec')
  box.write('learned.pem', theirs({ isCa: false }).pem)
  const learned = await box.run('cert', 'register', 'learned.pem', '--no-ca')
  t.equal(learned.code, 0, learned.err)
  for (const file of ['certs/devices/d/certificate.pem.crt', 'learned.pem']) {
    const { code, err } = await box.run('ca', 'register', file)
    t.equal(code, 3)
    t.match(err, /` is registered already, as the certificate of a device\nhint: give the cert/)
    t.notOk(existsSync(join(box.dir, 'certs/authorities')))
  }
})
