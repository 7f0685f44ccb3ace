/**
 * Things in thing groups: AddThingToThingGroup, RemoveThingFromThingGroup, UpdateThingGroupsForThing, ListThingsInThingGroup,
 * ListThingGroupsForThing.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk, ifDeclared, reading } from '../desk.ts'
import { groupNamed, groupSummary, groupsAbove, groupsBelow } from './group-tree.ts'
import { nameOf, thingNamed } from './named.ts'
import { pageOf, withToken } from './page.ts'
import { flag, optionalArn, requiredName, resourceName, tokenPage } from './rules.ts'

export type MembershipInput = {
  thingGroupName?: string
  thingGroupArn?: string
  thingName?: string
  thingArn?: string
}

/** AWS: a quota that can't be raised. */
const GROUPS = 10

const membership = {
  thingGroupName: resourceName,
  thingGroupArn: optionalArn,
  thingName: resourceName,
  thingArn: optionalArn,
}

export function groupThingOperations(desk: Desk) {
  const { view } = desk
  return {
    addThingToThingGroup: changing(
      desk,
      // AWS: for dynamic groups.
      { ...membership, overrideDynamicGroups: flag },
      (input: MembershipInput) => {
        const pair = pairOf(desk, input)
        return pair.ok ? add(desk, pair.value.group, pair.value.thing) : pair
      },
    ),
    removeThingFromThingGroup: changing(desk, membership, (input: MembershipInput) => {
      const pair = pairOf(desk, input)
      return pair.ok ? remove(desk, pair.value.group, pair.value.thing) : pair
    }),
    updateThingGroupsForThing: changing(
      desk,
      {
        thingName: resourceName,
        thingGroupsToAdd: { kind: 'list', of: resourceName },
        thingGroupsToRemove: { kind: 'list', of: resourceName },
        overrideDynamicGroups: flag,
      },
      (input: {
        thingName?: string
        thingGroupsToAdd?: string[]
        thingGroupsToRemove?: string[]
      }): Answer<Record<string, never>> => {
        const { thingName, thingGroupsToAdd: into = [], thingGroupsToRemove: from = [] } = input
        if (thingName === undefined) {
          return refuse('InvalidRequestException', 'thingName is empty. Need to specify it')
        }
        const thing = thingNamed(desk, thingName)
        if (!thing.ok) return thing
        for (const [names, act] of [
          [from, remove],
          [into, add],
        ] as const) {
          for (const name of names) {
            const group = groupNamed(desk, name)
            const done = group.ok ? act(desk, name, thingName) : group
            if (!done.ok) return done
          }
        }
        return answer({})
      },
    ),
    listThingsInThingGroup: reading(
      { ...tokenPage, thingGroupName: requiredName, recursive: flag },
      (input: {
        thingGroupName: string
        recursive?: boolean
        nextToken?: string
        maxResults?: number
      }) => {
        const { thingGroupName: name } = input
        const group = groupNamed(desk, name)
        if (!group.ok) return group
        const keys =
          input.recursive === true ? below(desk, name) : view.groupThingsByGroup.keys(name)
        const page = pageOf(
          keys,
          // A file may name things that are to come.
          key => {
            const thing = thingOfKey(key)
            return view.things.has(thing) ? thing : undefined
          },
          { size: input.maxResults, token: input.nextToken },
        )
        return withToken('things', page)
      },
    ),
    listThingGroupsForThing: reading(
      { ...tokenPage, thingName: requiredName },
      (input: { thingName: string; nextToken?: string; maxResults?: number }) => {
        const thing = thingNamed(desk, input.thingName)
        if (!thing.ok) return thing
        // AWS: with the groups above them. DG/thing-groups
        const names = new Set(
          groupsOf(desk, input.thingName).flatMap(name => [name, ...above(desk, name)]),
        )
        const page = pageOf([...names].sort(), name => groupSummary(desk, name), {
          size: input.maxResults,
          token: input.nextToken,
        })
        return withToken('thingGroups', page)
      },
    ),
  }
}

/** Puts a thing into a group; it may be there already. Both must be there. */
function add(desk: Desk, thingGroupName: string, thingName: string): Answer<Record<string, never>> {
  const key = `${thingGroupName}/${thingName}`
  if (desk.view.groupThings.has(key)) return answer({})
  const groups = groupsOf(desk, thingName)
  if (groups.length >= GROUPS) {
    const says = `Thing ${thingName} can not be in more than ${GROUPS} thing groups`
    return refuse('InvalidRequestException', says)
  }
  const root = rootOf(desk, thingGroupName)
  const near = groups.find(name => rootOf(desk, name) === root)
  if (near !== undefined) {
    // AWS: "You cannot add a thing to more than one group in the same hierarchy": DG/thing-groups. Its text is not known.
    const says = `Thing ${thingName} is in thing group ${near} of the same hierarchy`
    return refuse('InvalidRequestException', says, {
      hint: `take it out of ${near} first: a thing can be in one group of a hierarchy only`,
    })
  }
  const source = { kind: 'learned', how: 'AddThingToThingGroup' } as const
  desk.tables.groupThings.put(key, { thingGroupName, thingName, source })
  return answer({})
}

/** Takes a thing out of a group; it may not be in it. */
function remove(
  desk: Desk,
  thingGroupName: string,
  thingName: string,
): Answer<Record<string, never>> {
  const key = `${thingGroupName}/${thingName}`
  const record = desk.view.groupThings.get(key)
  if (record === undefined) return answer({})
  const wrong = ifDeclared(record, `that \`${thingName}\` is in \`${thingGroupName}\``)
  if (wrong) return wrong
  desk.tables.groupThings.remove(key)
  return answer({})
}

function pairOf(desk: Desk, input: MembershipInput): Answer<{ group: string; thing: string }> {
  const groupName = nameOf(desk, 'thingGroup', {
    name: input.thingGroupName,
    arn: input.thingGroupArn,
  })
  if (!groupName.ok) return groupName
  const thingName = nameOf(desk, 'thing', { name: input.thingName, arn: input.thingArn })
  if (!thingName.ok) return thingName
  const group = groupNamed(desk, groupName.value)
  if (!group.ok) return group
  const thing = thingNamed(desk, thingName.value)
  if (!thing.ok) return thing
  return answer({ group: groupName.value, thing: thingName.value })
}

/** The groups that hold the thing itself. */
function groupsOf({ view }: Desk, thingName: string): string[] {
  return view.groupThingsByThing
    .keys(thingName)
    .map(key => key.slice(0, key.indexOf('/')))
    .filter(name => view.thingGroups.has(name))
}

/** The things in a group and in all groups below it, each once, in order. */
function below(desk: Desk, name: string): string[] {
  const groups = [name, ...groupsBelow(desk, name)]
  const keys = groups.flatMap(one => desk.view.groupThingsByGroup.keys(one))
  return [...new Set(keys.map(thingOfKey))].sort()
}

function above(desk: Desk, name: string): string[] {
  const group = desk.view.thingGroups.get(name)
  return group ? groupsAbove(desk, group) : []
}

function rootOf(desk: Desk, name: string): string {
  return above(desk, name).at(-1) ?? name
}

/** Of `group/thing`; a thing's name has no slash. */
function thingOfKey(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
