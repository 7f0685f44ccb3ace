/**
 * What config.yaml can say, as a type. Every key has a default, so an empty file is a good one;
 * `items.ts` reads the `devices` and `authorities`, which have the same shape in the files under
 * certs/.
 */

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

export const groupNames = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] as const
export type GroupName = (typeof groupNames)[number]

export const refusalMoments = ['at-connect', 'in-handshake'] as const
export type RefusalMoment = (typeof refusalMoments)[number]

export const chainModes = ['lenient', 'strict'] as const
export type ChainMode = (typeof chainModes)[number]

export const logForms = ['story', 'json'] as const
export type LogForm = (typeof logForms)[number]

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
  certificate: string
  status: DeviceStatus
  /** Names of files under policies/, without `.json`. */
  policies: string[]
  /** 1-based line where the item starts. */
  line: number
}

export type Config = {
  /** `port` 0 takes a free one. */
  listener: { host: string; port: number }
  account: { id: string; region: string }
  tls: {
    securityPolicy: SecurityPolicyName
    /** Which of the local PKI's two certificates are served. */
    serverCertificates: ServerCertificateKind[]
    /** Further DNS names and IP addresses for the server certificate. */
    names: string[]
    /** Accepted key exchange groups, the preferred one first. */
    groups: GroupName[]
    refuseCertificates: RefusalMoment
    handshakeTimeoutSeconds: number
    connectTimeoutSeconds: number
  }
  provisioning: { chain: ChainMode }
  /** Folder of the local PKI and of declared devices and CAs, relative to the config file. */
  certs: string
  /** Folder of the policies, with templates/ in it, relative to the config file. */
  policies: string
  authorities: AuthorityItem[]
  devices: DeviceItem[]
  /** Absent: `story` on a terminal, `json` elsewhere. */
  log?: LogForm
}

/** The configuration of an empty config.yaml. A fresh object at each call. */
export function defaultConfig(): Config {
  return {
    listener: { host: '::', port: 8883 },
    account: { id: '123456789012', region: 'us-east-1' },
    tls: {
      securityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10',
      serverCertificates: ['rsa', 'ecdsa'],
      names: [],
      groups: ['x25519', 'secp256r1', 'secp384r1'],
      refuseCertificates: 'at-connect',
      handshakeTimeoutSeconds: 60,
      connectTimeoutSeconds: 30,
    },
    provisioning: { chain: 'lenient' },
    certs: 'certs',
    policies: 'policies',
    authorities: [],
    devices: [],
  }
}
