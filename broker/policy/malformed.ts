/**
 * What AWS answers to a document that it doesn't take: one exception and one of few texts, which people have reported.
 * Which text AWS chooses is not documented. CreatePolicy, error MalformedPolicyException (400).
 */

import type { PolicyProblem } from './document.ts'

export type AwsRefusal = { error: 'MalformedPolicyException'; message: string }

/**
 * @param problems of the whole document
 * @param tooLong more than 2048 characters, whether or not that is an error here
 */
export function awsRefusal(problems: PolicyProblem[], tooLong: boolean): AwsRefusal | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length === 0 && !tooLong) return undefined
  const invalid = errors.flatMap(({ invalidResource }) => invalidResource ?? [])
  const only = errors.length > 0 && invalid.length === errors.length
  const head = 'Policy document is Malformed'
  const refusal = (message: string): AwsRefusal => ({ error: 'MalformedPolicyException', message })
  if (only) return refusal(`${head}: The following resources are invalid : ${invalid.join(', ')}`)
  // DIFFERS: a text that isn't JSON at all is reported with the bare words, a wrong element with the longer ones.
  const inside = errors.some(({ element, statement }) => element ?? statement)
  return refusal(inside ? `${head}: Invalid policy syntax.` : head)
}
