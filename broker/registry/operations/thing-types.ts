/**
 * Thing types: CreateThingType, DescribeThingType, ListThingTypes, UpdateThingType, DeprecateThingType, DeleteThingType.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/thing-types.html
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import type { PropagatingAttribute, ThingTypeRecord } from '../records.ts'
import { notFound } from './named.ts'
import { pageOf, withToken } from './page.ts'
import { flag, requiredName, resourceName, thingTypeProperties, tokenPage } from './rules.ts'

export type ThingTypeProperties = {
  thingTypeDescription?: string
  searchableAttributes?: string[]
  mqtt5Configuration?: { propagatingAttributes?: PropagatingAttribute[] }
}

/** As DescribeThingType gives it. Times in seconds since 1970. */
export type ThingTypeDescription = {
  thingTypeName: string
  thingTypeArn: string
  thingTypeProperties: ThingTypeProperties
  thingTypeMetadata: { deprecated: boolean; deprecationDate?: number; creationDate: number }
}

/** AWS: a quota that can't be raised. */
const SEARCHABLE_ATTRIBUTES = 3
/** AWS: how long a deprecated type stays. */
const DEPRECATED_FOR = 5 * 60_000

type Named = { thingTypeName: string }

export function thingTypeOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    createThingType: changing(
      desk,
      { thingTypeName: requiredName, thingTypeProperties },
      ({
        thingTypeName,
        thingTypeProperties: wanted = {},
      }: Named & { thingTypeProperties?: ThingTypeProperties }) => {
        const { searchableAttributes = [], ...others } = wanted
        if (searchableAttributes.length > SEARCHABLE_ATTRIBUTES) {
          const says = 'Only three searchable attributes are allowed for a thing type.'
          return refuse('InvalidRequestException', says)
        }
        const there = view.thingTypes.get(thingTypeName)
        const made = { thingTypeName, thingTypeArn: desk.arn('thingtype', thingTypeName) }
        if (there) {
          // AWS: idempotent where nothing differs.
          if (sameProperties(there, wanted)) {
            return answer({ ...made, thingTypeId: there.thingTypeId })
          }
          return refuse(
            'ResourceAlreadyExistsException',
            `Thing Type ${thingTypeName} already exists in account with different properties`,
            { resourceId: there.thingTypeId, resourceArn: made.thingTypeArn },
          )
        }
        const thingTypeId = desk.uuid()
        tables.thingTypes.put(thingTypeName, {
          thingTypeName,
          thingTypeId,
          ...others,
          searchableAttributes,
          creationDate: desk.now(),
          source: { kind: 'learned', how: 'CreateThingType' },
        })
        return answer({ ...made, thingTypeId })
      },
    ),
    describeThingType: reading({ thingTypeName: requiredName }, ({ thingTypeName }: Named) => {
      const type = view.thingTypes.get(thingTypeName)
      if (type === undefined) return notFound('Thing type', thingTypeName)
      return answer({ ...description(type, desk), thingTypeId: type.thingTypeId })
    }),
    listThingTypes: reading(
      { ...tokenPage, thingTypeName: resourceName },
      (input: { nextToken?: string; maxResults?: number; thingTypeName?: string }) => {
        // AWS: the name is a filter that looks at the beginning.
        const { thingTypeName = '' } = input
        const page = pageOf(
          view.thingTypes.keys(),
          key => {
            const type = key.startsWith(thingTypeName) ? view.thingTypes.get(key) : undefined
            return type && description(type, desk)
          },
          { size: input.maxResults, token: input.nextToken },
        )
        return withToken('thingTypes', page)
      },
    ),
    updateThingType: changing(
      desk,
      { thingTypeName: requiredName, thingTypeProperties },
      ({
        thingTypeName,
        thingTypeProperties: wanted = {},
      }: Named & { thingTypeProperties?: ThingTypeProperties }): Answer<Record<string, never>> => {
        const type = view.thingTypes.get(thingTypeName)
        if (type === undefined) return notFound('Thing type', thingTypeName)
        const wrong = ifDeclared(type, `thing type \`${thingTypeName}\``)
        if (wrong) return wrong
        // AWS: what a type is, is said when it is created.
        const { mqtt5Configuration, ...others } = wanted
        if (mqtt5Configuration === undefined || Object.keys(others).length > 0) {
          return refuse('InvalidRequestException', 'Can only update mqtt5Configuration.')
        }
        tables.thingTypes.put(thingTypeName, { ...type, mqtt5Configuration })
        return answer({})
      },
    ),
    deprecateThingType: changing(
      desk,
      { thingTypeName: requiredName, undoDeprecate: flag },
      ({
        thingTypeName,
        undoDeprecate,
      }: Named & { undoDeprecate?: boolean }): Answer<Record<string, never>> => {
        const type = view.thingTypes.get(thingTypeName)
        if (type === undefined) return notFound('Thing type', thingTypeName)
        const wrong = ifDeclared(type, `thing type \`${thingTypeName}\``)
        if (wrong) return wrong
        const { deprecationDate, ...rest } = type
        const since = undoDeprecate === true ? undefined : (deprecationDate ?? desk.now())
        if (since === deprecationDate) return answer({})
        tables.thingTypes.put(thingTypeName, {
          ...rest,
          ...(since === undefined ? {} : { deprecationDate: since }),
        })
        return answer({})
      },
    ),
    deleteThingType: changing(
      desk,
      { thingTypeName: requiredName },
      ({ thingTypeName }: Named): Answer<Record<string, never>> => {
        const type = view.thingTypes.get(thingTypeName)
        if (type === undefined) return notFound('Thing type', thingTypeName)
        const wrong = ifDeclared(type, `thing type \`${thingTypeName}\``)
        if (wrong) return wrong
        const cannot = `Cannot delete thing type : ${thingTypeName}.`
        if (type.deprecationDate === undefined) {
          return refuse('InvalidRequestException', `${cannot} It is not deprecated`, {
            hint: 'deprecate it first: DeprecateThingType',
          })
        }
        const [thing] = view.thingsByType.keys(thingTypeName)
        if (thing !== undefined) {
          const says = `${cannot} There are still things associated with it`
          return refuse('InvalidRequestException', says, {
            hint: `take the type from thing ${thing} first: UpdateThing, removeThingType`,
          })
        }
        const from = type.deprecationDate + DEPRECATED_FOR
        if (desk.now() < from) {
          const says = `${cannot} Please wait for 5 minutes after deprecation and then retry`
          return refuse('InvalidRequestException', says, {
            hint: `it can be deleted from ${new Date(from).toISOString()} on`,
          })
        }
        tables.thingTypes.remove(thingTypeName)
        return answer({})
      },
    ),
  }
}

function description(type: ThingTypeRecord, desk: Desk): ThingTypeDescription {
  const { thingTypeName, deprecationDate } = type
  return {
    thingTypeName,
    thingTypeArn: desk.arn('thingtype', thingTypeName),
    thingTypeProperties: propertiesOf(type),
    thingTypeMetadata: {
      deprecated: deprecationDate !== undefined,
      ...(deprecationDate === undefined ? {} : { deprecationDate: epochSeconds(deprecationDate) }),
      creationDate: epochSeconds(type.creationDate),
    },
  }
}

function propertiesOf(type: ThingTypeRecord): ThingTypeProperties {
  const { thingTypeDescription, searchableAttributes, mqtt5Configuration } = type
  return {
    ...(thingTypeDescription === undefined ? {} : { thingTypeDescription }),
    searchableAttributes,
    ...(mqtt5Configuration === undefined ? {} : { mqtt5Configuration }),
  }
}

function sameProperties(there: ThingTypeRecord, wanted: ThingTypeProperties): boolean {
  const { searchableAttributes = [] } = wanted
  return (
    there.thingTypeDescription === wanted.thingTypeDescription &&
    [...there.searchableAttributes].sort().join(' ') ===
      [...searchableAttributes].sort().join(' ') &&
    JSON.stringify(there.mqtt5Configuration) === JSON.stringify(wanted.mqtt5Configuration)
  )
}
