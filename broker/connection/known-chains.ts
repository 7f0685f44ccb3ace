/**
 * Judgements of chains, kept for a little while: a device that comes back, and a fleet after a power cut, send what was just
 * judged. Bounded, least recently used first out, because strangers may send as many different chains as they like.
 */

import type { Judgement } from '../x509/judge.ts'

export type KnownChains = {
  /**
   * @param ders the certificates as sent
   * @param at when and against what it is judged: `now` in ms since 1970, and the revision of the registered CAs
   */
  judge(ders: Buffer[], at: { now: number; revision: number }, work: () => Judgement): Judgement
}

type Kept = { judgement: Judgement; revision: number; from: number; until: number }

/** What a judgement says of the time is in minutes and days. */
const KEPT_MS = 30_000
/** Most chains are below 4 KB. */
const LARGEST_KEPT = 8192

/** @param limit how many judgements are kept */
export function knownChains(limit: number): KnownChains {
  const kept = new Map<string, Kept>()
  return {
    judge(ders, { now, revision }, work) {
      const key = ders.map(der => der.toString('latin1')).join('\n')
      const known = kept.get(key)
      if (known && known.revision === revision && now >= known.from && now < known.until) {
        kept.delete(key)
        kept.set(key, known)
        return known.judgement
      }
      kept.delete(key)
      const judgement = work()
      if (key.length <= LARGEST_KEPT) {
        kept.set(key, { judgement, revision, from: now, until: endOf(judgement, now) })
      }
      if (kept.size > limit) kept.delete(kept.keys().next().value as string)
      return judgement
    },
  }
}

/** No certificate of the chain, or its registered CA, becomes valid or expires before that. */
function endOf({ chain, anchor }: Judgement, now: number): number {
  const certificates = anchor ? [...chain, anchor.certificate] : chain
  // A certificate is still valid at the very ms of its notAfter.
  const turns = certificates.flatMap(({ notBefore, notAfter }) => [notBefore, notAfter + 1])
  return Math.min(now + KEPT_MS, ...turns.filter(turn => turn > now))
}
