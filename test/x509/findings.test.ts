/** What AWS IoT takes and others don't, in the device's certificate and in the CAs above it: told, never refused. */

import { generateKeyPairSync } from 'node:crypto'
import { type TBSCertificate, Time, Version } from '@peculiar/asn1-x509'
import t from 'tap'
import { judgeChain } from '../../broker/x509/judge.ts'
import type { MintRequest } from '../../broker/x509/mint.ts'
import type { ChainProblem } from '../../broker/x509/problem.ts'
import { extensionOf, forged, forgedDer } from '../helpers/forge.ts'
import {
  issuerOf,
  type Minted,
  minted,
  mintedDevice,
  PKI_NOW,
  pki,
  pssKeys,
} from '../helpers/pki.ts'

const p = pki()
const DAY = 86_400_000

function judge(sent: Minted[], registered: Minted[]): ChainProblem[] {
  const ders = sent.map(({ der }) => der)
  const anchors = registered.map(({ certificate }) => ({ id: certificate.sha256, certificate }))
  return judgeChain(ders, anchors, PKI_NOW).problems
}

/** A device of the registered signer, so that its certificate is all there is to tell of. */
function device(request: Partial<MintRequest>, keys?: Parameters<typeof minted>[1]): Minted {
  return minted({ subject: [['CN', 'dev']], issuer: issuerOf(p.signer), ...request }, keys)
}

function changed(change: (tbs: TBSCertificate) => void): Minted {
  return forged(device({}), p.signer.privateKey, change)
}

const odd = (what: string, value?: string) => ({
  code: 'CERTIFICATE_UNUSUAL',
  evidence: { oddities: [value === undefined ? { what } : { what, value }] },
})
const serial = (hex: string) => (tbs: TBSCertificate) => {
  tbs.serialNumber = new Uint8Array(Buffer.from(hex, 'hex')).buffer
}

const ofTheLeaf: [name: string, leaf: () => Minted, finding: object | undefined][] = [
  ['nothing', () => device({}), undefined],
  ['the year 2999', () => device({ notAfter: Date.UTC(2999, 0, 1) }), undefined],
  ['the year 9999', () => device({ notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) }), undefined],
  ['P-384', () => device({}, generateKeyPairSync('ec', { namedCurve: 'P-384' })), undefined],
  [
    'client and server',
    () => device({ extendedKeyUsage: ['serverAuth', 'clientAuth'] }),
    undefined,
  ],
  ['no key usage at all', () => device({ keyUsage: [] }), undefined],
  [
    'for servers only',
    () => device({ extendedKeyUsage: ['serverAuth'] }),
    { code: 'CERTIFICATE_PURPOSE', evidence: { lacks: ['clientAuth'] } },
  ],
  [
    'for encryption only',
    () => device({ keyUsage: ['keyEncipherment'] }),
    { code: 'CERTIFICATE_PURPOSE', evidence: { lacks: ['digitalSignature'] } },
  ],
  [
    'an RSA-PSS key',
    () => device({}, pssKeys()),
    { code: 'CERTIFICATE_KEY_NEEDS_TLS13', evidence: { key: 'RSA-PSS 2048' } },
  ],
  ['a negative serial number', () => changed(serial('ff01')), odd('negative serial')],
  ['serial number 0', () => changed(serial('00')), odd('zero serial')],
  ['a serial number of 20 bytes', () => changed(serial(`7f${'01'.repeat(19)}`)), undefined],
  ['one of 21', () => changed(serial(`7f${'01'.repeat(20)}`)), odd('long serial', '21')],
  [
    'an unknown critical extension',
    () => changed(tbs => tbs.extensions?.push(extensionOf('1.2.3.4', true))),
    odd('critical extension', '1.2.3.4'),
  ],
  [
    'an unknown extension',
    () => changed(tbs => tbs.extensions?.push(extensionOf('1.2.3.4'))),
    undefined,
  ],
  [
    'an extension twice',
    () => changed(tbs => tbs.extensions?.push(extensionOf('2.5.29.15'))),
    odd('extension twice', 'keyUsage'),
  ],
  [
    'an empty list of extensions',
    () => changed(tbs => tbs.extensions?.splice(0)),
    odd('no extension'),
  ],
]

for (const [name, leaf, finding] of ofTheLeaf) {
  t.test(`the device's certificate: ${name}`, async t => {
    const problems = judge([leaf()], [p.signer])
    t.match(problems, finding === undefined ? [] : [finding])
    t.equal(problems.length, finding === undefined ? 0 : 1)
    t.notOk(problems.some(({ refuses }) => refuses))
  })
}

t.test('version 1', async t => {
  const old = changed(tbs => {
    tbs.version = Version.v1
    delete tbs.extensions
  })
  t.equal(old.certificate.version, 1)
  t.match(judge([old], [p.signer]), [odd('version', '1')])
})

t.test('the algorithm that is signed is not the one that is named', async t => {
  const der = forgedDer(p.device.der, p.signer.privateKey, tbs => {
    tbs.signature.algorithm = '1.2.840.10045.4.3.3'
  })
  const [problem] = judgeChain([der], [], PKI_NOW).problems.filter(({ refuses }) => !refuses)
  t.match(problem, odd('two algorithms'))
})

t.test('dates in the form for other years', async t => {
  const der = forgedDer(p.device.der, p.signer.privateKey, tbs => {
    const late = new Time()
    late.generalTime = new Date(PKI_NOW + DAY)
    tbs.validity.notAfter = late
  })
  t.match(judgeChain([der], [], PKI_NOW).problems.at(-1), odd('date form'))
})

t.test('a certificate that ends before it begins', async t => {
  const never = device({ notBefore: PKI_NOW + DAY, notAfter: PKI_NOW - DAY })
  t.match(judge([never], [p.signer]), [
    { code: 'CERTIFICATE_EXPIRED', evidence: { never: '2026-01-02T00:00:00.000Z' } },
    { code: 'CERTIFICATE_NOT_YET_VALID', evidence: { never: '2025-12-31T00:00:00.000Z' } },
  ])
})

/** A signer of this kind, registered, and a device below it. */
function under(kind: Partial<MintRequest>): [Minted[], Minted[]] {
  const ca = minted({ subject: [['CN', 'ca']], issuer: issuerOf(p.root), isCa: true, ...kind })
  return [[mintedDevice('dev', ca)], [ca]]
}

const ofTheLinks: [name: string, kind: Partial<MintRequest>, finding: object | undefined][] = [
  ['a right one', {}, undefined],
  ['without a key usage', { keyUsage: [] }, undefined],
  ['path length 0', { pathLength: 0 }, undefined],
  ['run out', { notAfter: PKI_NOW - DAY }, { code: 'CHAIN_EXPIRED' }],
  ['not valid yet', { notBefore: PKI_NOW + DAY }, { code: 'CHAIN_NOT_YET_VALID' }],
  ['no CA', { isCa: false }, { code: 'CHAIN_ISSUER_NOT_CA', evidence: { lacks: 'CA:TRUE' } }],
  [
    'no right to sign',
    { keyUsage: ['digitalSignature'] },
    { code: 'CHAIN_ISSUER_NOT_CA', evidence: { lacks: 'keyCertSign' } },
  ],
  ['SHA-1', { hash: 'sha1' }, { code: 'CHAIN_WEAK', evidence: { weak: ['signature'] } }],
]

for (const [name, kind, finding] of ofTheLinks) {
  t.test(`the registered signer: ${name}`, async t => {
    const problems = judge(...under(kind))
    t.match(problems, finding === undefined ? [] : [finding])
    t.equal(problems.length, finding === undefined ? 0 : 1)
    t.notOk(problems.some(({ refuses }) => refuses))
    for (const { evidence } of problems) t.match(evidence, { registered: true, subject: 'CN=ca' })
  })
}

t.test('a weak key of a CA', async t => {
  const keys = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const ca = minted({ subject: [['CN', 'ca']], isCa: true }, keys)
  t.match(judge([mintedDevice('dev', ca)], [ca]), [
    { code: 'CHAIN_WEAK', evidence: { key: 'RSA 1024', weak: ['key'] } },
  ])
})

t.test('path length counts the CAs between', async t => {
  const one = minted({ subject: [['CN', 'one']], isCa: true, pathLength: 1 })
  const two = minted({ subject: [['CN', 'two']], isCa: true, issuer: issuerOf(one) })
  const three = minted({ subject: [['CN', 'three']], isCa: true, issuer: issuerOf(two) })
  t.same(judge([mintedDevice('dev', two), two, one], [two]), [])
  t.match(judge([mintedDevice('dev', three), three, two, one], [three]), [
    {
      code: 'CHAIN_PATH_LENGTH',
      evidence: { subject: 'CN=one', registered: false, allowed: 1, below: 2 },
    },
  ])
})

t.test('the nearest registered CA is named, and why', async t => {
  const nearestTo = (leaf: Minted, registered: Minted[]) => {
    const [unknown] = judge([leaf], registered)
    return unknown?.code === 'CERTIFICATE_ISSUER_UNKNOWN' ? unknown.evidence.nearest : undefined
  }
  const cousin = minted({
    subject: [
      ['O', 'Acme'],
      ['CN', 'Acme signer 2'],
    ],
    isCa: true,
  })
  t.match(nearestTo(p.device, [p.stranger.ca, cousin]), {
    subject: cousin.certificate.subject,
    by: 'name',
  })
  t.equal(nearestTo(p.device, [p.stranger.ca]), undefined)
  const keyId = Buffer.from(p.signer.certificate.subjectKeyId ?? '', 'hex')
  const sameId = minted({ subject: [['CN', 'x']], isCa: true, subjectKeyId: keyId })
  t.match(nearestTo(p.device, [cousin, sameId]), { subject: 'CN=x', by: 'key identifier' })
})

t.test('a device that sends no signer is told so', async t => {
  t.match(judge([p.device], []), [{ evidence: { sentAlone: true } }])
  t.notOk('sentAlone' in (judge([p.device, p.signer], [])[0]?.evidence ?? {}))
})

t.test('a key that OpenSSL does not know is unsupported, not unreadable', async t => {
  const keyed = (algorithm: string, parameters?: Buffer) =>
    forgedDer(p.device.der, p.signer.privateKey, tbs => {
      const { algorithm: named } = tbs.subjectPublicKeyInfo
      named.algorithm = algorithm
      delete named.parameters
      if (parameters) named.parameters = new Uint8Array(parameters).buffer
    })
  const cases: [Buffer, object][] = [
    [
      keyed('2.16.840.1.101.3.4.3.17'),
      { code: 'CERTIFICATE_KEY_UNSUPPORTED', evidence: { key: 'ML-DSA-44' } },
    ],
    [
      keyed('1.2.3.4'),
      { code: 'CERTIFICATE_KEY_UNSUPPORTED', evidence: { key: 'of the algorithm 1.2.3.4' } },
    ],
    [
      keyed('1.2.840.10045.2.1', Buffer.from('06032a0304', 'hex')),
      { code: 'CERTIFICATE_KEY_UNSUPPORTED', evidence: { key: 'EC with the curve 1.2.3.4' } },
    ],
    [
      keyed('1.2.840.113549.1.1.1'),
      { code: 'CERTIFICATE_UNREADABLE', evidence: { says: 'its public key is damaged' } },
    ],
  ]
  for (const [der, want] of cases) t.match(judgeChain([der], [], PKI_NOW).problems, [want])
})

t.test('curves and kinds of key that AWS does not take', async t => {
  const kinds: [string, Parameters<typeof minted>[1]][] = [
    ...['secp224r1', 'secp256k1', 'brainpoolP256r1', 'brainpoolP384r1'].map(
      (namedCurve): [string, Parameters<typeof minted>[1]] => [
        namedCurve === 'secp224r1' ? 'EC P-224' : `EC ${namedCurve}`,
        generateKeyPairSync('ec', { namedCurve }),
      ],
    ),
    ['Ed25519', generateKeyPairSync('ed25519')],
    ['Ed448', generateKeyPairSync('ed448')],
    ['X25519', generateKeyPairSync('x25519')],
    ['DSA 1024', generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })],
  ]
  for (const [key, keys] of kinds) {
    t.match(
      judge([device({}, keys)], [p.signer]),
      [{ code: 'CERTIFICATE_KEY_UNSUPPORTED', refuses: true, evidence: { key } }],
      key,
    )
  }
})
