/** What an input names: a resource by its name or by its ARN, or a certificate as a principal. */

import { type Answer, answer, refuse } from '../answer.ts'
import { nameInArn } from '../arn.ts'
import type { Desk } from '../desk.ts'
import type { CertificateRecord, ThingRecord } from '../records.ts'

/** How AWS's messages and inputs call what can be named in two ways. */
const words = {
  thing: { type: 'thing', name: 'thingName', arn: 'thingArn' },
  thingGroup: { type: 'thinggroup', name: 'thingGroupName', arn: 'thingGroupArn' },
  billingGroup: { type: 'billinggroup', name: 'billingGroupName', arn: 'billingGroupArn' },
} as const

/** The name of what an input gives by name, by ARN or by both. Whether there is such a thing is not asked. */
export function nameOf(
  desk: Desk,
  what: keyof typeof words,
  { name, arn }: { name?: string | undefined; arn?: string | undefined },
): Answer<string> {
  const word = words[what]
  if (arn === undefined) {
    if (name !== undefined) return answer(name)
    const says = `Both ${word.arn} and ${word.name} are empty. Need to specify at least one of them`
    return refuse('InvalidRequestException', says)
  }
  const inArn = nameInArn(desk.account(), word.type, arn)
  if (name !== undefined && inArn !== name) {
    const says = `${word.arn} does not match specified ${word.name} in request`
    return refuse('InvalidRequestException', says)
  }
  if (inArn === undefined) {
    return refuse('InvalidRequestException', `${word.arn} is not valid: ${arn.slice(0, 200)}`, {
      hint: `here it is ${desk.arn(word.type, 'NAME')}`,
    })
  }
  return answer(inArn)
}

export function thingNamed(desk: Desk, thingName: string): Answer<ThingRecord> {
  const thing = desk.view.things.get(thingName)
  return thing ? answer(thing) : notFound('Thing', thingName)
}

/**
 * The certificate that a principal is.
 * DIFFERS: Amazon Cognito identities are not there. What AWS answers for the ARN of another account is not known.
 */
export function principalNamed(desk: Desk, principal: string): Answer<CertificateRecord> {
  const certificateId = nameInArn(desk.account(), 'cert', principal)
  if (certificateId !== undefined) {
    const record = desk.view.certificates.get(certificateId.toLowerCase())
    return record ? answer(record) : notFound('Certificate', certificateId)
  }
  const hint = `certificates are ${desk.arn('cert', 'ID')} here`
  if (/^arn:[a-z-]+:iot:[^:]*:[^:]*:cert\/./.test(principal)) {
    const says = `Principal ${principal.slice(0, 200)} is not in this account and region`
    return refuse('ResourceNotFoundException', says, { hint })
  }
  // AWS: its words for the ARN of something else.
  return refuse('InvalidRequestException', 'The given ARN does not represent a cert', { hint })
}

export function notFound(what: string, name: string) {
  return refuse('ResourceNotFoundException', `${what} ${name.slice(0, 200)} cannot be found.`)
}
