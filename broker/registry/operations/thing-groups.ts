/**
 * Thing groups: CreateThingGroup, DescribeThingGroup, UpdateThingGroup, DeleteThingGroup, ListThingGroups. What is in them:
 * group-things.ts.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html
 * DIFFERS: dynamic thing groups are not there: they need AWS's fleet indexing.
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import type { ThingGroupRecord } from '../records.ts'
import {
  type AttributePayload,
  attributesAfter,
  sameAttributes,
  unlessVersion,
} from './attributes.ts'
import { groupNamed, groupSummary, groupsAbove, groupsBelow } from './group-tree.ts'
import { pageOf, withToken } from './page.ts'
import {
  flag,
  requiredName,
  resourceName,
  thingGroupProperties,
  tokenPage,
  version,
} from './rules.ts'

export type ThingGroupProperties = {
  thingGroupDescription?: string
  attributePayload?: AttributePayload
}

export type ListThingGroupsInput = {
  nextToken?: string
  maxResults?: number
  parentGroup?: string
  namePrefixFilter?: string
  recursive?: boolean
}

/** AWS: quotas: how many groups stand one above the other, how many directly below one, attributes of a group. */
const DEPTH = 7
const CHILDREN = 100
const ATTRIBUTES = 50

type Named = { thingGroupName: string }

export function thingGroupOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    createThingGroup: changing(
      desk,
      { thingGroupName: requiredName, parentGroupName: resourceName, thingGroupProperties },
      (
        input: Named & { parentGroupName?: string; thingGroupProperties?: ThingGroupProperties },
      ) => {
        const { thingGroupName, parentGroupName, thingGroupProperties: wanted = {} } = input
        const { thingGroupDescription } = wanted
        const attributes = attributesAfter({}, wanted.attributePayload)
        const made = { thingGroupName, thingGroupArn: desk.arn('thinggroup', thingGroupName) }
        const there = view.thingGroups.get(thingGroupName)
        if (there) {
          // AWS: idempotent where nothing differs.
          const same =
            there.parentGroupName === parentGroupName &&
            there.thingGroupDescription === thingGroupDescription &&
            sameAttributes(there.attributes, attributes)
          if (same) return answer({ ...made, thingGroupId: there.thingGroupId })
          return refuse(
            'ResourceAlreadyExistsException',
            `Thing Group ${thingGroupName} already exists in current account with different properties`,
            { resourceId: there.thingGroupId, resourceArn: made.thingGroupArn },
          )
        }
        const wrong = ifTooMany(attributes) ?? ifNoRoom(desk, parentGroupName)
        if (wrong) return wrong
        const thingGroupId = desk.uuid()
        tables.thingGroups.put(thingGroupName, {
          thingGroupName,
          thingGroupId,
          ...(parentGroupName === undefined ? {} : { parentGroupName }),
          ...(thingGroupDescription === undefined ? {} : { thingGroupDescription }),
          attributes,
          version: 1,
          creationDate: desk.now(),
          source: { kind: 'learned', how: 'CreateThingGroup' },
        })
        return answer({ ...made, thingGroupId })
      },
    ),
    describeThingGroup: reading({ thingGroupName: requiredName }, ({ thingGroupName }: Named) => {
      const found = groupNamed(desk, thingGroupName)
      if (!found.ok) return found
      const {
        thingGroupId,
        parentGroupName,
        thingGroupDescription,
        attributes,
        version,
        creationDate,
      } = found.value
      return answer({
        thingGroupName,
        thingGroupId,
        thingGroupArn: desk.arn('thinggroup', thingGroupName),
        version,
        thingGroupProperties: {
          ...(thingGroupDescription === undefined ? {} : { thingGroupDescription }),
          attributePayload: { attributes },
        },
        thingGroupMetadata: {
          ...(parentGroupName === undefined ? {} : { parentGroupName }),
          rootToParentThingGroups: groupsAbove(desk, found.value)
            .reverse()
            .map(name => groupSummary(desk, name)),
          creationDate: epochSeconds(creationDate),
        },
      })
    }),
    updateThingGroup: changing(
      desk,
      {
        thingGroupName: requiredName,
        thingGroupProperties: { ...thingGroupProperties, required: true },
        expectedVersion: version,
      },
      (
        input: Named & { thingGroupProperties: ThingGroupProperties; expectedVersion?: number },
      ): Answer<{ version: number }> => {
        const { thingGroupName, thingGroupProperties: wanted } = input
        const found = groupNamed(desk, thingGroupName)
        if (!found.ok) return found
        const group = found.value
        const attributes = attributesAfter(group.attributes, wanted.attributePayload)
        const wrong =
          ifDeclared(group, `thing group \`${thingGroupName}\``) ??
          unlessVersion(`thing group ${thingGroupName}`, group, input.expectedVersion) ??
          ifTooMany(attributes)
        if (wrong) return wrong
        const after: ThingGroupRecord = {
          ...group,
          ...(wanted.thingGroupDescription === undefined
            ? {}
            : { thingGroupDescription: wanted.thingGroupDescription }),
          attributes,
          version: group.version + 1,
        }
        tables.thingGroups.put(thingGroupName, after)
        return answer({ version: after.version })
      },
    ),
    deleteThingGroup: changing(
      desk,
      { thingGroupName: requiredName, expectedVersion: version },
      (input: Named & { expectedVersion?: number }): Answer<Record<string, never>> => {
        const { thingGroupName } = input
        const group = view.thingGroups.get(thingGroupName)
        // AWS: nothing to delete is fine.
        if (group === undefined) return answer({})
        const wrong =
          ifDeclared(group, `thing group \`${thingGroupName}\``) ??
          unlessVersion(`thing group ${thingGroupName}`, group, input.expectedVersion)
        if (wrong) return wrong
        if (view.groupsByParent.has(thingGroupName)) {
          const says = `Cannot delete thing group : ${thingGroupName} when there are still child groups attached to it`
          return refuse('InvalidRequestException', says)
        }
        // AWS: things in it and policies on it do not keep it.
        const { groupThingsByGroup, targetsByTarget } = desk.indexes
        for (const key of groupThingsByGroup.keys(thingGroupName)) tables.groupThings.remove(key)
        for (const key of targetsByTarget.keys(`thinggroup/${thingGroupName}`)) {
          tables.policyTargets.remove(key)
        }
        tables.thingGroups.remove(thingGroupName)
        return answer({})
      },
    ),
    listThingGroups: reading(
      {
        ...tokenPage,
        parentGroup: resourceName,
        namePrefixFilter: resourceName,
        recursive: flag,
      },
      (input: ListThingGroupsInput) => {
        const keys = listed(desk, input)
        if (!keys.ok) return keys
        const { namePrefixFilter: prefix = '' } = input
        const page = pageOf(
          keys.value,
          name => (name.startsWith(prefix) ? groupSummary(desk, name) : undefined),
          { size: input.maxResults, token: input.nextToken },
        )
        return withToken('thingGroups', page)
      },
    ),
  }
}

function ifTooMany(attributes: Record<string, string>) {
  const there = Object.keys(attributes).length
  if (there <= ATTRIBUTES) return undefined
  const says = `A thing group can not have more than ${ATTRIBUTES} attributes, not ${there}`
  return refuse('InvalidRequestException', says)
}

function ifNoRoom(desk: Desk, parentGroupName: string | undefined) {
  if (parentGroupName === undefined) return undefined
  const parent = groupNamed(desk, parentGroupName)
  if (!parent.ok) return parent
  if (groupsAbove(desk, parent.value).length + 2 > DEPTH) {
    const says = `A hierarchy of thing groups can not be deeper than ${DEPTH}`
    return refuse('InvalidRequestException', says)
  }
  if (desk.view.groupsByParent.keys(parentGroupName).length >= CHILDREN) {
    const says = `A thing group can not have more than ${CHILDREN} direct child groups`
    return refuse('InvalidRequestException', says)
  }
  return undefined
}

/** AWS: without a parent all groups, unless `recursive` is false; below a parent its children, and theirs if `recursive`. */
function listed(
  desk: Desk,
  { parentGroup, recursive }: ListThingGroupsInput,
): Answer<readonly string[]> {
  const { view } = desk
  if (parentGroup === undefined) {
    const all = view.thingGroups.keys()
    if (recursive !== false) return answer(all)
    return answer(all.filter(name => view.thingGroups.get(name)?.parentGroupName === undefined))
  }
  const parent = groupNamed(desk, parentGroup)
  if (!parent.ok) return parent
  return answer(
    recursive === true ? groupsBelow(desk, parentGroup) : view.groupsByParent.keys(parentGroup),
  )
}
