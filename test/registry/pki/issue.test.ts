/** Certificates that we issue in AWS's place, as OpenSSL sees them. */

import { execFileSync, spawnSync } from 'node:child_process'
import t from 'tap'
import { createDevicesCa } from '../../../broker/registry/pki/create-device.ts'
import { issueCertificate } from '../../../broker/registry/pki/issue.ts'
import { createWorld, standingClock } from '../../../broker/world.ts'
import { encode, TAG } from '../../../broker/x509/der.ts'
import { readRequest } from '../../../broker/x509/request.ts'
import { ecKeys, PKI_NOW } from '../../helpers/pki.ts'
import { nameDer, requestPem } from '../../helpers/request.ts'

const noOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? false : 'SKIPPED: openssl is not installed'
const world = createWorld(standingClock(PKI_NOW))

t.test('it has the shape of AWS, field by field', { skip: noOpenssl }, async t => {
  const ca = await createDevicesCa(world, 'rsa')
  const made = issueCertificate(ecKeys(), ca, world)
  if (!made.ok) throw new Error(made.says)
  const { certificate, certificateId, certificatePem } = made.issued
  t.equal(certificateId, certificate.sha256)
  t.equal(certificate.serialNumber.length, 40, '20 bytes')
  const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: certificatePem })
  const lines = text
    .toString()
    .split('\n')
    .map(line => line.trim())
  const after = (head: RegExp): string => lines[lines.findIndex(line => head.test(line)) + 1] ?? ''
  t.match(text.toString(), /Version: 3 \(0x2\)/)
  t.match(text.toString(), /Signature Algorithm: sha256WithRSAEncryption\n/)
  t.match(
    text.toString(),
    /Issuer: OU ?= ?Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US\n/,
  )
  t.match(text.toString(), /Subject: CN ?= ?AWS IoT Certificate\n/)
  t.match(text.toString(), /Not Before: Dec 31 23:58:00 2025 GMT/)
  t.match(text.toString(), /Not After : Dec 31 23:59:59 2049 GMT/)
  t.equal(after(/Basic Constraints: critical/), 'CA:FALSE')
  t.equal(after(/Key Usage: critical/), 'Digital Signature')
  const extensions = lines.filter(line => /^X509v3 .*:/.test(line) && !/extensions:/.test(line))
  t.same(
    extensions.map(line => line.replace(/^X509v3 |: ?(critical)?$/g, '')),
    ['Authority Key Identifier', 'Subject Key Identifier', 'Basic Constraints', 'Key Usage'],
    'these and no others',
  )
  t.equal(certificate.authorityKeyId, ca.certificate.subjectKeyId)
})

t.test('the name of a request is in it byte by byte', async t => {
  const ca = await createDevicesCa(world, 'ec')
  // Teletex strings, and a set in an order that is not DER's: a library would write both anew.
  const oid = Buffer.from('0603550403', 'hex')
  const pair = (value: string) => encode(TAG.sequence, oid, encode(0x14, Buffer.from(value)))
  const odd = encode(TAG.sequence, encode(TAG.set, pair('zz'), pair('a')))
  for (const subject of [nameDer('dev'), nameDer('dev', 0x13), odd, encode(TAG.sequence)]) {
    const reading = readRequest(requestPem({ subject }))
    if (!reading.ok) throw new Error(reading.says)
    const made = [1, 2].map(() => issueCertificate(reading.request, ca, world))
    for (const one of made) {
      if (!one.ok) throw new Error(one.says)
      t.same(one.issued.certificate.subjectDer, subject)
    }
    const ids = made.map(one => one.ok && one.issued.certificateId)
    t.not(ids[0], ids[1], 'the same request twice gives two certificates')
  }
})

t.test('a name that is none is refused in words', async t => {
  const ca = await createDevicesCa(world, 'ec')
  const subject = encode(TAG.sequence, encode(TAG.integer, Buffer.of(1)))
  const made = issueCertificate({ ...ecKeys(), subjectDer: subject }, ca, world)
  t.match(made, { ok: false, says: /^with its name, / })
})
