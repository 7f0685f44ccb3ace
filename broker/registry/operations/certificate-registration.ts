/**
 * Certificates that somebody else issued: RegisterCertificate, RegisterCertificateWithoutCA, and the registration that
 * just-in-time provisioning begins with.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificate.html and its neighbour. Neither publishes
 * the `registered` event: that comes from a device's CONNECT alone.
 */

import type { Certificate } from '../../x509/certificate.ts'
import { signedBy } from '../../x509/path.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { recordOfCertificate } from '../certificate-record.ts'
import { changing, type Desk, sha256 } from '../desk.ts'
import { certificateIn, registrable } from '../pki/certificate-pem.ts'
import type { AuthorityRecord, CertificateRecord } from '../records.ts'
import {
  type ChosenStatus,
  certificateStatus,
  type GivenStatus,
  isChosen,
} from './certificate-status.ts'
import { certificatePem, flag } from './rules.ts'

export type RegisteredCertificateIds = { certificateArn: string; certificateId: string }

export function registrationOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    registerCertificate: changing(
      desk,
      {
        certificatePem,
        caCertificatePem: { kind: 'string', min: 1, max: 65_536 },
        setAsActive: flag,
        status: certificateStatus,
      },
      (input: {
        certificatePem: string
        caCertificatePem?: string
        setAsActive?: boolean
        status?: GivenStatus
      }) => {
        // AWS: setAsActive is deprecated; which of the two counts where both are there, no page says.
        const wanted = input.status ?? (input.setAsActive === true ? 'ACTIVE' : 'INACTIVE')
        const given = newCertificate(input.certificatePem, wanted)
        if (!given.ok) return given
        const { certificate, status } = given.value
        const signer = signerOf(certificate, input.caCertificatePem)
        if (!signer.ok) return signer
        const { caCertificateId, certificateMode } = signer.value
        const how = 'RegisterCertificate'
        return put(certificate, how, { status, caCertificateId, certificateMode })
      },
    ),
    registerCertificateWithoutCA: changing(
      desk,
      { certificatePem, status: certificateStatus },
      (input: { certificatePem: string; status?: GivenStatus }) => {
        const given = newCertificate(input.certificatePem, input.status ?? 'INACTIVE')
        if (!given.ok) return given
        const { certificate, status } = given.value
        // AWS: which account it belongs to, the host name tells: SNI_ONLY.
        const how = 'RegisterCertificateWithoutCA'
        return put(certificate, how, { status, certificateMode: 'SNI_ONLY' })
      },
    ),
  }

  function newCertificate(
    pem: string,
    status: GivenStatus,
  ): Answer<{ certificate: Certificate; status: ChosenStatus }> {
    if (!isChosen(status)) {
      const message = `Not allowed to register certificate with ${status} status`
      return refuse('CertificateStateException', message)
    }
    const read = certificateIn(pem, 'certificatePem')
    if (!read.ok) return read
    const certificate = read.value
    const certificateId = certificate.sha256
    if (view.certificates.has(certificateId)) {
      return alreadyRegistered(desk, certificateId)
    }
    const valid = registrable(certificate, 'certificatePem', desk.now())
    return valid.ok ? answer({ certificate, status }) : valid
  }

  /** The registered CA that signed it. */
  function signerOf(certificate: Certificate, pem: string | undefined): Answer<AuthorityRecord> {
    const given = pem === undefined ? undefined : certificateIn(pem, 'caCertificatePem')
    if (given && !given.ok) return given
    const named = view.authoritiesBySubject.keys(sha256(certificate.issuerDer))
    const ids = given ? [given.value.sha256] : named
    const [authority, ...others] = ids.flatMap(id => view.authorities.get(id) ?? [])
    if (authority === undefined) {
      const message = 'No CA certificate exists for the given certificate'
      return refuse('CertificateStateException', message, {
        hint: given
          ? `register the CA certificate ${given.value.sha256} first`
          : `register the CA \`${certificate.issuer}\` first, or register the certificate without a CA`,
      })
    }
    if (others.length > 0) {
      const message = `${others.length + 1} registered CA certificates have the subject of the issuer`
      return refuse('CertificateConflictException', message, {
        hint: 'give the one that signed it as caCertificatePem',
      })
    }
    const signer = desk.certificateOf(authority)
    if (!signer.subjectDer.equals(certificate.issuerDer) || !signedBy(certificate, signer)) {
      const message = 'certificatePem is not valid: the CA certificate did not sign it'
      return refuse('CertificateValidationException', message, {
        hint: `its issuer is \`${certificate.issuer}\`, the CA certificate is that of \`${signer.subject}\``,
      })
    }
    // AWS: a CA that is not active stops the registration of new certificates (DG/deactivate-ca-cert).
    if (authority.status !== 'ACTIVE') {
      const message = `The CA certificate ${authority.caCertificateId} is not ACTIVE`
      return refuse('CertificateStateException', message, { hint: 'activate the CA first' })
    }
    return answer(authority)
  }

  function put(
    certificate: Certificate,
    how: string,
    more: Pick<CertificateRecord, 'status' | 'caCertificateId' | 'certificateMode'>,
  ): Answer<RegisteredCertificateIds> {
    const record = newRecord(desk, certificate, how, more)
    const { certificateId } = record
    tables.certificates.put(certificateId, record)
    return answer({ certificateArn: desk.arn('cert', certificateId), certificateId })
  }
}

/**
 * What AWS does first when a device comes with a certificate that only its CA is known of: it registers it, as
 * PENDING_ACTIVATION and in the mode of its CA. In a transaction. Whether that CA may do so, the caller has asked.
 * @param how `JITR`, `JITP`: what it is said to come from
 */
export function enroll(
  desk: Desk,
  certificate: Certificate,
  caCertificateId: string,
  how: string,
): Answer<CertificateRecord> {
  const certificateId = certificate.sha256
  if (desk.view.certificates.has(certificateId)) return alreadyRegistered(desk, certificateId)
  const authority = desk.view.authorities.get(caCertificateId)
  if (authority === undefined) {
    const message = 'No CA certificate exists for the given certificate'
    return refuse('CertificateStateException', message)
  }
  const { certificateMode } = authority
  const status = 'PENDING_ACTIVATION'
  const record = newRecord(desk, certificate, how, { status, caCertificateId, certificateMode })
  desk.tables.certificates.put(certificateId, record)
  return answer(record)
}

function newRecord(
  desk: Desk,
  certificate: Certificate,
  how: string,
  more: Pick<CertificateRecord, 'status' | 'caCertificateId' | 'certificateMode'>,
): CertificateRecord {
  const ownedBy = desk.account().id
  const about = { ownedBy, now: desk.now(), generationId: desk.uuid() }
  const source = { kind: 'learned', how } as const
  return { ...recordOfCertificate(certificate, { ...about, source }), ...more }
}

function alreadyRegistered(desk: Desk, certificateId: string) {
  const message = 'The certificate is already provisioned or registered'
  const resourceArn = desk.arn('cert', certificateId)
  return refuse('ResourceAlreadyExistsException', message, {
    resourceId: certificateId,
    resourceArn,
  })
}
