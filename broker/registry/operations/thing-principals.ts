/**
 * Certificates on things: AttachThingPrincipal, DetachThingPrincipal, ListThingPrincipals, ListPrincipalThings, and the last
 * two in their second version. A certificate that is attached as EXCLUSIVE_THING is on no other thing.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/exclusive-thing.html
 */

import { type Answer, answer, type Refusal, refuse } from '../answer.ts'
import { changing, type Desk, ifDeclared, reading } from '../desk.ts'
import type { ThingPrincipalRecord, ThingPrincipalType } from '../records.ts'
import { principalNamed, thingNamed } from './named.ts'
import { pageOf, withToken } from './page.ts'
import { arnRule, requiredName, tokenPage } from './rules.ts'

export type ThingPrincipalInput = {
  thingName: string
  /** The ARN of a certificate. */
  principal: string
  thingPrincipalType?: ThingPrincipalType
}

type Paged = { nextToken?: string; maxResults?: number }
type ByThing = Paged & { thingName: string; thingPrincipalType?: ThingPrincipalType }
type ByPrincipal = Paged & { principal: string; thingPrincipalType?: ThingPrincipalType }

const thingPrincipalType = {
  kind: 'string',
  oneOf: ['EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING'],
} as const

export function thingPrincipalOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    attachThingPrincipal: changing(
      desk,
      { thingName: requiredName, principal: arnRule, thingPrincipalType },
      (input: ThingPrincipalInput): Answer<Record<string, never>> => {
        const { thingName, thingPrincipalType: type = 'NON_EXCLUSIVE_THING' } = input
        const certificate = principalNamed(desk, input.principal)
        if (!certificate.ok) return certificate
        const thing = thingNamed(desk, thingName)
        if (!thing.ok) return thing
        const { certificateId } = certificate.value
        const key = `${certificateId}/${thingName}`
        if (view.thingPrincipals.get(key)?.type === type) return answer({})
        const wrong = ifExclusive(desk, certificateId, thingName, type)
        if (wrong) return wrong
        const source = { kind: 'learned', how: 'AttachThingPrincipal' } as const
        tables.thingPrincipals.put(key, { certificateId, thingName, type, source })
        return answer({})
      },
    ),
    detachThingPrincipal: changing(
      desk,
      { thingName: requiredName, principal: arnRule },
      ({ thingName, principal }: ThingPrincipalInput): Answer<Record<string, never>> => {
        const certificate = principalNamed(desk, principal)
        if (!certificate.ok) return certificate
        const thing = thingNamed(desk, thingName)
        if (!thing.ok) return thing
        const { certificateId } = certificate.value
        const key = `${certificateId}/${thingName}`
        const record = view.thingPrincipals.get(key)
        if (record === undefined) {
          const says = `Principal ${principal} is not attached to thing ${thingName}`
          return refuse('ResourceNotFoundException', says)
        }
        const wrong = ifDeclared(record, `that the certificate is on thing \`${thingName}\``)
        if (wrong) return wrong
        tables.thingPrincipals.remove(key)
        return answer({})
      },
    ),
    listThingPrincipals: reading({ ...tokenPage, thingName: requiredName }, (input: ByThing) => {
      const page = ofThing(desk, input, ({ principal }) => principal)
      return withToken('principals', page)
    }),
    listThingPrincipalsV2: reading(
      { ...tokenPage, thingName: requiredName, thingPrincipalType },
      (input: ByThing) => {
        const page = ofThing(desk, input, one => one)
        return withToken('thingPrincipalObjects', page)
      },
    ),
    listPrincipalThings: reading({ ...tokenPage, principal: arnRule }, (input: ByPrincipal) => {
      const page = ofPrincipal(desk, input, ({ thingName }) => thingName)
      return withToken('things', page)
    }),
    listPrincipalThingsV2: reading(
      { ...tokenPage, principal: arnRule, thingPrincipalType },
      (input: ByPrincipal) => {
        const page = ofPrincipal(desk, input, one => one)
        return withToken('principalThingObjects', page)
      },
    ),
  }
}

/** What of a certificate's other attachments forbids a new one. What AWS calls this is not known. */
function ifExclusive(
  desk: Desk,
  certificateId: string,
  thingName: string,
  type: ThingPrincipalType,
): { ok: false; refusal: Refusal } | undefined {
  const there = attachments(desk, desk.view.principalsByCertificate.keys(certificateId))
  const refusal = (says: string, thing: string) =>
    refuse('InvalidRequestException', says, { hint: `detach it from ${thing} first` })
  const same = there.find(one => one.thingName === thingName)
  if (same) {
    const says = `The certificate is attached to thing ${thingName} as ${same.type} already`
    return refusal(says, thingName)
  }
  const exclusive = there.find(one => one.type === 'EXCLUSIVE_THING')
  if (exclusive) {
    const says = `The certificate is attached to thing ${exclusive.thingName} exclusively`
    return refusal(says, exclusive.thingName)
  }
  const [other] = there
  if (type === 'EXCLUSIVE_THING' && other) {
    const says = `The certificate can not be attached exclusively: it is attached to thing ${other.thingName}`
    return refusal(says, other.thingName)
  }
  return undefined
}

function attachments({ view }: Desk, keys: readonly string[]): ThingPrincipalRecord[] {
  return keys.flatMap(key => view.thingPrincipals.get(key) ?? [])
}

type ThingPrincipal = { principal: string; thingPrincipalType: ThingPrincipalType }
type PrincipalThing = { thingName: string; thingPrincipalType: ThingPrincipalType }

function ofThing<T>(desk: Desk, input: ByThing, item: (one: ThingPrincipal) => T) {
  const { thingName } = input
  if (!desk.view.things.has(thingName)) {
    const says = `Failed to list principals for thing ${thingName} because the thing does not exist in your account`
    return refuse('ResourceNotFoundException', says)
  }
  return listed(desk, desk.view.principalsByThing.keys(thingName), input, one =>
    item({ principal: desk.arn('cert', one.certificateId), thingPrincipalType: one.type }),
  )
}

function ofPrincipal<T>(desk: Desk, input: ByPrincipal, item: (one: PrincipalThing) => T) {
  const certificate = principalNamed(desk, input.principal)
  if (!certificate.ok) return certificate
  const keys = desk.view.principalsByCertificate.keys(certificate.value.certificateId)
  return listed(desk, keys, input, ({ thingName, type }) =>
    item({ thingName, thingPrincipalType: type }),
  )
}

function listed<T>(
  { view }: Desk,
  keys: readonly string[],
  input: Paged & { thingPrincipalType?: ThingPrincipalType },
  item: (record: ThingPrincipalRecord) => T,
) {
  return pageOf(
    keys,
    key => {
      const record = view.thingPrincipals.get(key)
      if (record === undefined) return undefined
      const { thingPrincipalType: type = record.type } = input
      return record.type === type ? item(record) : undefined
    },
    { size: input.maxResults, token: input.nextToken },
  )
}
