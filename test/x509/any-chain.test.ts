/** Whatever is sent, and in whatever order: the judge answers, in bounded work, and claims no signature that isn't there. */

import fc from 'fast-check'
import t from 'tap'
import type { Anchor } from '../../broker/x509/judge.ts'
import { judgeChain } from '../../broker/x509/judge.ts'
import { LIMITS } from '../../broker/x509/limits.ts'
import { signedBy } from '../../broker/x509/path.ts'
import { PKI_NOW, pki } from '../helpers/pki.ts'

const p = pki()
const { bare, impostors, stranger } = p
const pool = [
  ...[p.device, p.device2, p.rsaDevice, p.signer, p.root, p.selfSigned, p.expired, p.sha1],
  ...[bare.device, bare.signer, bare.root, stranger.ca, stranger.device],
  ...[impostors.otherKey, impostors.otherKey.device, impostors.noIdentifiers, impostors.rebuilt],
]
const cas = [p.signer, p.root, bare.signer, stranger.ca, impostors.otherKey, impostors.rebuilt]
const anyAnchors = fc
  .subarray(cas)
  .map(list => list.map(({ certificate }): Anchor => ({ id: certificate.sha256, certificate })))
const anyGood = fc.constantFrom(...pool).map(({ der }) => der)

/** One fault of a kind that cables, flash memory and hands make. */
type Fault = { kind: 'flip' | 'cut' | 'length' | 'twice' | 'grow'; at: number; to: number }
const anyFault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom<Fault['kind']>('flip', 'cut', 'length', 'twice', 'grow'),
  at: fc.nat(2000),
  to: fc.nat(255),
})

function spoiled(der: Buffer, { kind, at, to }: Fault): Buffer {
  const place = at % der.length
  const copy = Buffer.from(der)
  switch (kind) {
    case 'flip':
      copy[place] = copy.readUInt8(place) ^ (1 << (to % 8))
      return copy
    case 'cut':
      return copy.subarray(0, place)
    case 'length':
      // The byte behind any tag is a length.
      copy[Math.min(place + 1, copy.length - 1)] = to
      return copy
    case 'twice': {
      const part = copy.subarray(place, place + to)
      return Buffer.concat([copy.subarray(0, place), part, copy.subarray(place)])
    }
    case 'grow':
      return Buffer.concat([copy, Buffer.alloc(to, to)])
  }
}

const anySpoiled = fc.tuple(anyGood, anyFault).map(([der, fault]) => spoiled(der, fault))
const anyBytes = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))
const anyDer = fc.oneof(
  { weight: 6, arbitrary: anyGood },
  { weight: 3, arbitrary: anySpoiled },
  { weight: 1, arbitrary: anyBytes },
)

/** Judges, and counts the signatures that were checked. */
function judged(ders: Buffer[], anchors: Anchor[]) {
  let checks = 0
  const judgement = judgeChain(ders, anchors, PKI_NOW, undefined, (child, issuer) => {
    checks++
    return signedBy(child, issuer)
  })
  return { ...judgement, checks }
}

t.test('any chain is judged', async t => {
  const codes = new Set<string>()
  const property = fc.property(fc.array(anyDer, { maxLength: 14 }), anyAnchors, (ders, anchors) => {
    const { leaf, anchor, chain, links, problems, checks } = judged(ders, anchors)
    for (const { code } of problems) codes.add(code)
    if (checks > LIMITS.signatures) throw new Error(`${checks} signatures were checked`)
    if (chain.length > LIMITS.looked || links.length > LIMITS.looked) throw new Error('too many')
    if (leaf && anchor && !signedBy(leaf, anchor.certificate)) throw new Error('nobody signed it')
    if (leaf && !anchor) {
      const missed = anchors.find(
        ({ certificate }) =>
          certificate.subjectDer.equals(leaf.issuerDer) &&
          !certificate.der.equals(leaf.der) &&
          signedBy(leaf, certificate),
      )
      if (missed) throw new Error(`missed ${missed.certificate.subject}`)
      if (!problems.some(({ refuses }) => refuses)) throw new Error('taken without a CA')
    }
    const firstNote = problems.findIndex(({ refuses }) => !refuses)
    if (firstNote !== -1 && problems.slice(firstNote).some(({ refuses }) => refuses)) {
      throw new Error('a refusal stands behind a note')
    }
    if (/undefined|NaN/.test(JSON.stringify(problems))) throw new Error(JSON.stringify(problems))
  })
  fc.assert(property, { numRuns: 600 })
  // The generator reaches what it is made for.
  for (const code of ['CERTIFICATE_UNREADABLE', 'CHAIN_ORDER', 'CHAIN_SIGNER_DIFFERS']) {
    t.ok(codes.has(code), code)
  }
})

t.test(
  'what stands behind the first certificate, and how, does not change who signed it',
  async t => {
    const chains = fc
      .tuple(anyGood, fc.array(anyGood, { maxLength: 6 }), anyAnchors)
      .chain(([leaf, rest, anchors]) =>
        fc.record({
          leaf: fc.constant(leaf),
          rest: fc.constant(rest),
          mixed: fc.shuffledSubarray(rest, { minLength: rest.length }),
          anchors: fc.constant(anchors),
        }),
      )
    fc.assert(
      fc.property(chains, ({ leaf, rest, mixed, anchors }) => {
        const outcome = (ders: Buffer[]) => {
          const { anchor, problems } = judged(ders, anchors)
          const refused = problems.filter(({ refuses }) => refuses).map(({ code }) => code)
          return JSON.stringify([anchor?.certificate.publicKeySha256, refused])
        }
        if (outcome([leaf, ...rest]) !== outcome([leaf, ...mixed])) {
          throw new Error(`${outcome([leaf, ...rest])} and ${outcome([leaf, ...mixed])}`)
        }
      }),
      { numRuns: 200 },
    )
    t.pass('200 chains')
  },
)
