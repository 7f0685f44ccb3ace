/** Server certificates of the user's own: what can't be served says which file and what to do. */

import { join } from 'node:path'
import t from 'tap'
import type { OwnCertificate } from '../../../broker/config/shape.ts'
import {
  type OwnContents,
  readOwn,
  readOwnCertificates,
  readOwnFiles,
} from '../../../broker/registry/pki/server-own.ts'
import { toPem } from '../../../broker/x509/pem.ts'
import { ecKeys, issuerOf, minted, pki, rsaKeys } from '../../helpers/pki.ts'

const root = minted({ subject: [['CN', 'Root']], isCa: true })
const between = minted({ subject: [['CN', 'Between']], isCa: true, issuer: issuerOf(root) })
const leaf = minted({ subject: [['CN', 'leaf']], issuer: issuerOf(between), dnsNames: ['a'] })
const other = minted({ subject: [['CN', 'other']], isCa: true })

const item: OwnCertificate = { certificate: 'my.pem', key: 'my.key', ca: 'ca.pem', line: 7 }

const bytes = (...texts: string[]): Buffer => Buffer.from(texts.join(''))

const encrypted = leaf.privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-128-cbc',
  passphrase: 'secret',
})
const derKey = leaf.privateKey.export({ type: 'pkcs8', format: 'der' })
const good: OwnContents = { certificate: bytes(leaf.pem, between.pem), key: bytes(leaf.keyPem) }

const problems: [name: string, contents: OwnContents, says: RegExp, hint: RegExp][] = [
  ['empty', { ...good, certificate: bytes() }, /^`my\.pem`: the file is empty$/, /PEM file/],
  ['no PEM', { ...good, certificate: bytes('hello') }, /neither PEM nor DER/, /PEM file/],
  ['DER', { ...good, certificate: leaf.der }, /is DER/, /openssl x509 -inform DER -in my\.pem/],
  ['the key in the wrong place', { ...good, certificate: good.key }, /private key/, /PEM file/],
  [
    'damaged',
    { ...good, certificate: bytes(leaf.pem.slice(0, 200)) },
    /`my\.pem`: .*cut off/,
    /PEM file/,
  ],
  [
    'a second certificate that is damaged',
    { ...good, certificate: bytes(leaf.pem, between.pem.slice(0, 200)) },
    /`my\.pem`: .*cut off/,
    /mend/,
  ],
  ['no key', { ...good, key: bytes('x') }, /^`my\.key` holds no private key/, /BEGIN PRIVATE KEY/],
  ['a certificate as key', { ...good, key: bytes(leaf.pem) }, /a certificate and no/, /BEGIN PRI/],
  ['a DER key', { ...good, key: derKey }, /`my\.key` is DER/, /openssl pkey -inform DER/],
  ['encrypted', { ...good, key: bytes(`${encrypted}`) }, /encrypted/, /openssl pkey -in my\.key/],
  [
    'encrypted in the old form',
    { ...good, key: bytes('-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n') },
    /encrypted/,
    /openssl pkey/,
  ],
  [
    'another key',
    { ...good, key: bytes(other.keyPem) },
    /^`my\.key` is not the key of the first certificate in `my\.pem`$/,
    /openssl x509 -in my\.pem -noout -pubkey/,
  ],
  [
    'the certificate behind its issuer',
    { ...good, certificate: bytes(between.pem, leaf.pem) },
    /the certificate of the key comes as number 2/,
    /put it first/,
  ],
  [
    'the chain out of order',
    { ...good, certificate: bytes(leaf.pem, root.pem, between.pem) },
    /the chain is out of order/,
    /^put `CN=leaf`, then `CN=Between`, then `CN=Root`$/,
  ],
  [
    'a certificate that does not belong to it',
    { ...good, certificate: bytes(leaf.pem, between.pem, other.pem) },
    /`CN=other` signed none/,
    /take it out/,
  ],
  [
    'a kind of key that is not served',
    { certificate: bytes(pki().ed25519.pem), key: bytes(pki().ed25519.keyPem) },
    /Ed25519 can't be served/,
    /P-256/,
  ],
  ['a CA that is none', { ...good, ca: bytes('x') }, /^`ca\.pem`: /, /PEM file/],
]

t.test('what can not be served', async t => {
  for (const [name, contents, says, hint] of problems) {
    const read = readOwn(item, contents)
    t.ok('problem' in read, name)
    if (!('problem' in read)) continue
    t.match(read.problem.says, says, name)
    t.match(read.problem.hint, hint, name)
  }
})

t.test('what can: the chain as it is in the file, all forms of a key', async t => {
  for (const keyPem of [leaf.keyPem, leaf.legacyKeyPem ?? '']) {
    const read = readOwn(item, { ...good, key: bytes(keyPem), ca: bytes(root.pem) })
    t.match(read, { served: { kind: 'ECDSA', own: { item } } })
    if (!('served' in read)) continue
    t.equal(read.served.pem, leaf.pem + between.pem)
    t.equal(read.served.own.ca?.sha256, root.certificate.sha256)
  }
  const text = `Bag Attributes\r\n${toPem('CERTIFICATE', leaf.der).replaceAll('\n', '\r\n')}`
  t.match(readOwn(item, { ...good, certificate: bytes(text) }), { served: { kind: 'ECDSA' } })
})

t.test('files: every one that is missing is named, with the line of the config', async t => {
  const dir = t.testdir({ 'my.pem': leaf.pem + between.pem, 'my.key': leaf.keyPem })
  const [, second, third] = [
    item,
    { certificate: 'no.pem', key: 'my.key', line: 9 },
    { certificate: 'my.pem', key: 'my.key' },
  ]
  const read = await readOwnCertificates([['rsa', item], [second], [second]], one =>
    readOwnFiles(one, dir),
  )
  t.strictSame('problems' in read && read.problems.map(({ says, line }) => [says, line]), [
    ['`ca.pem`: there is no such file', 7],
    ['`no.pem`: there is no such file', 9],
  ])
  const good = await readOwnCertificates([['rsa', third], [third]], one => readOwnFiles(one, dir))
  t.match(good, { own: [{ kind: 'ECDSA' }] })
  t.equal('own' in good && good.own.length, 1)
  t.match(await readOwnFiles({ certificate: '.', key: join(dir, 'my.key') }, dir), {
    problem: { says: /is a folder/ },
  })
})

t.test('one certificate for each kind of key', async t => {
  const rsa = minted({ subject: [['CN', 'rsa']], dnsNames: ['a'] }, rsaKeys())
  const p384 = minted({ subject: [['CN', 'p384']], dnsNames: ['a'] }, ecKeys('P-384'))
  const pem = ({ pem: certificate, keyPem: key }: typeof rsa): OwnCertificate => ({
    certificate,
    key,
  })
  const read = (...items: ('rsa' | 'ecdsa' | OwnCertificate)[]) =>
    readOwnCertificates([['rsa'], items], one =>
      readOwn(one, { certificate: bytes(one.certificate), key: bytes(one.key) }),
    )
  t.match(await read('rsa', pem(p384)), { own: [{ kind: 'ECDSA' }] })
  t.match(await read(pem(rsa), pem(p384)), { own: [{ kind: 'RSA' }, { kind: 'ECDSA' }] })
  t.match(await read('rsa', pem(rsa)), {
    problems: [{ says: 'listener 2 has two RSA certificates in `serverCertificates`' }],
  })
  t.match(await read(pem(leaf), pem(p384)), { problems: [{ says: /two ECDSA/ }] })
})
