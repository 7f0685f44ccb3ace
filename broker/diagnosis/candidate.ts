/** What may be behind an end that no one explained: ranked in the evidence, the likeliest first. */

import type { Certainty } from './entry.ts'

/** `evident`: a fact of this very connection speaks for it. */
export type Candidate = { cause: string; why: string; evident?: true }

/** How much can be claimed of a client that left without a word. */
export function silenceCertainty({ candidates: [first] }: { candidates: Candidate[] }): Certainty {
  return first?.evident ? 'likely' : 'guess'
}
