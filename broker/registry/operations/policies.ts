/**
 * Policies: CreatePolicy, GetPolicy, DeletePolicy, ListPolicies. What a document may say is the policy engine's business.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html and its neighbours
 */

import { quote } from '../../diagnosis/words.ts'
import type { PolicyProblem } from '../../policy/document.ts'
import { readPolicy } from '../../policy/policy.ts'
import { type Answer, answer, type Refusal, refuse } from '../answer.ts'
import { policyComplaint } from '../declared/declared-documents.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import type { PolicyRecord } from '../records.ts'
import { dateOrder } from './date-order.ts'
import { type MarkerPage, withMarker } from './page.ts'
import { markerPage, policyDocument, policyName } from './rules.ts'

export type CreatePolicyInput = { policyName: string; policyDocument: string }

export type PolicyNamed = { policyName: string }

export function policyOperations(desk: Desk) {
  const { view, tables } = desk
  const order = dateOrder(view.policies)
  return {
    /**
     * The document is judged as AWS judges it: MalformedPolicyException, with our own words as the hint.
     * ResourceAlreadyExistsException where the name is taken, whatever the document.
     */
    createPolicy: changing(
      desk,
      { policyName, policyDocument },
      ({ policyName: name, policyDocument: text }: CreatePolicyInput) => {
        const wrong = ifMalformed(name, text, desk)
        if (wrong) return wrong
        const policyArn = desk.arn('policy', name)
        if (view.policies.has(name)) {
          const message = `Policy cannot be created - name already exists (name=${name})`
          return refuse('ResourceAlreadyExistsException', message, {
            resourceId: name,
            resourceArn: policyArn,
          })
        }
        const now = desk.now()
        tables.policies.put(name, {
          policyName: name,
          defaultVersionId: '1',
          lastVersionId: 1,
          versions: { 1: { policyDocument: text, createDate: now } },
          generationId: desk.uuid(),
          creationDate: now,
          lastModifiedDate: now,
          source: { kind: 'learned', how: 'CreatePolicy' },
        })
        return answer({
          policyName: name,
          policyArn,
          policyDocument: text,
          policyVersionId: '1',
        })
      },
    ),
    /** The default version, and when the policy was made and changed. */
    getPolicy: reading({ policyName }, ({ policyName: name }: PolicyNamed) => {
      const policy = view.policies.get(name)
      // AWS: seen with these words.
      if (policy === undefined)
        return refuse('ResourceNotFoundException', 'Policy default version not found')
      const { defaultVersionId, generationId, versions } = policy
      return answer({
        policyName: name,
        policyArn: desk.arn('policy', name),
        policyDocument: versions[defaultVersionId]?.policyDocument ?? '',
        defaultVersionId,
        creationDate: epochSeconds(policy.creationDate),
        lastModifiedDate: epochSeconds(policy.lastModifiedDate),
        generationId,
      })
    }),
    /** DeleteConflictException while it is attached to anything, or has versions besides the default one. */
    deletePolicy: changing(desk, { policyName }, ({ policyName: name }: PolicyNamed) => {
      const found = changeablePolicy(name, desk)
      if (!found.ok) return found
      if (view.targetsByPolicy.has(name)) {
        const message = `The policy cannot be deleted as the policy is attached to one or more principals (name=${name})`
        return refuse('DeleteConflictException', message, { hint: 'detach it everywhere first' })
      }
      if (Object.keys(found.value.versions).length > 1) {
        const message = `Cannot delete the policy because it has one or more policy versions attached to it (name=${name})`
        const hint = 'delete each version but the default one first'
        return refuse('DeleteConflictException', message, { hint })
      }
      tables.policies.remove(name)
      return answer({})
    }),
    /** The newest first; with `ascendingOrder` the oldest. */
    listPolicies: reading(markerPage, (input: MarkerPage) => {
      const page = order.page(input, one => policySummary(one.policyName, desk))
      return withMarker('policies', page)
    }),
  }
}

/** A policy's name and ARN, as lists give them. */
export function policySummary(name: string, desk: Desk): { policyName: string; policyArn: string } {
  return { policyName: name, policyArn: desk.arn('policy', name) }
}

/** The policy, or why it can't be changed: there is none, or a file declares it. */
export function changeablePolicy(name: string, desk: Desk): Answer<PolicyRecord> {
  const policy = desk.view.policies.get(name)
  if (policy === undefined) return noPolicy(name)
  return ifDeclared(policy, `policy ${quote(name)}`) ?? answer(policy)
}

export function noPolicy(name: string): { ok: false; refusal: Refusal } {
  return refuse('ResourceNotFoundException', `Policy not found (name=${name})`)
}

/** MalformedPolicyException with AWS's words; the hint says what AWS doesn't: where, and what is wrong. */
export function ifMalformed(
  name: string,
  text: string,
  desk: Desk,
): { ok: false; refusal: Refusal } | undefined {
  const { policy, problems, aws } = readPolicy(name, text, desk.policyOptions())
  if (policy) return undefined
  const errors = problems.filter(({ severity }) => severity === 'error')
  return refuse(
    'MalformedPolicyException',
    aws?.message ?? 'Policy document is Malformed',
    errors.length === 0 ? {} : { hint: errors.slice(0, 3).map(inOneLine).join('; ') },
  )
}

function inOneLine(problem: PolicyProblem): string {
  const { hint, line, says } = policyComplaint(problem)
  return `${line === undefined ? '' : `line ${line}: `}${says}${hint === undefined ? '' : `: ${hint}`}`
}
