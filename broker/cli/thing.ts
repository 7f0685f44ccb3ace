/** `candid thing`: things, and the certificates on them. */

import { arn } from '../registry/arn.ts'
import { type Family, runFamily } from './family.ts'
import { need, type Registry, type RegistryVerb, stopped } from './in-registry.ts'
import type { Io } from './io.ts'
import { namedCertificate } from './named.ts'
import { pairs } from './pairs.ts'
import { cell, describeLines, listLines, sourcesOf } from './tell.ts'

const changes = {
  type: { value: 'TYPE', says: 'its thing type' },
  attribute: { value: 'NAME=VALUE', many: true, says: 'an attribute' },
} as const

const create: RegistryVerb = {
  command: {
    usage: ['candid thing create THING [--type TYPE] [--attribute NAME=VALUE]'],
    says: ['makes a thing, without a certificate (CreateThing)'],
    flags: {
      ...changes,
      'billing-group': { value: 'GROUP', says: 'its billing group' },
    },
    takes: ['THING'],
  },
  async act({ given, call }) {
    const [thingName = ''] = given.plain
    const attributes = pairs(given.values('attribute'), '--attribute')
    if ('problem' in attributes) return stopped([attributes.problem])
    const made = await need(
      call('CreateThing', {
        thingName,
        thingTypeName: given.value('type'),
        billingGroupName: given.value('billing-group'),
        attributePayload: { attributes: attributes.pairs },
      }),
    )
    if ('stopped' in made) return made
    return { lines: [`thing \`${thingName}\` is there`], output: made.value }
  },
}

const list: RegistryVerb = {
  command: {
    usage: ['candid thing list [--type TYPE]'],
    says: ['all things, and where each comes from (ListThings)'],
    flags: { type: { value: 'TYPE', says: 'only those of this thing type' } },
    takes: [],
  },
  reads: true,
  async act({ given, all, declared }) {
    const found = await need(all('ListThings', 'things', { thingTypeName: given.value('type') }))
    if ('stopped' in found) return found
    const sources = sourcesOf(await declared())
    const things = found.value['things'] as { [key: string]: unknown }[]
    const rows = things.map(one => [
      cell(one['thingName']),
      cell(one['thingTypeName']),
      cell(one['attributes']),
      sources.of('thing', one['thingName']),
    ])
    const lines = listLines(['THING', 'TYPE', 'ATTRIBUTES', 'FROM'], rows, 'there are no things')
    return { lines, output: found.value }
  },
}

const describe: RegistryVerb = {
  command: {
    usage: ['candid thing describe THING'],
    says: ['one thing, its certificates and groups (DescribeThing)'],
    flags: {},
    takes: ['THING'],
  },
  reads: true,
  async act({ given, call, all, declared }) {
    const [thingName = ''] = given.plain
    const found = await need(call('DescribeThing', { thingName }))
    if ('stopped' in found) return found
    const principals = await need(all('ListThingPrincipals', 'principals', { thingName }))
    if ('stopped' in principals) return principals
    const groups = await need(all('ListThingGroupsForThing', 'thingGroups', { thingName }))
    if ('stopped' in groups) return groups
    const shown = {
      ...found.value,
      principals: principals.value['principals'],
      groups: (groups.value['thingGroups'] as { groupName: string }[]).map(one => one.groupName),
    }
    const lines = describeLines(shown, sourcesOf(await declared()).of('thing', thingName))
    return { lines, output: found.value }
  },
}

const update: RegistryVerb = {
  command: {
    usage: ['candid thing update THING [--attribute NAME=VALUE] [--remove NAME] [--type TYPE]'],
    says: ['changes attributes and type; what is not named stays (UpdateThing)'],
    flags: {
      ...changes,
      remove: { value: 'NAME', many: true, says: 'an attribute that goes' },
      'no-type': { says: 'it has no thing type any more' },
    },
    takes: ['THING'],
  },
  async act({ given, call }) {
    const [thingName = ''] = given.plain
    const attributes = pairs(given.values('attribute'), '--attribute')
    if ('problem' in attributes) return stopped([attributes.problem])
    // AWS: an attribute without a value is removed.
    const gone = Object.fromEntries(given.values('remove').map(name => [name, '']))
    const done = await need(
      call('UpdateThing', {
        thingName,
        thingTypeName: given.value('type'),
        removeThingType: given.has('no-type') || undefined,
        attributePayload: { attributes: { ...attributes.pairs, ...gone }, merge: true },
      }),
    )
    if ('stopped' in done) return done
    return { lines: [`thing \`${thingName}\` is changed`], output: done.value }
  },
}

const remove: RegistryVerb = {
  command: {
    usage: ['candid thing delete THING'],
    says: ['deletes a thing that no certificate is attached to (DeleteThing)'],
    flags: {},
    takes: ['THING'],
  },
  async act({ given, call }) {
    const [thingName = ''] = given.plain
    const done = await need(call('DeleteThing', { thingName }))
    if ('stopped' in done) return done
    return { lines: [`thing \`${thingName}\` is gone`], output: done.value }
  },
}

const attach: RegistryVerb = {
  command: {
    usage: ['candid thing attach THING CERT [--exclusive]'],
    says: ['attaches a certificate to a thing (AttachThingPrincipal)'],
    flags: { exclusive: { says: 'the certificate is for this thing only' } },
    takes: ['THING', 'CERT'],
  },
  act: registry => principal('AttachThingPrincipal', registry),
}

const detach: RegistryVerb = {
  command: {
    usage: ['candid thing detach THING CERT'],
    says: ['takes a certificate off a thing (DetachThingPrincipal)'],
    flags: {},
    takes: ['THING', 'CERT'],
  },
  act: registry => principal('DetachThingPrincipal', registry),
}

async function principal(
  operation: 'AttachThingPrincipal' | 'DetachThingPrincipal',
  registry: Registry,
) {
  const { given, call, project } = registry
  const [thingName = '', name = ''] = given.plain
  const certificate = await namedCertificate(name, registry)
  if ('stopped' in certificate) return certificate
  const done = await need(
    call(operation, {
      thingName,
      principal: arn(project.config.account, 'cert', certificate.id),
      ...(given.has('exclusive') && { thingPrincipalType: 'EXCLUSIVE_THING' }),
    }),
  )
  if ('stopped' in done) return done
  const how = operation === 'AttachThingPrincipal' ? 'attached to' : 'not attached to'
  const lines = [`certificate ${certificate.id} is ${how} thing \`${thingName}\``]
  return { lines, output: done.value }
}

const verbs: Family = { create, list, describe, update, attach, detach, delete: remove }

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('thing', verbs, args, io)
}
