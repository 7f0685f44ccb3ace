/** The judgement of a chain: which registered CA signed the leaf, and what is told about the rest. */

import t from 'tap'
import type { Anchor } from '../../broker/x509/judge.ts'
import { judgeChain } from '../../broker/x509/judge.ts'
import type { ChainProblem } from '../../broker/x509/problem.ts'
import {
  ecKeys,
  issuerOf,
  type Minted,
  minted,
  mintedDevice,
  PKI_NOW,
  pki,
} from '../helpers/pki.ts'

const p = pki()

function anchors(...cas: Minted[]): Anchor[] {
  return cas.map(({ certificate }) => ({ id: certificate.sha256, certificate }))
}

function judge(sent: Minted[], registered: Minted[], now = PKI_NOW) {
  return judgeChain(
    sent.map(one => one.der),
    anchors(...registered),
    now,
  )
}

function evidenceOf<C extends ChainProblem['code']>(problems: ChainProblem[], code: C) {
  const found = problems.find(problem => problem.code === code)
  if (found === undefined) throw new Error(`${code} was not reported`)
  return found.evidence as Extract<ChainProblem, { code: C }>['evidence']
}

const { otherKey, noIdentifiers, rebuilt } = p.impostors
const CN = (one: Minted) => one.certificate.subject

const CASES: [
  name: string,
  sent: Minted[],
  registered: Minted[],
  anchor: Minted | undefined,
  codes: ChainProblem['code'][],
][] = [
  ['leaf alone', [p.device], [p.signer], p.signer, []],
  ['leaf and signer', [p.device, p.signer], [p.signer], p.signer, []],
  ['leaf, signer and root', [p.device, p.signer, p.root], [p.signer], p.signer, []],
  ['an RSA leaf', [p.rsaDevice], [p.signer], p.signer, []],
  ['no identifiers', [p.bare.device, p.bare.signer], [p.bare.signer], p.bare.signer, []],
  ['several CAs of one name', [p.device], [otherKey, rebuilt, p.signer], rebuilt, []],
  [
    'the root stands before the signer',
    [p.device, p.root, p.signer],
    [p.signer],
    p.signer,
    ['CHAIN_ORDER'],
  ],
  ['the signer stands before the leaf', [p.signer, p.device], [p.root], p.root, ['CHAIN_ORDER']],
  [
    'the whole chain is reversed',
    [p.root, p.signer, p.device],
    [p.signer],
    undefined,
    ['CERTIFICATE_ISSUER_UNKNOWN', 'CHAIN_ORDER'],
  ],
  [
    'the leaf is sent twice',
    [p.device, p.device, p.signer],
    [p.signer],
    p.signer,
    ['CHAIN_DUPLICATE'],
  ],
  [
    'the signer is left out, the root is sent',
    [p.device, p.root],
    [p.signer],
    p.signer,
    ['CHAIN_INCOMPLETE'],
  ],
  [
    'a stranger is sent along',
    [p.device, p.signer, p.stranger.ca],
    [p.signer],
    p.signer,
    ['CHAIN_UNRELATED'],
  ],
  ['nothing is registered', [p.device, p.signer], [], undefined, ['CERTIFICATE_ISSUER_UNKNOWN']],
  [
    'nothing is registered, signer left out',
    [p.device, p.root],
    [],
    undefined,
    ['CERTIFICATE_ISSUER_UNKNOWN', 'CHAIN_INCOMPLETE'],
  ],
  [
    'the root is registered',
    [p.device, p.signer],
    [p.root],
    undefined,
    ['CERTIFICATE_ISSUER_UNKNOWN'],
  ],
  ['self-signed', [p.selfSigned], [p.signer], undefined, ['CERTIFICATE_ISSUER_UNKNOWN']],
  ['the registered CA itself', [p.root], [p.root], undefined, ['CERTIFICATE_ISSUER_UNKNOWN']],
  [
    'impostor with another key',
    [p.device, otherKey],
    [p.signer],
    p.signer,
    ['CHAIN_SIGNER_DIFFERS'],
  ],
  [
    'impostor with another key, and the root',
    [p.device, otherKey, p.root],
    [p.signer],
    p.signer,
    ['CHAIN_SIGNER_DIFFERS'],
  ],
  [
    'impostor without identifiers',
    [p.bare.device, noIdentifiers],
    [p.bare.signer],
    p.bare.signer,
    ['CHAIN_SIGNER_DIFFERS'],
  ],
  [
    'rebuilt signer',
    [rebuilt.device, rebuilt, p.root],
    [p.signer],
    p.signer,
    ['CHAIN_SIGNER_DIFFERS'],
  ],
  [
    'signed by the impostor',
    [otherKey.device, otherKey],
    [p.signer],
    undefined,
    ['CERTIFICATE_SIGNER_MISMATCH', 'CHAIN_SIGNER_DIFFERS'],
  ],
  [
    'signed by the impostor without identifiers',
    [noIdentifiers.device, noIdentifiers],
    [p.bare.signer],
    undefined,
    ['CERTIFICATE_SIGNER_MISMATCH', 'CHAIN_SIGNER_DIFFERS'],
  ],
  [
    'signed by the impostor, which is not sent',
    [otherKey.device],
    [p.signer],
    undefined,
    ['CERTIFICATE_SIGNER_MISMATCH'],
  ],
  [
    'signed by the impostor, the right one is sent',
    [otherKey.device, p.signer],
    [p.signer],
    undefined,
    ['CERTIFICATE_SIGNER_MISMATCH'],
  ],
  ['expired', [p.expired], [p.signer], p.signer, ['CERTIFICATE_EXPIRED']],
  ['not yet valid', [p.notYetValid], [p.signer], p.signer, ['CERTIFICATE_NOT_YET_VALID']],
  ['RSA 1024', [p.rsa1024], [p.signer], p.signer, ['CERTIFICATE_KEY_UNSUPPORTED']],
  ['P-224', [p.p224], [p.signer], p.signer, ['CERTIFICATE_KEY_UNSUPPORTED']],
  ['Ed25519', [p.ed25519], [p.signer], p.signer, ['CERTIFICATE_KEY_UNSUPPORTED']],
  ['SHA-1', [p.sha1], [p.signer], p.signer, ['CERTIFICATE_SIGNATURE_UNSUPPORTED']],
]

for (const [name, sent, registered, anchor, codes] of CASES) {
  t.test(`judges: ${name}`, async t => {
    const judgement = judge(sent, registered)
    t.same(
      judgement.problems.map(problem => problem.code),
      codes,
    )
    t.equal(
      judgement.anchor?.id,
      anchor?.certificate.sha256,
      'the CA that directly signed the leaf',
    )
    t.equal(judgement.leaf?.sha256, sent[0]?.certificate.sha256, 'the leaf is the first one sent')
    t.equal(judgement.chain.length, sent.length)
    for (const problem of judgement.problems) {
      t.equal(problem.refuses, problem.code.startsWith('CERTIFICATE_'), problem.code)
    }
  })
}

t.test('links say where each certificate comes from', async t => {
  t.same(judge([p.device, p.signer, p.root], [p.signer]).links, [
    'CN=dev-1, O=Acme <- CN=Acme signer, O=Acme (registered)',
    'CN=Acme signer, O=Acme <- CN=Acme root, O=Acme (sent)',
  ])
  t.same(judge([p.device], []).links, [])
})

t.test('impostors: who signed the leaf, and whether the keys are the same', async t => {
  const cases: [Minted[], Minted, { sameKey: boolean; leafSignedBy: string }][] = [
    [[p.device, otherKey], p.signer, { sameKey: false, leafSignedBy: 'registered' }],
    [[otherKey.device, otherKey], p.signer, { sameKey: false, leafSignedBy: 'sent' }],
    [[p.bare.device, noIdentifiers], p.bare.signer, { sameKey: false, leafSignedBy: 'registered' }],
    [
      [noIdentifiers.device, noIdentifiers],
      p.bare.signer,
      { sameKey: false, leafSignedBy: 'sent' },
    ],
    [[rebuilt.device, rebuilt], p.signer, { sameKey: true, leafSignedBy: 'both' }],
  ]
  for (const [sent, signer, want] of cases) {
    const evidence = evidenceOf(judge(sent, [signer]).problems, 'CHAIN_SIGNER_DIFFERS')
    const { sameKey, leafSignedBy } = evidence
    t.same({ sameKey, leafSignedBy }, want)
    t.equal(evidence.registered.subject, evidence.sent.subject, 'their names are the same')
    t.equal(evidence.registered.sha256, signer.certificate.sha256)
    t.equal(evidence.sent.sha256, sent[1]?.certificate.sha256)
  }
  const { registered, sent } = evidenceOf(
    judge([p.device, rebuilt], [p.signer]).problems,
    'CHAIN_SIGNER_DIFFERS',
  )
  t.equal(registered.subjectKeyId, sent.subjectKeyId)
  t.not(registered.authorityKeyId, sent.authorityKeyId, 'what the secure element got wrong')
})

t.test('neither the registered nor the sent signer signed the leaf', async t => {
  const third = minted({
    subject: [
      ['O', 'Acme'],
      ['CN', 'Acme signer'],
    ],
    issuer: issuerOf(p.root),
    isCa: true,
  })
  const { problems } = judge([mintedDevice('dev-1', third), otherKey], [p.signer])
  t.equal(evidenceOf(problems, 'CHAIN_SIGNER_DIFFERS').leafSignedBy, 'neither')
  t.equal(evidenceOf(problems, 'CERTIFICATE_SIGNER_MISMATCH').signedBySent, false)
})

t.test('signer mismatch names leaf, registered and sent signer', async t => {
  const { problems } = judge([otherKey.device, otherKey], [p.signer])
  const evidence = evidenceOf(problems, 'CERTIFICATE_SIGNER_MISMATCH')
  t.equal(evidence.leaf.sha256, otherKey.device.certificate.sha256)
  t.equal(evidence.registered.sha256, p.signer.certificate.sha256)
  t.equal(evidence.sent?.sha256, otherKey.certificate.sha256)
  t.equal(evidence.signedBySent, true)
})

t.test('issuer unknown: the root was registered instead of the signer', async t => {
  const { problems, links } = judge([p.device, p.signer], [p.root])
  const evidence = evidenceOf(problems, 'CERTIFICATE_ISSUER_UNKNOWN')
  t.equal(evidence.sentPathReaches?.sha256, p.root.certificate.sha256)
  t.equal(evidence.sentSigner?.sha256, p.signer.certificate.sha256)
  t.same(evidence.registered, [{ subject: CN(p.root), sha256: p.root.certificate.sha256 }])
  t.equal(evidence.issuer, CN(p.signer))
  t.equal(evidence.authorityKeyId, p.signer.certificate.subjectKeyId)
  t.equal(links.length, 2)
})

t.test('issuer unknown: self-signed', async t => {
  const { problems } = judge([p.selfSigned], [])
  t.equal(evidenceOf(problems, 'CERTIFICATE_ISSUER_UNKNOWN').selfSigned, true)
  const unknown = evidenceOf(judge([p.device], []).problems, 'CERTIFICATE_ISSUER_UNKNOWN')
  t.equal(unknown.selfSigned, undefined)
  t.equal(unknown.sentSigner, undefined)
})

t.test('issuer unknown: the signer is registered under another spelling of its name', async t => {
  const keys = ecKeys()
  const upper = minted({ subject: [['CN', 'ACME SIGNER']], isCa: true }, keys)
  const lower = minted({ subject: [['CN', 'Acme signer']], isCa: true }, keys)
  const { problems, anchor } = judge([mintedDevice('dev-1', lower)], [upper])
  t.equal(anchor, undefined)
  const evidence = evidenceOf(problems, 'CERTIFICATE_ISSUER_UNKNOWN')
  t.equal(evidence.signedUnderOtherName?.sha256, upper.certificate.sha256)
})

t.test('issuer unknown lists ten registered CAs at most', async t => {
  const many = Array.from({ length: 12 }, (_, i) =>
    minted({ subject: [['CN', `ca ${i}`]], isCa: true }),
  )
  const { problems } = judge([p.device], many)
  t.equal(evidenceOf(problems, 'CERTIFICATE_ISSUER_UNKNOWN').registered.length, 10)
})

t.test('order: says what was sent and what it should be', async t => {
  t.same(evidenceOf(judge([p.device, p.root, p.signer], [p.signer]).problems, 'CHAIN_ORDER'), {
    sent: [CN(p.device), CN(p.root), CN(p.signer)],
    expected: [CN(p.device), CN(p.signer), CN(p.root)],
    leafFirst: true,
  })
  t.same(evidenceOf(judge([p.root, p.signer, p.device], []).problems, 'CHAIN_ORDER'), {
    sent: [CN(p.root), CN(p.signer), CN(p.device)],
    expected: [CN(p.device), CN(p.signer), CN(p.root)],
    leafFirst: false,
  })
})

t.test('incomplete and unrelated name the certificates', async t => {
  const gap = judge([p.device, p.root], [p.signer]).problems
  t.equal(evidenceOf(gap, 'CHAIN_INCOMPLETE').missing, CN(p.signer))
  const extra = judge([p.device, p.stranger.ca], [p.signer]).problems
  t.same(evidenceOf(extra, 'CHAIN_UNRELATED').subjects, [CN(p.stranger.ca)])
})

t.test('dates are judged to the second, both ends included', async t => {
  const { notBefore, notAfter } = p.expired.certificate
  const codes = (now: number) =>
    judge([p.expired], [p.signer], now)
      .problems.filter(({ refuses }) => refuses)
      .map(({ code }) => code)
  t.same(codes(notBefore - 1), ['CERTIFICATE_NOT_YET_VALID'])
  t.same(codes(notBefore), [])
  t.same(codes(notAfter), [])
  t.same(codes(notAfter + 1000), ['CERTIFICATE_EXPIRED'])
  t.same(evidenceOf(judge([p.expired], [p.signer]).problems, 'CERTIFICATE_EXPIRED'), {
    notAfter: '2025-12-31T00:00:00.000Z',
    now: '2026-01-01T00:00:00.000Z',
    subject: 'CN=dev-1, O=Acme',
  })
})

t.test('an empty chain has no leaf and no problems', async t => {
  t.same(judgeChain([], anchors(p.signer), PKI_NOW), { chain: [], links: [], problems: [] })
})

t.test('unreadable certificates are named by their position', async t => {
  const junk = Buffer.from('junk')
  const leafBad = judgeChain([junk, p.signer.der], anchors(p.signer), PKI_NOW)
  t.equal(leafBad.leaf, undefined)
  t.equal(evidenceOf(leafBad.problems, 'CERTIFICATE_UNREADABLE').position, 0)
  const signerBad = judgeChain([p.device.der, junk], anchors(p.signer), PKI_NOW)
  t.equal(signerBad.anchor?.id, p.signer.certificate.sha256)
  t.equal(evidenceOf(signerBad.problems, 'CERTIFICATE_UNREADABLE').position, 1)
})

t.test('looks at ten certificates at most', async t => {
  const judgement = judge([p.device, ...Array<Minted>(30).fill(p.signer)], [p.signer])
  t.equal(judgement.chain.length, 10)
})
