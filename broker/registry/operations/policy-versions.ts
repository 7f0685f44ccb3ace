/**
 * Versions of policies: CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, SetDefaultPolicyVersion,
 * DeletePolicyVersion. The default version is the one that decides; which it is may change at any time.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html and its neighbours
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, reading } from '../desk.ts'
import type { PolicyRecord } from '../records.ts'
import { changeablePolicy, ifMalformed, noPolicy, type PolicyNamed } from './policies.ts'
import { flag, policyDocument, policyName, policyVersionId } from './rules.ts'

export type CreatePolicyVersionInput = PolicyNamed & {
  policyDocument: string
  setAsDefault?: boolean
}

export type PolicyVersionNamed = PolicyNamed & { policyVersionId: string }

/** AWS: versions of a policy. */
const MOST = 5

const versionRules = { policyName, policyVersionId }

export function policyVersionOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    /** VersionsLimitExceededException where there are five. With `setAsDefault` it decides from now on. */
    createPolicyVersion: changing(
      desk,
      { policyName, policyDocument, setAsDefault: flag },
      (input: CreatePolicyVersionInput) => {
        const { policyDocument: text, setAsDefault: isDefaultVersion = false } = input
        const found = changeablePolicy(input.policyName, desk)
        if (!found.ok) return found
        const policy = found.value
        const wrong = ifMalformed(policy.policyName, text, desk)
        if (wrong) return wrong
        if (Object.keys(policy.versions).length >= MOST) {
          const message = `The policy ${policy.policyName} already has the maximum number of versions (${MOST})`
          const hint = 'delete a version that is not the default one first'
          return refuse('VersionsLimitExceededException', message, { hint })
        }
        const now = desk.now()
        const lastVersionId = policy.lastVersionId + 1
        const policyVersionId = String(lastVersionId)
        tables.policies.put(policy.policyName, {
          ...policy,
          lastVersionId,
          versions: {
            ...policy.versions,
            [policyVersionId]: { policyDocument: text, createDate: now },
          },
          ...(isDefaultVersion ? { defaultVersionId: policyVersionId } : {}),
          lastModifiedDate: now,
        })
        return answer({
          policyArn: desk.arn('policy', policy.policyName),
          policyDocument: text,
          policyVersionId,
          isDefaultVersion,
        })
      },
    ),
    getPolicyVersion: reading(versionRules, (input: PolicyVersionNamed) => {
      const policy = view.policies.get(input.policyName)
      if (policy === undefined) return noPolicy(input.policyName)
      const version = versionOf(policy, input.policyVersionId)
      if (!version.ok) return version
      const { createDate, policyDocument: document } = version.value
      return answer({
        policyArn: desk.arn('policy', policy.policyName),
        policyName: policy.policyName,
        policyDocument: document,
        policyVersionId: input.policyVersionId,
        isDefaultVersion: policy.defaultVersionId === input.policyVersionId,
        creationDate: epochSeconds(createDate),
        // A version is never changed.
        lastModifiedDate: epochSeconds(createDate),
        generationId: policy.generationId,
      })
    }),
    /** The newest first. */
    listPolicyVersions: reading({ policyName }, ({ policyName: name }: PolicyNamed) => {
      const policy = view.policies.get(name)
      if (policy === undefined) return noPolicy(name)
      const policyVersions = Object.entries(policy.versions)
        .map(([versionId, { createDate }]) => ({
          versionId,
          isDefaultVersion: versionId === policy.defaultVersionId,
          createDate: epochSeconds(createDate),
        }))
        .sort((a, b) => Number(b.versionId) - Number(a.versionId))
      return answer({ policyVersions })
    }),
    /** The version decides from now on: the next packet of each session is judged by it. */
    setDefaultPolicyVersion: changing(desk, versionRules, (input: PolicyVersionNamed) => {
      const found = changeablePolicy(input.policyName, desk)
      if (!found.ok) return found
      const policy = found.value
      const version = versionOf(policy, input.policyVersionId)
      if (!version.ok) return version
      tables.policies.put(policy.policyName, {
        ...policy,
        defaultVersionId: input.policyVersionId,
        lastModifiedDate: desk.now(),
      })
      return answer({})
    }),
    /** Not the default one. DIFFERS: AWS's exception for that is not documented; of those it declares, one says conflict. */
    deletePolicyVersion: changing(desk, versionRules, (input: PolicyVersionNamed) => {
      const found = changeablePolicy(input.policyName, desk)
      if (!found.ok) return found
      const policy = found.value
      const version = versionOf(policy, input.policyVersionId)
      if (!version.ok) return version
      if (policy.defaultVersionId === input.policyVersionId) {
        const message = 'Cannot delete the default version of a policy'
        const hint = 'make another version the default one first, or delete the policy'
        return refuse('DeleteConflictException', message, { hint })
      }
      const { [input.policyVersionId]: _, ...versions } = policy.versions
      tables.policies.put(policy.policyName, {
        ...policy,
        versions,
        lastModifiedDate: desk.now(),
      })
      return answer({})
    }),
  }
}

function versionOf(
  policy: PolicyRecord,
  versionId: string,
): Answer<PolicyRecord['versions'][string]> {
  const version = Object.hasOwn(policy.versions, versionId) ? policy.versions[versionId] : undefined
  if (version) return answer(version)
  return refuse(
    'ResourceNotFoundException',
    `Policy version not found (name=${policy.policyName}, version=${versionId})`,
  )
}
