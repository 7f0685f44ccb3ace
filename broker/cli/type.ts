/** `candid type`: thing types. */

import { type Family, runFamily } from './family.ts'
import { need, type RegistryVerb } from './in-registry.ts'
import type { Io } from './io.ts'
import { cell, day, describeLines, listLines, sourcesOf } from './tell.ts'

const create: RegistryVerb = {
  command: {
    usage: ['candid type create TYPE [--description TEXT] [--searchable NAME]'],
    says: ['makes a thing type (CreateThingType)'],
    flags: {
      description: { value: 'TEXT', says: 'what it is' },
      searchable: { value: 'NAME', many: true, says: 'a searchable attribute, three at most' },
    },
    takes: ['TYPE'],
  },
  async act({ given, call }) {
    const [thingTypeName = ''] = given.plain
    const made = await need(
      call('CreateThingType', {
        thingTypeName,
        thingTypeProperties: {
          thingTypeDescription: given.value('description'),
          ...(given.has('searchable') && { searchableAttributes: given.values('searchable') }),
        },
      }),
    )
    if ('stopped' in made) return made
    return { lines: [`thing type \`${thingTypeName}\` is there`], output: made.value }
  },
}

const list: RegistryVerb = {
  command: {
    usage: ['candid type list'],
    says: ['all thing types, and where each comes from (ListThingTypes)'],
    flags: {},
    takes: [],
  },
  reads: true,
  async act({ all, declared }) {
    const found = await need(all('ListThingTypes', 'thingTypes'))
    if ('stopped' in found) return found
    const sources = sourcesOf(await declared())
    type Type = {
      thingTypeName: string
      thingTypeProperties?: { thingTypeDescription?: string }
      thingTypeMetadata?: { deprecated?: boolean; creationDate?: number }
    }
    const rows = (found.value['thingTypes'] as Type[]).map(one => [
      one.thingTypeName,
      one.thingTypeMetadata?.deprecated ? 'deprecated' : '-',
      day(one.thingTypeMetadata?.creationDate),
      cell(one.thingTypeProperties?.thingTypeDescription),
      sources.of('type', one.thingTypeName),
    ])
    const head = ['TYPE', 'STATE', 'MADE', 'DESCRIPTION', 'FROM']
    return { lines: listLines(head, rows, 'there are no thing types'), output: found.value }
  },
}

const describe: RegistryVerb = {
  command: {
    usage: ['candid type describe TYPE'],
    says: ['one thing type (DescribeThingType)'],
    flags: {},
    takes: ['TYPE'],
  },
  reads: true,
  async act({ given, call, declared }) {
    const [thingTypeName = ''] = given.plain
    const found = await need(call('DescribeThingType', { thingTypeName }))
    if ('stopped' in found) return found
    const from = sourcesOf(await declared()).of('type', thingTypeName)
    return { lines: describeLines(found.value, from), output: found.value }
  },
}

function changing(
  verb: string,
  says: string,
  operation: string,
  done: string,
  more: object = {},
): RegistryVerb {
  return {
    command: { usage: [`candid type ${verb} TYPE`], says: [says], flags: {}, takes: ['TYPE'] },
    async act({ given, call }) {
      const [thingTypeName = ''] = given.plain
      const result = await need(call(operation, { thingTypeName, ...more }))
      if ('stopped' in result) return result
      return { lines: [`thing type \`${thingTypeName}\` ${done}`], output: result.value }
    },
  }
}

const verbs: Family = {
  create,
  list,
  describe,
  deprecate: changing(
    'deprecate',
    'no thing can get it any more (DeprecateThingType)',
    'DeprecateThingType',
    'is deprecated',
  ),
  restore: changing(
    'restore',
    'takes the deprecation back (DeprecateThingType, undoDeprecate)',
    'DeprecateThingType',
    'is not deprecated',
    { undoDeprecate: true },
  ),
  delete: changing(
    'delete',
    'deletes a deprecated type (DeleteThingType)',
    'DeleteThingType',
    'is gone',
  ),
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('type', verbs, args, io)
}
