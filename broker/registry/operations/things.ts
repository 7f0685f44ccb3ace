/**
 * Things: CreateThing, DescribeThing, UpdateThing, DeleteThing, ListThings.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html and its neighbours
 */

import { type Answer, answer, type Refusal, refuse } from '../answer.ts'
import { changing, type Desk, ifDeclared, reading } from '../desk.ts'
import type { ThingRecord } from '../records.ts'
import {
  type AttributePayload,
  attributesAfter,
  sameAttributes,
  unlessVersion,
} from './attributes.ts'
import { notFound, thingNamed } from './named.ts'
import { pageOf, withToken } from './page.ts'
import { attributePayload, flag, requiredName, resourceName, tokenPage, version } from './rules.ts'

export type CreateThingInput = {
  thingName: string
  thingTypeName?: string
  attributePayload?: AttributePayload
  billingGroupName?: string
}

export type UpdateThingInput = {
  thingName: string
  thingTypeName?: string
  attributePayload?: AttributePayload
  expectedVersion?: number
  removeThingType?: boolean
}

export type ListThingsInput = {
  nextToken?: string
  maxResults?: number
  attributeName?: string
  attributeValue?: string
  usePrefixAttributeValue?: boolean
  thingTypeName?: string
}

export type ThingSummary = {
  thingName: string
  thingTypeName?: string
  thingArn: string
  attributes: Record<string, string>
  version: number
}

/** AWS: quotas that can't be raised: attributes of a thing without a type, and with one. */
const ATTRIBUTES = 3
const ATTRIBUTES_WITH_TYPE = 50

export function thingOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    createThing: changing(
      desk,
      {
        thingName: requiredName,
        thingTypeName: resourceName,
        attributePayload,
        billingGroupName: resourceName,
      },
      ({ thingName, attributePayload: payload, ...rest }: CreateThingInput) => {
        const attributes = attributesAfter({}, payload)
        const there = view.things.get(thingName)
        const made = { thingName, thingArn: desk.arn('thing', thingName) }
        if (there) {
          // AWS: idempotent where nothing differs.
          if (sameThing(there, { ...rest, attributes })) {
            return answer({ ...made, thingId: there.thingId })
          }
          return refuse(
            'ResourceAlreadyExistsException',
            `Thing ${thingName} already exists in account with different attributes`,
            { resourceId: there.thingId, resourceArn: made.thingArn },
          )
        }
        const { billingGroupName, thingTypeName } = rest
        const wrong =
          ifNoType(desk, thingTypeName, 'Can not create new thing with depreated thing type:') ??
          ifTooMany(attributes, thingTypeName)
        if (wrong) return wrong
        if (billingGroupName !== undefined && !view.billingGroups.has(billingGroupName)) {
          return notFound('Billing group', billingGroupName)
        }
        const thingId = desk.uuid()
        tables.things.put(thingName, {
          thingName,
          thingId,
          ...rest,
          attributes,
          version: 1,
          source: { kind: 'learned', how: 'CreateThing' },
        })
        return answer({ ...made, thingId })
      },
    ),
    describeThing: reading({ thingName: requiredName }, ({ thingName }: { thingName: string }) => {
      const thing = thingNamed(desk, thingName)
      if (!thing.ok) return thing
      const { source: _, ...rest } = thing.value
      return answer({
        ...rest,
        defaultClientId: thingName,
        thingArn: desk.arn('thing', thingName),
      })
    }),
    updateThing: changing(
      desk,
      {
        thingName: requiredName,
        thingTypeName: resourceName,
        attributePayload,
        expectedVersion: version,
        removeThingType: flag,
      },
      (input: UpdateThingInput): Answer<Record<string, never>> => {
        const { thingName, thingTypeName, removeThingType } = input
        const found = thingNamed(desk, thingName)
        if (!found.ok) return found
        const thing = found.value
        if (removeThingType === true && thingTypeName !== undefined) {
          const says = 'thingTypeName and removeThingType can not be used together'
          return refuse('InvalidRequestException', says)
        }
        const { thingTypeName: before, ...untyped } = thing
        const typeName = removeThingType === true ? undefined : (thingTypeName ?? before)
        const attributes = attributesAfter(thing.attributes, input.attributePayload)
        const wrong =
          ifDeclared(thing, `thing \`${thingName}\``) ??
          unlessVersion(`thing ${thingName}`, thing, input.expectedVersion) ??
          ifNoType(
            desk,
            thingTypeName,
            'Can not update a thing to use deprecated thing type: ',
            before,
          ) ??
          ifTooMany(attributes, typeName)
        if (wrong) return wrong
        tables.things.put(thingName, {
          ...untyped,
          ...(typeName === undefined ? {} : { thingTypeName: typeName }),
          attributes,
          version: thing.version + 1,
        })
        return answer({})
      },
    ),
    deleteThing: changing(
      desk,
      { thingName: requiredName, expectedVersion: version },
      (input: { thingName: string; expectedVersion?: number }): Answer<Record<string, never>> => {
        const { thingName } = input
        const thing = view.things.get(thingName)
        // AWS: nothing to delete is fine.
        if (thing === undefined) return answer({})
        const wrong =
          ifDeclared(thing, `thing \`${thingName}\``) ??
          unlessVersion(`thing ${thingName}`, thing, input.expectedVersion)
        if (wrong) return wrong
        if (view.principalsByThing.has(thingName)) {
          const says = `Cannot delete. Thing ${thingName} is still attached to one or more principals`
          return refuse('InvalidRequestException', says, {
            hint: 'detach its certificates first: DetachThingPrincipal',
          })
        }
        for (const key of desk.indexes.groupThingsByThing.keys(thingName)) {
          tables.groupThings.remove(key)
        }
        tables.things.remove(thingName)
        return answer({})
      },
    ),
    listThings: reading(
      {
        ...tokenPage,
        attributeName: { kind: 'string', max: 128 },
        attributeValue: { kind: 'string', max: 800 },
        usePrefixAttributeValue: flag,
        thingTypeName: resourceName,
      },
      (input: ListThingsInput) => {
        const { thingTypeName } = input
        const wanted = filterOf(desk, input)
        if (!wanted.ok) return wanted
        const keys =
          thingTypeName === undefined ? view.things.keys() : view.thingsByType.keys(thingTypeName)
        const page = pageOf(
          keys,
          key => {
            const thing = view.things.get(key)
            return thing && wanted.value(thing) ? summary(thing, desk) : undefined
          },
          { size: input.maxResults, token: input.nextToken },
        )
        return withToken('things', page)
      },
    ),
  }
}

/** @param before a type that the thing has already: it may keep that */
function ifNoType(
  { view }: Desk,
  name: string | undefined,
  deprecated: string,
  before?: string,
): { ok: false; refusal: Refusal } | undefined {
  if (name === undefined) return undefined
  const type = view.thingTypes.get(name)
  if (type === undefined) return notFound('Thing type', name)
  if (type.deprecationDate === undefined || name === before) return undefined
  return refuse('InvalidRequestException', deprecated + name)
}

function ifTooMany(
  attributes: Record<string, string>,
  thingTypeName: string | undefined,
): { ok: false; refusal: Refusal } | undefined {
  const most = thingTypeName === undefined ? ATTRIBUTES : ATTRIBUTES_WITH_TYPE
  const there = Object.keys(attributes).length
  if (there <= most) return undefined
  const what = thingTypeName === undefined ? 'A thing without a thing type' : 'A thing'
  const says = `${what} can not have more than ${most} attributes, not ${there}`
  return refuse('InvalidRequestException', says, {
    ...(thingTypeName === undefined ? { hint: 'with a thing type it can have 50' } : {}),
  })
}

/**
 * Which things ListThings is asked for.
 * AWS: attributes of a thing with a type are found only where the type has them as searchable. DG/thing-types
 */
function filterOf({ view }: Desk, input: ListThingsInput): Answer<(thing: ThingRecord) => boolean> {
  const { thingTypeName, attributeName: name, attributeValue: value } = input
  if ((name === undefined) !== (value === undefined)) {
    return refuse('InvalidRequestException', 'attributeName and attributeValue go together')
  }
  if (name === undefined || value === undefined) {
    return answer(thing => thingTypeName === undefined || thing.thingTypeName === thingTypeName)
  }
  if (thingTypeName !== undefined) {
    const says = 'Listing things by the combination of attribute and thing type is not supported'
    return refuse('InvalidRequestException', says)
  }
  return answer(thing => {
    const type = thing.thingTypeName
    if (type && !view.thingTypes.get(type)?.searchableAttributes.includes(name)) return false
    if (!Object.hasOwn(thing.attributes, name)) return false
    const there = thing.attributes[name] ?? ''
    return input.usePrefixAttributeValue === true ? there.startsWith(value) : there === value
  })
}

function summary(thing: ThingRecord, desk: Desk): ThingSummary {
  const { thingName, thingTypeName, attributes, version } = thing
  return {
    thingName,
    ...(thingTypeName === undefined ? {} : { thingTypeName }),
    thingArn: desk.arn('thing', thingName),
    attributes,
    version,
  }
}

function sameThing(
  there: ThingRecord,
  wanted: { thingTypeName?: string; billingGroupName?: string; attributes: Record<string, string> },
): boolean {
  return (
    there.thingTypeName === wanted.thingTypeName &&
    there.billingGroupName === wanted.billingGroupName &&
    sameAttributes(there.attributes, wanted.attributes)
  )
}
