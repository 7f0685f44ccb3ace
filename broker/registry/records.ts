/**
 * The records that the registry keeps, as they stand in the store: plain JSON, times in ms since 1970. Names are AWS's. A
 * record is replaced, never changed in place.
 */

import type {
  AuthorityStatus,
  AutoRegistration,
  DeviceStatus,
  ThingPrincipalType,
} from '../config/shape.ts'

/** Where a record comes from: a file of the user's, which stays the master, or something that happened while running. */
export type Source = { kind: 'declared'; file: string } | { kind: 'learned'; how: string }

export type CertificateMode = 'DEFAULT' | 'SNI_ONLY'

export type { ThingPrincipalType }

type Dated = { creationDate: number; lastModifiedDate: number }

export type CertificateRecord = Dated & {
  /** SHA-256 of the DER, hex, lower case. */
  certificateId: string
  /** Base64. Of a record that was read from a store it stays there: `Desk.derOf` has it. */
  der?: string
  status: DeviceStatus
  certificateMode: CertificateMode
  caCertificateId?: string
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  publicKeySha256: string
  /** SHA-256 of the issuer's name, hex: certificates of one issuer are found by it. */
  issuerSha256: string
  notBefore: number
  notAfter: number
  customerVersion: number
  generationId: string
  ownedBy: string
  previousOwnedBy?: string
  transfer?: CertificateTransfer
  /** ms since 1970: when it is deleted, if it is neither active nor attached by then (fleet provisioning). */
  expires?: number
  /** Of the ownership token that goes with `expires`, hex. */
  tokenSha256?: string
  source: Source
}

export type CertificateTransfer = {
  transferredTo?: string
  transferMessage?: string
  transferDate?: number
  acceptDate?: number
  rejectDate?: number
  rejectReason?: string
}

export type AuthorityRecord = Dated & {
  /** The certificateId of the CA certificate. */
  caCertificateId: string
  /** Base64. */
  der: string
  status: AuthorityStatus
  autoRegistrationStatus: AutoRegistration
  certificateMode: CertificateMode
  /** With it just-in-time provisioning, without it just-in-time registration. */
  registrationConfig?: { templateName?: string; templateBody?: string; roleArn?: string }
  /** SHA-256 of the subject's name, hex. */
  subjectSha256: string
  notBefore: number
  notAfter: number
  customerVersion: number
  generationId: string
  ownedBy: string
  /** For people: how it is called in messages. */
  name: string
  source: Source
}

export type ThingRecord = {
  thingName: string
  thingId: string
  thingTypeName?: string
  billingGroupName?: string
  attributes: Record<string, string>
  version: number
  source: Source
}

export type ThingTypeRecord = {
  thingTypeName: string
  thingTypeId: string
  thingTypeDescription?: string
  searchableAttributes: string[]
  mqtt5Configuration?: { propagatingAttributes?: PropagatingAttribute[] }
  creationDate: number
  /** Set while it is deprecated. */
  deprecationDate?: number
  source: Source
}

/** AWS: what of a connection a message takes along as a user property of MQTT 5. */
export type PropagatingAttribute = {
  userPropertyKey: string
  thingAttribute?: string
  connectionAttribute?: string
}

export type ThingGroupRecord = {
  thingGroupName: string
  thingGroupId: string
  parentGroupName?: string
  thingGroupDescription?: string
  attributes: Record<string, string>
  version: number
  creationDate: number
  source: Source
}

export type BillingGroupRecord = {
  billingGroupName: string
  billingGroupId: string
  billingGroupDescription?: string
  version: number
  creationDate: number
  source: Source
}

export type PolicyRecord = Dated & {
  policyName: string
  defaultVersionId: string
  /** Goes up with each version and is never used again. */
  lastVersionId: number
  versions: { [versionId: string]: { policyDocument: string; createDate: number } }
  generationId: string
  source: Source
}

export type TemplateRecord = Dated & {
  templateName: string
  type: 'FLEET_PROVISIONING' | 'JITP'
  enabled: boolean
  description?: string
  provisioningRoleArn: string
  preProvisioningHook?: { payloadVersion?: string; targetArn: string }
  defaultVersionId: number
  lastVersionId: number
  versions: { [versionId: string]: { templateBody: string; creationDate: number } }
  source: Source
}

/** A certificate on a thing. Key: `certificateId/thingName`. */
export type ThingPrincipalRecord = {
  certificateId: string
  thingName: string
  type: ThingPrincipalType
  source: Source
}

/** A policy on a certificate or on a thing group. Key: `policyName/target`. */
export type PolicyTargetRecord = { policyName: string; target: PolicyTarget; source: Source }

/** `cert/<certificateId>` or `thinggroup/<name>`: an ARN without account and region, which the config may change. */
export type PolicyTarget = `cert/${string}` | `thinggroup/${string}`

/** A thing in a group. Key: `thingGroupName/thingName`. */
export type GroupThingRecord = { thingGroupName: string; thingName: string; source: Source }

/** What there is one of. Key: its name. */
export type SettingRecord = { value: string }
