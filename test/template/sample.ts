/** Templates for tests, made of pieces. */

import { type PlanResult, planFrom } from '../../broker/template/plan.ts'
import { readTemplate } from '../../broker/template/read.ts'
import type { Template, TemplateKind } from '../../broker/template/template.ts'

export const ID = 'AWS::IoT::Certificate::Id'
export const CN = 'AWS::IoT::Certificate::CommonName'
export const SERIAL = 'AWS::IoT::Certificate::SerialNumber'

/** What is known in every case. */
export const carried = { [ID]: 'ab12', [CN]: 'sensor-1' }

export const CERTIFICATE = {
  Type: 'AWS::IoT::Certificate',
  Properties: { CertificateId: { Ref: ID }, Status: 'ACTIVE' },
}

/** A template whose thing has this name, and these properties and settings. */
export function naming(ThingName: unknown, more: object = {}, OverrideSettings?: object): object {
  const thing = {
    Type: 'AWS::IoT::Thing',
    Properties: { ...(ThingName === undefined ? {} : { ThingName }), ...more },
    ...(OverrideSettings && { OverrideSettings }),
  }
  return { Resources: { thing, certificate: CERTIFICATE } }
}

export function withPolicy(Properties: object): object {
  return {
    Resources: { certificate: CERTIFICATE, policy: { Type: 'AWS::IoT::Policy', Properties } },
  }
}

export function withCertificate(Properties: object, OverrideSettings?: object): object {
  const certificate = {
    Type: 'AWS::IoT::Certificate',
    Properties,
    ...(OverrideSettings && { OverrideSettings }),
  }
  return { Resources: { certificate } }
}

/** The template, or what is wrong with it, thrown. */
export function good(template: unknown): Template {
  const read = readTemplate(JSON.stringify(template))
  if (read.template) return read.template
  throw new Error(JSON.stringify(read.problems))
}

export function plan(
  template: unknown,
  kind: TemplateKind = 'JITP',
  given: Record<string, string> = carried,
): PlanResult {
  return planFrom(good(template), kind, new Map(Object.entries(given)))
}
