/** `candid group`: thing groups, the things in them and the policies on them. */

import { arn } from '../registry/arn.ts'
import { type Family, runFamily } from './family.ts'
import { need, type RegistryVerb } from './in-registry.ts'
import type { Io } from './io.ts'
import { cell, describeLines, listLines, sourcesOf } from './tell.ts'

const create: RegistryVerb = {
  command: {
    usage: ['candid group create GROUP [--parent GROUP] [--description TEXT]'],
    says: ['makes a thing group (CreateThingGroup)'],
    flags: {
      parent: { value: 'GROUP', says: 'the group above it' },
      description: { value: 'TEXT', says: 'what it is' },
    },
    takes: ['GROUP'],
  },
  async act({ given, call }) {
    const [thingGroupName = ''] = given.plain
    const description = given.value('description')
    const made = await need(
      call('CreateThingGroup', {
        thingGroupName,
        parentGroupName: given.value('parent'),
        ...(description && { thingGroupProperties: { thingGroupDescription: description } }),
      }),
    )
    if ('stopped' in made) return made
    return { lines: [`group \`${thingGroupName}\` is there`], output: made.value }
  },
}

const list: RegistryVerb = {
  command: {
    usage: ['candid group list'],
    says: ['all thing groups, and where each comes from (ListThingGroups)'],
    flags: {},
    takes: [],
  },
  reads: true,
  async act({ all, declared }) {
    const found = await need(all('ListThingGroups', 'thingGroups'))
    if ('stopped' in found) return found
    const sources = sourcesOf(await declared())
    const groups = found.value['thingGroups'] as { groupName: string }[]
    const rows = groups.map(({ groupName }) => [groupName, sources.of('group', groupName)])
    return { lines: listLines(['GROUP', 'FROM'], rows, 'there are no groups'), output: found.value }
  },
}

const describe: RegistryVerb = {
  command: {
    usage: ['candid group describe GROUP'],
    says: ['one group, its things and policies (DescribeThingGroup)'],
    flags: {},
    takes: ['GROUP'],
  },
  reads: true,
  async act({ given, call, all, declared, project }) {
    const [thingGroupName = ''] = given.plain
    const found = await need(call('DescribeThingGroup', { thingGroupName }))
    if ('stopped' in found) return found
    const things = await need(all('ListThingsInThingGroup', 'things', { thingGroupName }))
    if ('stopped' in things) return things
    const target = arn(project.config.account, 'thinggroup', thingGroupName)
    const policies = await need(all('ListAttachedPolicies', 'policies', { target }))
    if ('stopped' in policies) return policies
    const shown = {
      ...found.value,
      things: things.value['things'],
      policies: (policies.value['policies'] as { policyName: string }[]).map(one => one.policyName),
    }
    const from = sourcesOf(await declared()).of('group', thingGroupName)
    return { lines: describeLines(shown, from), output: found.value }
  },
}

function withThing(verb: string, says: string, operation: string, done: string): RegistryVerb {
  return {
    command: {
      usage: [`candid group ${verb} GROUP THING`],
      says: [says],
      flags: {},
      takes: ['GROUP', 'THING'],
    },
    async act({ given, call }) {
      const [thingGroupName = '', thingName = ''] = given.plain
      const result = await need(call(operation, { thingGroupName, thingName }))
      if ('stopped' in result) return result
      const lines = [`thing \`${thingName}\` is ${done} group \`${thingGroupName}\``]
      return { lines, output: result.value }
    },
  }
}

function withPolicy(verb: string, says: string, operation: string, done: string): RegistryVerb {
  return {
    command: {
      usage: [`candid group ${verb} GROUP POLICY`],
      says: [says],
      flags: {},
      takes: ['GROUP', 'POLICY'],
    },
    async act({ given, call, project }) {
      const [group = '', policyName = ''] = given.plain
      const target = arn(project.config.account, 'thinggroup', group)
      const result = await need(call(operation, { policyName, target }))
      if ('stopped' in result) return result
      return {
        lines: [`policy \`${policyName}\` is ${done} group \`${cell(group)}\``],
        output: result.value,
      }
    },
  }
}

const remove: RegistryVerb = {
  command: {
    usage: ['candid group delete GROUP'],
    says: ['deletes a group that has none below it (DeleteThingGroup)'],
    flags: {},
    takes: ['GROUP'],
  },
  async act({ given, call }) {
    const [thingGroupName = ''] = given.plain
    const done = await need(call('DeleteThingGroup', { thingGroupName }))
    if ('stopped' in done) return done
    return { lines: [`group \`${thingGroupName}\` is gone`], output: done.value }
  },
}

const verbs: Family = {
  create,
  list,
  describe,
  add: withThing(
    'add',
    'puts a thing into it (AddThingToThingGroup)',
    'AddThingToThingGroup',
    'in',
  ),
  remove: withThing(
    'remove',
    'takes a thing out of it (RemoveThingFromThingGroup)',
    'RemoveThingFromThingGroup',
    'not in',
  ),
  attach: withPolicy('attach', 'puts a policy on it (AttachPolicy)', 'AttachPolicy', 'on'),
  detach: withPolicy('detach', 'takes a policy off it (DetachPolicy)', 'DetachPolicy', 'not on'),
  delete: remove,
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('group', verbs, args, io)
}
