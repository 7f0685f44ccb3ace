/** What the files declare, as data: the registry takes it over as a whole. */

import type {
  AuthorityStatus,
  AutoRegistration,
  DeviceItem,
  DeviceStatus,
  ThingTypeItem,
} from '../../config/shape.ts'
import type { PolicyDocument } from '../../policy/document.ts'
import type { ThingGroup } from '../../policy/groups.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Template } from '../../template/template.ts'
import type { Certificate } from '../../x509/certificate.ts'

/** In each list, sorted by `file`, and within a file in the order written. */
export type Declared = {
  policies: DeclaredPolicy[]
  templates: DeclaredTemplate[]
  authorities: DeclaredAuthority[]
  devices: DeclaredDevice[]
  thingTypes: DeclaredThingType[]
  groups: DeclaredGroup[]
}

export type DeclaredThingType = Omit<ThingTypeItem, 'line'> & { file: string }

export type DeclaredGroup = ThingGroup & { file: string }

export type DeclaredPolicy = {
  name: string
  text: string
  document: PolicyDocument
  policy: Policy
  file: string
}

/** A provisioning template without an error; what its use doesn't allow is told where a CA names it. */
export type DeclaredTemplate = { name: string; text: string; template: Template; file: string }

export type DeclaredAuthority = {
  /** SHA-256 of the DER, hex lower-case: AWS's caCertificateId. */
  id: string
  certificate: Certificate
  pem: string
  status: AuthorityStatus
  autoRegistration: AutoRegistration
  /**
   * With it JITP, without it JITR. It may name a template that is broken or missing: that is
   * reported, not hidden.
   */
  templateName?: string
  file: string
  certificateFile: string
  /**
   * For people: the folder's name under certs/authorities/, else the certificate file's name
   * without its ending.
   */
  name: string
}

export type DeclaredDevice = {
  /** SHA-256 of the DER, hex lower-case. */
  certificateId: string
  certificate: Certificate
  pem: string
  status: DeviceStatus
  thingName?: string
  /** Of the thing; without a thing they mean nothing, which is reported. */
  about: Pick<DeviceItem, 'thingType' | 'attributes' | 'thingPrincipalType'>
  /** As written: a name may lack a (good) policy, which is reported. */
  policyNames: string[]
  file: string
  certificateFile: string
}

export type DeclaredProblem = {
  file: string
  /** 1-based. */
  line?: number
  severity: 'error' | 'warning'
  says: string
  hint?: string
}
