/** The engine, the engine bound to a connection, and the slow reference: all three answer the same. */

import fc from 'fast-check'
import type { Test } from 'tap'
import { bindPolicies } from '../../broker/policy/bound.ts'
import { narrate } from '../../broker/policy/narrate.ts'
import { decide } from '../../broker/policy/policy.ts'
import { asked, compiled, documents, seedOf } from './arbitrary.ts'
import { outcomeOf } from './reference.ts'

const REQUESTS = 10

/** @param decisions how many are compared; each set of policies is asked ten of them */
export function agree(t: Test, decisions: number): void {
  const seed = seedOf()
  t.comment(`seed ${seed}`)
  const seen = new Map<string, number>()
  const requests = fc.array(asked, { minLength: REQUESTS, maxLength: REQUESTS })
  fc.assert(
    fc.property(documents, requests, (lists, questions) => {
      const policies = compiled(lists)
      for (const { action, context, resource } of questions) {
        const decision = decide(policies, { action, resource, context, reasons: {} })
        const { outcome } = decision
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
        const want = outcomeOf(lists, action, resource, context)
        if (outcome !== want) throw new Error(`${outcome}, and the reference says ${want}`)
        const bound = bindPolicies(policies, context, {})(action, resource)
        if (JSON.stringify(bound) !== JSON.stringify(decision))
          throw new Error(`bound: ${JSON.stringify(bound)}, else ${JSON.stringify(decision)}`)
        if (/[\r\n]|undefined/.test(narrate(decision))) throw new Error(narrate(decision))
      }
    }),
    { seed, numRuns: Math.ceil(decisions / REQUESTS) },
  )
  // A property that meets one outcome only says nothing.
  const shares = ['ALLOWED', 'EXPLICIT_DENY', 'IMPLICIT_DENY'].map(one => seen.get(one) ?? 0)
  t.comment(`ALLOWED ${shares[0]}, EXPLICIT_DENY ${shares[1]}, IMPLICIT_DENY ${shares[2]}`)
  for (const share of shares) t.ok(share > decisions / 50, 'each outcome comes often enough')
  t.ok(shares.reduce((sum, share) => sum + share, 0) >= decisions)
}
