/** What is asked of the policy engine and what it answers: the outcome, and the trace that words are made from. */

import type { Effect } from './document.ts'
import type { Context } from './variables.ts'

export type AuthorizationRequest = {
  /** `iot:Connect`, ... */
  action: string
  /** The full ARN. */
  resource: string
  context: Context
  /** Why a name of the context has no value, as far as the caller knows: `{ [name]: 'the certificate is ...' }`. */
  reasons?: Record<string, string>
}

export type StatementRef = {
  policy: string
  /** Its place in the document, counted from 1, as in all words. */
  index: number
  sid?: string
  effect: Effect
}

/** The first element of an Allow statement that kept it from matching. */
export type NearMiss = StatementRef & {
  element: 'Action' | 'NotAction' | 'Resource' | 'NotResource' | 'Condition'
  /** What the request had. */
  asked: string
  /** What the document says. */
  pattern: string
  /** The pattern with its variables replaced, where it has any and all have values. */
  resolved?: string
  /** The place in `asked`, counted from 0, from which on the pattern doesn't fit. */
  differsAt?: number
  /** Variables without a value. */
  unresolved?: string[]
  why?: string
}

/** What in the statement that decided met the request. */
export type Matched = {
  /** As the document has it, of several the one that matched. */
  action: string
  element: 'Resource' | 'NotResource'
  pattern: string
  /** The pattern with its variables replaced, where it has any. */
  resolved?: string
  /** Conditions that held, as `operator key [values]`. */
  conditions?: string[]
}

export type Decision = {
  action: string
  resource: string
  outcome: 'ALLOWED' | 'EXPLICIT_DENY' | 'IMPLICIT_DENY'
  /** The statement that decided; none on an implicit denial. */
  statement?: StatementRef
  /** On an explicit denial: what in the statement met the request. */
  matched?: Matched
  /** On a denial: Allow statements, nearest first, at most five. None on an explicit denial that another allows. */
  nearMisses: NearMiss[]
  /** On a denial: names that Allow statements for this action ask for and the request doesn't have. */
  missingContextValues: string[]
  policyCount: number
}
