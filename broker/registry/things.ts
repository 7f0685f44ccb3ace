/**
 * Things: CreateThing, DescribeThing, UpdateThing, DeleteThing, ListThings.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html and its neighbours
 */

import { answer, refuse } from './answer.ts'
import { changing, type Desk, reading } from './desk.ts'
import { pageOf } from './page.ts'
import type { ThingRecord } from './records.ts'
import { attributePayload, requiredName, resourceName, tokenPage } from './rules.ts'

export type CreateThingInput = {
  thingName: string
  thingTypeName?: string
  attributePayload?: { attributes?: Record<string, string>; merge?: boolean }
  billingGroupName?: string
}

export type ThingSummary = {
  thingName: string
  thingTypeName?: string
  thingArn: string
  attributes: Record<string, string>
  version: number
}

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
        const attributes = payload?.attributes ?? {}
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
      const thing = view.things.get(thingName)
      if (thing === undefined) {
        return refuse('ResourceNotFoundException', `Thing ${thingName} cannot be found.`)
      }
      const { source: _, ...rest } = thing
      return answer({
        ...rest,
        defaultClientId: thingName,
        thingArn: desk.arn('thing', thingName),
      })
    }),
    listThings: reading(
      { ...tokenPage, thingTypeName: resourceName },
      (input: { nextToken?: string; maxResults?: number; thingTypeName?: string }) => {
        const { thingTypeName } = input
        const keys =
          thingTypeName === undefined ? view.things.keys() : view.thingsByType.keys(thingTypeName)
        const page = pageOf(
          keys,
          key => {
            const thing = view.things.get(key)
            if (thing === undefined) return undefined
            if (thingTypeName !== undefined && thing.thingTypeName !== thingTypeName)
              return undefined
            return summary(thing, desk)
          },
          { size: input.maxResults, token: input.nextToken },
        )
        if (!page.ok) return page
        const { items, next } = page.value
        return answer({ things: items, ...(next === undefined ? {} : { nextToken: next }) })
      },
    ),
  }
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
  const entries = (of: Record<string, string>) => JSON.stringify(Object.entries(of).sort())
  return (
    there.thingTypeName === wanted.thingTypeName &&
    there.billingGroupName === wanted.billingGroupName &&
    entries(there.attributes) === entries(wanted.attributes)
  )
}
