/**
 * What a policy can ask about one client: from facts about the connection to the names that AWS gives them. One place for
 * it, so that the broker, the case files and `candid policy simulate` see the same.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html and its neighbours
 */

import { quote } from '../diagnosis/words.ts'
import { type Context, parseVariable } from './variables.ts'

export type Facts = {
  clientId?: string
  certificateId?: string
  sourceIp?: string
  /** The name that the client has asked for (SNI). */
  domainName?: string
  /** What the certificate is attached to. */
  things?: AttachedThing[]
  certificate?: CertificateFacts
}

export type AttachedThing = {
  thingName: string
  thingTypeName?: string
  attributes?: Record<string, string>
  /** Attached as EXCLUSIVE_THING: then the thing is found whatever the client id. */
  exclusive?: boolean
}

/** Values under the last part of AWS's names: `{ CommonName: ['sensor-1'] }`, `{ DNSName: ['a.example'] }`. */
export type CertificateFacts = {
  serialNumber?: string
  subject?: Record<string, string[]>
  subjectAlternativeName?: Record<string, string[]>
  issuer?: Record<string, string[]>
  issuerAlternativeName?: Record<string, string[]>
}

/** The context of every request of this client, and why a name of it has no value. */
export function contextOf(facts: Facts): { context: Context; reasons: Record<string, string> } {
  const { certificate, certificateId, clientId, domainName, sourceIp } = facts
  const thing = thingOf(facts)
  const context: Context = {
    'iot:ClientId': clientId,
    'iot:CertificateId': certificateId,
    'aws:SourceIp': sourceIp,
    'iot:DomainName': domainName,
    'iot:Connection.Thing.IsAttached': String(thing !== undefined),
    // AWS: the data plane is reached over TLS alone.
    'aws:SecureTransport': 'true',
  }
  if (certificate) addCertificate(context, certificate)
  if (!thing) return { context, reasons: { [thingNameKey]: whyNoThing(facts) } }
  const { attributes = {}, thingName, thingTypeName } = thing
  context[thingNameKey] = thingName
  context['iot:Connection.Thing.ThingTypeName'] = thingTypeName
  for (const [name, value] of Object.entries(attributes))
    context[`iot:Connection.Thing.Attributes[${name}]`] = value
  return { context, reasons: {} }
}

/**
 * The thing that this client is. AWS: the one whose name is the client id, if the certificate is attached to it; with an
 * exclusive attachment that one, whatever the client id.
 */
export function thingOf({ clientId, things = [] }: Facts): AttachedThing | undefined {
  return (
    things.find(one => one.exclusive === true) ?? things.find(one => one.thingName === clientId)
  )
}

/**
 * What iot:Connect can ask about besides.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html
 * @param persistent clean session 0 (MQTT 5: a session expiry above 0)
 * @param willTopic the ARN of the will's topic, if there is a will
 */
export function connectContext(persistent: boolean, willTopic: string | undefined): Context {
  return {
    'iot:ConnectAttributes': [
      ...(persistent ? ['PersistentConnect'] : []),
      ...(willTopic === undefined ? [] : ['LastWill']),
    ],
    'iot:LastWillTopic': willTopic,
  }
}

/** @param now ms since 1970 */
export function timeContext(now: number): Context {
  return {
    'aws:CurrentTime': new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    'aws:EpochTime': String(Math.floor(now / 1000)),
  }
}

/** The names of `timeContext`: what depends on them is good for this moment only. */
export const timeKeys: readonly string[] = ['aws:CurrentTime', 'aws:EpochTime']

function addCertificate(context: Context, certificate: CertificateFacts): void {
  const { serialNumber } = certificate
  const parts = [
    ['Subject', certificate.subject],
    ['Subject.AlternativeName', certificate.subjectAlternativeName],
    ['Issuer', certificate.issuer],
    ['Issuer.AlternativeName', certificate.issuerAlternativeName],
  ] as const
  const available: string[] = []
  const set = (name: string, value: string | string[]) => {
    // A subject may hold more kinds of names than AWS knows.
    if (!parseVariable(name).known) return
    context[name] = value
    available.push(name)
  }
  for (const [part, values = {}] of parts)
    for (const [name, held] of Object.entries(values)) set(`iot:Certificate.${part}.${name}`, held)
  if (serialNumber !== undefined) set('iot:Certificate.SerialNumber', serialNumber)
  // DIFFERS: AWS says that it holds the names of the variables that have values, not in which form. We give them in full.
  context['iot:Certificate.AvailableKeys'] = available
}

function whyNoThing({ clientId = '', things = [] }: Facts): string {
  if (things.length === 0) return 'the certificate is attached to no thing'
  const names = things.map(({ thingName }) => quote(thingName)).join(', ')
  return `the client id is ${quote(clientId)}, and the certificate is attached to the thing ${names}`
}

const thingNameKey = 'iot:Connection.Thing.ThingName'
