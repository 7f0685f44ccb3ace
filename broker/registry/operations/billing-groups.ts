/**
 * Billing groups: CreateBillingGroup, DescribeBillingGroup, UpdateBillingGroup, DeleteBillingGroup, ListBillingGroups,
 * AddThingToBillingGroup, RemoveThingFromBillingGroup, ListThingsInBillingGroup. Nothing is billed here: they are kept so
 * that set-ups which have them run.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/tagging-iot-billing-groups.html
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import type { BillingGroupRecord, ThingRecord } from '../records.ts'
import { unlessVersion } from './attributes.ts'
import { nameOf, notFound, thingNamed } from './named.ts'
import { pageOf, withToken } from './page.ts'
import {
  billingGroupProperties,
  optionalArn,
  requiredName,
  resourceName,
  tokenPage,
  version,
} from './rules.ts'

export type BillingGroupProperties = { billingGroupDescription?: string }

export type BillingMembershipInput = {
  billingGroupName?: string
  billingGroupArn?: string
  thingName?: string
  thingArn?: string
}

type Named = { billingGroupName: string }

const membership = {
  billingGroupName: resourceName,
  billingGroupArn: optionalArn,
  thingName: resourceName,
  thingArn: optionalArn,
}

export function billingGroupOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    createBillingGroup: changing(
      desk,
      { billingGroupName: requiredName, billingGroupProperties },
      ({
        billingGroupName,
        billingGroupProperties: wanted = {},
      }: Named & { billingGroupProperties?: BillingGroupProperties }) => {
        const made = {
          billingGroupName,
          billingGroupArn: desk.arn('billinggroup', billingGroupName),
        }
        const there = view.billingGroups.get(billingGroupName)
        if (there) {
          // AWS: idempotent where nothing differs.
          if (there.billingGroupDescription === wanted.billingGroupDescription) {
            return answer({ ...made, billingGroupId: there.billingGroupId })
          }
          return refuse(
            'ResourceAlreadyExistsException',
            `Billing Group ${billingGroupName} already exists in current account with different properties`,
            { resourceId: there.billingGroupId, resourceArn: made.billingGroupArn },
          )
        }
        const billingGroupId = desk.uuid()
        tables.billingGroups.put(billingGroupName, {
          billingGroupName,
          billingGroupId,
          ...wanted,
          version: 1,
          creationDate: desk.now(),
          source: { kind: 'learned', how: 'CreateBillingGroup' },
        })
        return answer({ ...made, billingGroupId })
      },
    ),
    describeBillingGroup: reading(
      { billingGroupName: requiredName },
      ({ billingGroupName }: Named) => {
        const found = billingGroupNamed(desk, billingGroupName)
        if (!found.ok) return found
        const { billingGroupId, billingGroupDescription, version, creationDate } = found.value
        return answer({
          billingGroupName,
          billingGroupId,
          billingGroupArn: desk.arn('billinggroup', billingGroupName),
          version,
          billingGroupProperties:
            billingGroupDescription === undefined ? {} : { billingGroupDescription },
          billingGroupMetadata: { creationDate: epochSeconds(creationDate) },
        })
      },
    ),
    updateBillingGroup: changing(
      desk,
      {
        billingGroupName: requiredName,
        billingGroupProperties: { ...billingGroupProperties, required: true },
        expectedVersion: version,
      },
      (
        input: Named & { billingGroupProperties: BillingGroupProperties; expectedVersion?: number },
      ): Answer<{ version: number }> => {
        const { billingGroupName } = input
        const found = billingGroupNamed(desk, billingGroupName)
        if (!found.ok) return found
        const group = found.value
        const wrong = unlessVersion(
          `billing group ${billingGroupName}`,
          group,
          input.expectedVersion,
        )
        if (wrong) return wrong
        const after = { ...group, ...input.billingGroupProperties, version: group.version + 1 }
        tables.billingGroups.put(billingGroupName, after)
        return answer({ version: after.version })
      },
    ),
    deleteBillingGroup: changing(
      desk,
      { billingGroupName: requiredName, expectedVersion: version },
      (input: Named & { expectedVersion?: number }): Answer<Record<string, never>> => {
        const { billingGroupName } = input
        const group = view.billingGroups.get(billingGroupName)
        // As for things and thing groups: nothing to delete is fine.
        if (group === undefined) return answer({})
        const wrong = unlessVersion(
          `billing group ${billingGroupName}`,
          group,
          input.expectedVersion,
        )
        if (wrong) return wrong
        // What AWS does with things that are in it is not known: here they leave it.
        for (const thingName of desk.indexes.thingsByBillingGroup.keys(billingGroupName)) {
          const thing = tables.things.get(thingName)
          if (thing) tables.things.put(thingName, withoutBilling(thing))
        }
        tables.billingGroups.remove(billingGroupName)
        return answer({})
      },
    ),
    listBillingGroups: reading(
      { ...tokenPage, namePrefixFilter: resourceName },
      (input: { nextToken?: string; maxResults?: number; namePrefixFilter?: string }) => {
        const { namePrefixFilter: prefix = '' } = input
        const page = pageOf(
          view.billingGroups.keys(),
          name =>
            name.startsWith(prefix)
              ? { groupName: name, groupArn: desk.arn('billinggroup', name) }
              : undefined,
          { size: input.maxResults, token: input.nextToken },
        )
        return withToken('billingGroups', page)
      },
    ),
    addThingToBillingGroup: changing(desk, membership, (input: BillingMembershipInput) => {
      const pair = pairOf(desk, input)
      if (!pair.ok) return pair
      const { group, thing } = pair.value
      if (thing.billingGroupName === group) return answer({})
      // AWS: a thing is in one billing group at most; whether it changes over is not known.
      return put(desk, { ...thing, billingGroupName: group })
    }),
    removeThingFromBillingGroup: changing(desk, membership, (input: BillingMembershipInput) => {
      const pair = pairOf(desk, input)
      if (!pair.ok) return pair
      const { group, thing } = pair.value
      return thing.billingGroupName === group ? put(desk, withoutBilling(thing)) : answer({})
    }),
    listThingsInBillingGroup: reading(
      { ...tokenPage, billingGroupName: requiredName },
      (input: Named & { nextToken?: string; maxResults?: number }) => {
        const { billingGroupName } = input
        const group = billingGroupNamed(desk, billingGroupName)
        if (!group.ok) return group
        const page = pageOf(
          view.thingsByBillingGroup.keys(billingGroupName),
          name => (view.things.get(name)?.billingGroupName === billingGroupName ? name : undefined),
          { size: input.maxResults, token: input.nextToken },
        )
        return withToken('things', page)
      },
    ),
  }
}

function billingGroupNamed({ view }: Desk, name: string): Answer<BillingGroupRecord> {
  const group = view.billingGroups.get(name)
  return group ? answer(group) : notFound('Billing group', name)
}

function put(desk: Desk, thing: ThingRecord): Answer<Record<string, never>> {
  const wrong = ifDeclared(thing, `thing \`${thing.thingName}\``)
  if (wrong) return wrong
  desk.tables.things.put(thing.thingName, thing)
  return answer({})
}

function withoutBilling({ billingGroupName: _, ...thing }: ThingRecord): ThingRecord {
  return thing
}

function pairOf(
  desk: Desk,
  input: BillingMembershipInput,
): Answer<{ group: string; thing: ThingRecord }> {
  const groupName = nameOf(desk, 'billingGroup', {
    name: input.billingGroupName,
    arn: input.billingGroupArn,
  })
  if (!groupName.ok) return groupName
  const thingName = nameOf(desk, 'thing', { name: input.thingName, arn: input.thingArn })
  if (!thingName.ok) return thingName
  const group = billingGroupNamed(desk, groupName.value)
  if (!group.ok) return group
  const thing = thingNamed(desk, thingName.value)
  return thing.ok ? answer({ group: groupName.value, thing: thing.value }) : thing
}
