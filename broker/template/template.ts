/**
 * Provisioning templates: what one is after it was read and checked. Read once (`read.ts`), then planned for each
 * certificate or device (`plan.ts`).
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
 */

import type { Expression } from './expression.ts'

/** Who uses it decides what is allowed in it. AWS: `type` of CreateProvisioningTemplate; RegisterThing takes a body. */
export type TemplateKind = 'JITP' | 'FLEET_PROVISIONING' | 'REGISTER_THING'

export type Template = {
  parameters: ReadonlyMap<string, Parameter>
  mappings: Mappings
  thing?: Resource
  certificate: Resource
  policies: readonly Resource[]
  /** AWS: told to the device at the end of fleet provisioning. */
  deviceConfiguration: ReadonlyMap<string, Expression>
  /** Sections that are there. */
  sections: ReadonlySet<string>
}

export type Parameter = { fallback?: string; line?: number }

/** AWS: two levels, literals only. */
export type Mappings = ReadonlyMap<
  string,
  ReadonlyMap<string, ReadonlyMap<string, string | string[]>>
>

export type Resource = {
  /** The logical name. */
  name: string
  line?: number
  /** Under AWS's usual spelling. */
  properties: ReadonlyMap<string, Expression>
  override: ReadonlyMap<string, Override>
}

/** AWS: `OverrideSettings`, what becomes of a thing or certificate that exists. */
export type Override = 'DO_NOTHING' | 'REPLACE' | 'FAIL' | 'MERGE'

export type TemplateProblem = {
  /** With an error there is no template; a warning says what will surprise. */
  severity: 'error' | 'warning'
  /** Counted from 1; missing where the body is a string inside of another document. */
  line?: number
  resource?: string
  parameter?: string
  /** One line, lower case, no full stop. */
  says: string
  hint?: string
}

export type Report = (problem: TemplateProblem) => void

/** Why nothing came of a template, and where. */
export type TemplateFailure = { parameter?: string; resource?: string; why: string }

/** AWS: what a certificate's subject gives a JITP template; other attributes have no parameter. DG/jit-provisioning */
export const subjectParameters = [
  'Country',
  'Organization',
  'OrganizationalUnit',
  'DistinguishedNameQualifier',
  'StateName',
  'CommonName',
  'SerialNumber',
] as const

/** The prefix of all parameters that AWS fills in. */
export const certificatePrefix = 'AWS::IoT::Certificate::'

/** AWS: always there, in fleet provisioning too. */
export const certificateIdParameter = `${certificatePrefix}Id`
