/**
 * What config.yaml can say, as a type. Every key has a default, so an empty file is a good one;
 * `items.ts` reads the `devices` and `authorities`, which have the same shape in the files under
 * certs/.
 */

import { awsLimits, type Limits } from './limits.ts'

/**
 * AWS: the six predefined policies; see "Transport security" in the AWS IoT Core developer guide.
 */
export const securityPolicies = [
  'IoTSecurityPolicy_TLS13_1_3_2022_10',
  'IoTSecurityPolicy_TLS13_1_2_2022_10',
  'IoTSecurityPolicy_TLS12_1_2_2022_10',
  'IoTSecurityPolicy_TLS12_1_0_2016_01',
  'IoTSecurityPolicy_TLS12_1_0_2015_01',
  'IoTSecurityPolicy_TLS13_1_2_2022_01',
] as const
export type SecurityPolicyName = (typeof securityPolicies)[number]

export const serverCertificateKinds = ['rsa', 'ecdsa'] as const
export type ServerCertificateKind = (typeof serverCertificateKinds)[number]

/** A server certificate of the user's own. Paths are relative to the config file; in code it is the PEM itself. */
export type OwnCertificate = {
  /** The certificate, then each one that signed the one before. */
  certificate: string
  key: string
  /** The CA that devices trust, so that it can be told. */
  ca?: string
  /** 1-based, in the config file. */
  line?: number
}

/** One of the local PKI's two, or the user's own. */
export type ServerCertificateItem = ServerCertificateKind | OwnCertificate

export const groupNames = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] as const
export type GroupName = (typeof groupNames)[number]

export const refusalMoments = ['at-connect', 'in-handshake'] as const
export type RefusalMoment = (typeof refusalMoments)[number]

export const sniRules = ['optional', 'required'] as const
export type SniRule = (typeof sniRules)[number]

/** `by-port`: required on 443, as on AWS, and optional elsewhere. */
export const alpnRules = ['by-port', 'optional', 'required'] as const
export type AlpnRule = (typeof alpnRules)[number]

export const chainModes = ['lenient', 'strict'] as const
export type ChainMode = (typeof chainModes)[number]

export const logForms = ['story', 'json', 'cloudwatch'] as const
export type LogForm = (typeof logForms)[number]

export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export const policySizes = ['refuse', 'warn'] as const
export type PolicySize = (typeof policySizes)[number]

/** AWS: `caCertificateStatus` of RegisterCACertificate and DescribeCACertificate. */
export const authorityStatuses = ['ACTIVE', 'INACTIVE'] as const
export type AuthorityStatus = (typeof authorityStatuses)[number]

export const autoRegistrations = ['ENABLE', 'DISABLE'] as const
export type AutoRegistration = (typeof autoRegistrations)[number]

/**
 * AWS: the certificate statuses that the API shows; PENDING_* can't be set there, here they can, to
 * be tried out.
 */
export const deviceStatuses = [
  'ACTIVE',
  'INACTIVE',
  'REVOKED',
  'PENDING_ACTIVATION',
  'PENDING_TRANSFER',
] as const
export type DeviceStatus = (typeof deviceStatuses)[number]

/** AWS: how a certificate is attached to a thing. */
export const thingPrincipalTypes = ['EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING'] as const
export type ThingPrincipalType = (typeof thingPrincipalTypes)[number]

/** One CA, as declared. `certificate` is a path relative to the file that declares it. */
export type AuthorityItem = {
  certificate: string
  status: AuthorityStatus
  autoRegistration: AutoRegistration
  /** Name of a template under policies/templates/. With it: JITP. Without: JITR. */
  template?: string
  /** 1-based line where the item starts. */
  line: number
}

/** One device, as declared. `certificate` is a path relative to the file that declares it. */
export type DeviceItem = {
  /** Absent: the certificate is attached to no thing. */
  thing?: string
  /** Of the thing: the name of one of `thingTypes`. */
  thingType?: string
  /** Of the thing. */
  attributes?: Record<string, string>
  /** EXCLUSIVE_THING: the device is its thing whatever its client id. */
  thingPrincipalType?: ThingPrincipalType
  certificate: string
  status: DeviceStatus
  /** Names of files under policies/, without `.json`. */
  policies: string[]
  /** 1-based line where the item starts. */
  line: number
}

/** What can be said for all listeners, in `tls`, and for one of them. */
export type Door = {
  securityPolicy: SecurityPolicyName
  /** At most one for each kind of key. */
  serverCertificates: ServerCertificateItem[]
  /** Accepted key exchange groups, the preferred one first. */
  groups: GroupName[]
  sni: SniRule
  alpn: AlpnRule
  refuseCertificates: RefusalMoment
}

/** `port` 0 takes a free one. What is left out, `tls` says. */
export type ListenerItem = { host: string; port: number } & Partial<Door>

/** One thing type, as declared. */
export type ThingTypeItem = {
  name: string
  description?: string
  searchableAttributes: string[]
  /** 1-based line where the item starts. */
  line: number
}

/** One thing group, as declared. */
export type GroupItem = {
  name: string
  /** The group above it. */
  parent?: string
  policies: string[]
  /** Names of things. */
  things: string[]
  /** 1-based line where the item starts. */
  line: number
}

/** The hook that is asked before a device is provisioned by a template (fleet provisioning). Paths are relative to the config. */
export type HookItem = { template: string; line: number } & (
  | { command: string[]; module?: never }
  | { module: string; command?: never }
)

export type Config = {
  /** At least one. */
  listeners: ListenerItem[]
  account: { id: string; region: string }
  tls: Door & {
    /** Further DNS names and IP addresses for the local PKI's server certificates. */
    names: string[]
    handshakeTimeoutSeconds: number
    connectTimeoutSeconds: number
  }
  provisioning: { chain: ChainMode; hooks: HookItem[] }
  /** Folder of the local PKI and of declared devices and CAs, relative to the config file. */
  certs: string
  /** Folder of the policies, with templates/ in it, relative to the config file. */
  policies: string
  /** Folder that keeps what the registry learns, relative to the config file; or `memory`. */
  state: string
  /** What becomes of a policy over AWS's 2048 characters. */
  policySize: PolicySize
  /** Of MQTT. */
  limits: Limits
  authorities: AuthorityItem[]
  devices: DeviceItem[]
  thingTypes: ThingTypeItem[]
  groups: GroupItem[]
  /** Absent: `story` on a terminal, `json` elsewhere. */
  log?: LogForm
  /** The least severe that is written. Absent: `info`, and in the form `cloudwatch` without each single message. */
  logLevel?: LogLevel
}

/** The configuration of an empty config.yaml. A fresh object at each call. */
export function defaultConfig(): Config {
  return {
    listeners: [{ host: '::', port: 8883 }],
    account: { id: '123456789012', region: 'us-east-1' },
    tls: {
      securityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10',
      serverCertificates: ['rsa', 'ecdsa'],
      names: [],
      groups: ['x25519', 'secp256r1', 'secp384r1'],
      sni: 'optional',
      alpn: 'by-port',
      refuseCertificates: 'at-connect',
      handshakeTimeoutSeconds: 60,
      connectTimeoutSeconds: 30,
    },
    provisioning: { chain: 'lenient', hooks: [] },
    certs: 'certs',
    policies: 'policies',
    state: 'state',
    policySize: 'refuse',
    limits: awsLimits,
    authorities: [],
    devices: [],
    thingTypes: [],
    groups: [],
  }
}
