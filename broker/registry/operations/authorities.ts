/**
 * CA certificates: RegisterCACertificate, DescribeCACertificate, UpdateCACertificate, DeleteCACertificate,
 * ListCACertificates.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCACertificate.html and its neighbours
 */

import {
  type AuthorityStatus,
  type AutoRegistration,
  authorityStatuses,
  autoRegistrations,
} from '../../config/shape.ts'
import { toPem } from '../../x509/pem.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { recordOfAuthority } from '../certificate-record.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import { certificateIn, registrable } from '../pki/certificate-pem.ts'
import type { AuthorityRecord, CertificateMode } from '../records.ts'
import { dateOrder } from './date-order.ts'
import { type MarkerPage, withMarker } from './page.ts'
import { verifyPossession } from './registration-code.ts'
import {
  checkRegistrationConfig,
  type RegistrationConfig,
  registrationConfig,
} from './registration-config.ts'
import {
  certificatePem,
  flag,
  givenTemplateName,
  certificateId as idRule,
  markerPage,
} from './rules.ts'

export type RegisterAuthorityInput = {
  caCertificate: string
  verificationCertificate?: string
  setAsActive?: boolean
  allowAutoRegistration?: boolean
  registrationConfig?: RegistrationConfig
  certificateMode?: CertificateMode
}

export type UpdateAuthorityInput = {
  certificateId: string
  newStatus?: AuthorityStatus
  newAutoRegistrationStatus?: AutoRegistration
  registrationConfig?: RegistrationConfig
  removeAutoRegistration?: boolean
}

/** Times in seconds since 1970. */
export type AuthorityDescription = {
  certificateArn: string
  certificateId: string
  status: AuthorityStatus
  certificatePem: string
  ownedBy: string
  creationDate: number
  autoRegistrationStatus: AutoRegistration
  lastModifiedDate: number
  customerVersion: number
  generationId: string
  validity: { notBefore: number; notAfter: number }
  certificateMode: CertificateMode
}

/** AWS: with one subject, in one account and Region. */
const OF_ONE_SUBJECT = 10

export function authorityOperations(desk: Desk) {
  const { view, tables } = desk
  const order = dateOrder(view.authorities)
  return {
    registerCACertificate: changing(
      desk,
      {
        caCertificate: certificatePem,
        verificationCertificate: { kind: 'string', min: 1, max: 65_536 },
        setAsActive: flag,
        allowAutoRegistration: flag,
        registrationConfig,
        certificateMode: { kind: 'string', oneOf: ['DEFAULT', 'SNI_ONLY'] },
      },
      (input: RegisterAuthorityInput) => {
        const { certificateMode = 'DEFAULT', verificationCertificate } = input
        const read = certificateIn(input.caCertificate, 'caCertificate')
        if (!read.ok) return read
        const certificate = read.value
        const id = certificate.sha256
        const ids = { certificateArn: desk.arn('cacert', id), certificateId: id }
        if (view.authorities.has(id)) {
          const message = 'The CA certificate is already registered'
          return refuse('ResourceAlreadyExistsException', message, {
            resourceId: id,
            resourceArn: ids.certificateArn,
          })
        }
        const valid = registrable(certificate, 'caCertificate', desk.now())
        if (!valid.ok) return valid
        if (certificateMode === 'SNI_ONLY' && verificationCertificate !== undefined) {
          const message = 'verificationCertificate must not be given with certificateMode SNI_ONLY'
          return refuse('InvalidRequestException', message)
        }
        if (certificateMode === 'DEFAULT') {
          if (verificationCertificate === undefined) {
            const message = 'verificationCertificate is required with certificateMode DEFAULT'
            return refuse('InvalidRequestException', message, {
              hint: 'or register the CA with certificateMode SNI_ONLY, which needs none',
            })
          }
          const proof = verifyPossession(desk, verificationCertificate, certificate)
          if (!proof.ok) return proof
        }
        const record: AuthorityRecord = {
          ...recordOfAuthority(certificate, {
            ownedBy: desk.account().id,
            now: desk.now(),
            generationId: desk.uuid(),
            source: { kind: 'learned', how: 'RegisterCACertificate' },
          }),
          certificateMode,
          status: input.setAsActive === true ? 'ACTIVE' : 'INACTIVE',
          autoRegistrationStatus: input.allowAutoRegistration === true ? 'ENABLE' : 'DISABLE',
        }
        if (view.authoritiesBySubject.keys(record.subjectSha256).length >= OF_ONE_SUBJECT) {
          const message = 'Limit reached for number of CA Certificates with same subject'
          return refuse('LimitExceededException', message)
        }
        const config = checkRegistrationConfig(desk, input.registrationConfig ?? {})
        if (!config.ok) return config
        tables.authorities.put(id, configured(record, config.value))
        return answer(ids)
      },
    ),
    describeCACertificate: reading(
      { certificateId: idRule },
      (input: {
        certificateId: string
      }): Answer<{
        certificateDescription: AuthorityDescription
        registrationConfig: RegistrationConfig
      }> => {
        const found = authorityAt(input.certificateId)
        if (!found.ok) return found
        return answer({
          certificateDescription: describe(found.value, desk),
          registrationConfig: found.value.registrationConfig ?? {},
        })
      },
    ),
    updateCACertificate: changing(
      desk,
      {
        certificateId: idRule,
        newStatus: { kind: 'string', oneOf: authorityStatuses },
        newAutoRegistrationStatus: { kind: 'string', oneOf: autoRegistrations },
        registrationConfig,
        removeAutoRegistration: flag,
      },
      (input: UpdateAuthorityInput): Answer<Record<string, never>> => {
        const found = authorityAt(input.certificateId)
        if (!found.ok) return found
        const { value: record } = found
        const declared = ifDeclared(record, `CA certificate \`${record.caCertificateId}\``)
        if (declared) return declared
        const config = checkRegistrationConfig(desk, input.registrationConfig ?? {})
        if (!config.ok) return config
        const {
          newStatus = record.status,
          newAutoRegistrationStatus = record.autoRegistrationStatus,
        } = input
        const { registrationConfig: before, ...rest } = record
        const kept = input.removeAutoRegistration === true ? {} : (before ?? {})
        const given = Object.keys(config.value).length > 0
        const after = configured(
          { ...rest, status: newStatus, autoRegistrationStatus: newAutoRegistrationStatus },
          given ? config.value : kept,
        )
        if (JSON.stringify(after) === JSON.stringify(configured(rest, before ?? {}))) {
          return answer({})
        }
        tables.authorities.put(record.caCertificateId, {
          ...after,
          customerVersion: record.customerVersion + 1,
          lastModifiedDate: desk.now(),
        })
        return answer({})
      },
    ),
    /** AWS: certificates that were registered under it stay. */
    deleteCACertificate: changing(
      desk,
      { certificateId: idRule },
      (input: { certificateId: string }): Answer<Record<string, never>> => {
        const found = authorityAt(input.certificateId)
        if (!found.ok) return found
        const { caCertificateId, status } = found.value
        const declared = ifDeclared(found.value, `CA certificate \`${caCertificateId}\``)
        if (declared) return declared
        if (status !== 'INACTIVE') {
          const message = `CA certificate must be deactivated (not ACTIVE) before deletion. Id: ${caCertificateId}`
          return refuse('CertificateStateException', message)
        }
        tables.authorities.remove(caCertificateId)
        return answer({})
      },
    ),
    listCACertificates: reading(
      { ...markerPage, templateName: givenTemplateName },
      ({ templateName: wanted, ...input }: MarkerPage & { templateName?: string }) => {
        const page = order.page(input, record => {
          const { registrationConfig: config, caCertificateId, status, creationDate } = record
          if (wanted !== undefined && config?.templateName !== wanted) return undefined
          return {
            certificateArn: desk.arn('cacert', caCertificateId),
            certificateId: caCertificateId,
            status,
            creationDate: epochSeconds(creationDate),
          }
        })
        return withMarker('certificates', page)
      },
    ),
  }

  function authorityAt(id: string): Answer<AuthorityRecord> {
    const record = view.authorities.get(id.toLowerCase())
    if (record) return answer(record)
    return refuse('ResourceNotFoundException', `CA certificate ${id} does not exist`)
  }
}

function configured(record: AuthorityRecord, config: RegistrationConfig): AuthorityRecord {
  return Object.keys(config).length === 0 ? record : { ...record, registrationConfig: config }
}

function describe(record: AuthorityRecord, desk: Desk): AuthorityDescription {
  return {
    certificateArn: desk.arn('cacert', record.caCertificateId),
    certificateId: record.caCertificateId,
    status: record.status,
    certificatePem: toPem('CERTIFICATE', desk.derOf(record)),
    ownedBy: record.ownedBy,
    creationDate: epochSeconds(record.creationDate),
    autoRegistrationStatus: record.autoRegistrationStatus,
    lastModifiedDate: epochSeconds(record.lastModifiedDate),
    customerVersion: record.customerVersion,
    generationId: record.generationId,
    validity: {
      notBefore: epochSeconds(record.notBefore),
      notAfter: epochSeconds(record.notAfter),
    },
    certificateMode: record.certificateMode,
  }
}
