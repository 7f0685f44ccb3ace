/** What is worth telling about the certificates that were sent beside the device's own. None of it refuses by itself. */

import type { Certificate } from './certificate.ts'
import { climb, descendants, type SignedBy, type Step, same, sentSigner } from './climb.ts'
import { type ChainProblem, summaryOf } from './problem.ts'

/** What is worth telling about the certificates that were sent along. */
export function chainProblems(
  leaf: Certificate,
  chain: Certificate[],
  registered: Certificate | undefined,
  steps: Step[],
  signed: SignedBy,
): ChainProblem[] {
  const problems: ChainProblem[] = []
  const sent = sentSigner(leaf, chain, signed)
  const differs = registered && sent && !same(registered, sent) ? sent : undefined
  if (registered && differs) {
    const evidence = {
      registered: summaryOf(registered),
      sent: summaryOf(differs),
      sameKey: registered.publicKeySha256 === differs.publicKeySha256,
      leafSignedBy: whoSigned(signed(leaf, registered), signed(leaf, differs)),
    }
    problems.push({ code: 'CHAIN_SIGNER_DIFFERS', refuses: false, evidence })
  }

  const expected = [leaf, ...steps.filter(step => step.sent).map(step => step.issuer)]
  const inPath = chain.filter(
    (one, at) =>
      expected.some(other => same(one, other)) &&
      !chain.slice(0, at).some(other => same(one, other)),
  )
  const ordered = expected.every((one, i) => inPath[i] && same(inPath[i], one))
  const below = descendants(leaf, chain, signed)
  if (!ordered || below.length > 0) {
    const evidence = {
      sent: chain.map(one => one.subject),
      expected: [...below.toReversed(), ...expected].map(one => one.subject),
      leafFirst: below.length === 0,
    }
    problems.push({ code: 'CHAIN_ORDER', refuses: false, evidence })
  }

  const gap = steps.findIndex(step => !step.sent)
  // A signer that differs is told of already, and what stands above it came along with it.
  const told =
    registered && sent
      ? [sent, ...climb(sent, chain, [], undefined, signed).map(step => step.issuer)]
      : []
  const placed = [...expected, ...below, ...told]
  const rest = chain.filter(one => !placed.some(other => same(one, other)))
  const skipped = gap !== -1 && steps.slice(gap).some(step => step.sent)
  const noIssuer = steps.length === 0 && !leaf.selfIssued && !sent && rest.length > 0
  if ((skipped && !differs) || noIssuer) {
    const missing = skipped ? steps[gap]!.issuer.subject : leaf.issuer
    const evidence = { missing, sent: chain.map(one => one.subject) }
    problems.push({ code: 'CHAIN_INCOMPLETE', refuses: false, evidence })
  }
  // With the issuer missing nobody can tell whether the rest would have hung together.
  if (rest.length > 0 && !noIssuer) {
    const evidence = { subjects: rest.map(one => one.subject) }
    problems.push({ code: 'CHAIN_UNRELATED', refuses: false, evidence })
  }
  const twice = chain.filter((one, at) => chain.findIndex(other => same(one, other)) < at)
  if (twice.length > 0) {
    const subjects = [...new Set(twice.map(one => one.subject))]
    problems.push({ code: 'CHAIN_DUPLICATE', refuses: false, evidence: { subjects } })
  }
  return problems
}

function whoSigned(registered: boolean, sent: boolean): 'registered' | 'sent' | 'both' | 'neither' {
  if (registered) return sent ? 'both' : 'registered'
  return sent ? 'sent' : 'neither'
}
