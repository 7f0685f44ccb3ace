/**
 * Device certificates: CreateKeysAndCertificate, CreateCertificateFromCsr, DescribeCertificate, UpdateCertificate,
 * DeleteCertificate.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html and its neighbours
 */

import { toPem } from '../../x509/pem.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { changing, type Desk, epochSeconds, ifDeclared, reading } from '../desk.ts'
import type { Issued } from '../pki/issue.ts'
import type { CertificateMode, CertificateRecord } from '../records.ts'
import {
  CERTIFICATE_STATUSES,
  type ChosenStatus,
  type GivenStatus,
  hindrance,
  isChosen,
} from './certificate-status.ts'
import { checkInput } from './input.ts'
import { issueFromRequest, issueWithKeys, type KeyPairPem, putIssued } from './issued.ts'
import { flag, certificateId as idRule } from './rules.ts'

export type CreatedCertificate = {
  certificateArn: string
  certificateId: string
  certificatePem: string
}

/** Times in seconds since 1970. */
export type CertificateDescription = {
  certificateArn: string
  certificateId: string
  caCertificateId?: string
  status: CertificateRecord['status']
  certificatePem: string
  ownedBy: string
  previousOwnedBy?: string
  creationDate: number
  lastModifiedDate: number
  customerVersion: number
  transferData?: {
    transferMessage?: string
    rejectReason?: string
    transferDate?: number
    acceptDate?: number
    rejectDate?: number
  }
  generationId: string
  validity: { notBefore: number; notAfter: number }
  certificateMode: CertificateMode
}

export function certificateOperations(desk: Desk) {
  const { view, tables } = desk
  return {
    /** The private key is given this once, and kept nowhere. */
    async createKeysAndCertificate(input: {
      setAsActive?: boolean
    }): Promise<Answer<CreatedCertificate & { keyPair: KeyPairPem }>> {
      const checked = checkInput(input, { setAsActive: flag })
      if (!checked.ok) return checked
      const issued = await issueWithKeys(desk)
      if (!issued.ok) return issued
      const { keyPair } = issued.value
      const kept = keep(issued.value, 'CreateKeysAndCertificate', checked.value)
      return kept.ok ? answer({ ...kept.value, keyPair }) : kept
    },
    async createCertificateFromCsr(input: {
      certificateSigningRequest: string
      setAsActive?: boolean
    }): Promise<Answer<CreatedCertificate>> {
      const checked = checkInput(input, {
        certificateSigningRequest: { kind: 'string', min: 1, max: 4096, required: true },
        setAsActive: flag,
      })
      if (!checked.ok) return checked
      const request = String(checked.value['certificateSigningRequest'])
      const issued = await issueFromRequest(desk, request)
      return issued.ok ? keep(issued.value, 'CreateCertificateFromCsr', checked.value) : issued
    },
    describeCertificate: reading(
      { certificateId: idRule },
      (input: {
        certificateId: string
      }): Answer<{ certificateDescription: CertificateDescription }> => {
        const found = certificateAt(desk, input.certificateId)
        if (!found.ok) return found
        return answer({ certificateDescription: describe(found.value, desk) })
      },
    ),
    updateCertificate: changing(
      desk,
      {
        certificateId: idRule,
        newStatus: { kind: 'string', oneOf: CERTIFICATE_STATUSES, required: true },
      },
      ({ certificateId, newStatus }: { certificateId: string; newStatus: GivenStatus }) => {
        const found = certificateAt(desk, certificateId)
        if (!found.ok) return found
        if (!isChosen(newStatus)) {
          return refuse('CertificateStateException', `Not allowed to set the status ${newStatus}`, {
            hint: 'ACTIVE, INACTIVE and REVOKED can be set',
          })
        }
        return moveTo(desk, found.value, newStatus)
      },
    ),
    deleteCertificate: changing(
      desk,
      { certificateId: idRule, forceDelete: flag },
      (input: { certificateId: string; forceDelete?: boolean }): Answer<Record<string, never>> => {
        const found = certificateAt(desk, input.certificateId)
        if (!found.ok) return found
        const { certificateId } = found.value
        const no = undeletable(found.value, input.forceDelete === true)
        if (no) return no
        for (const key of view.targetsByTarget.keys(`cert/${certificateId}`)) {
          tables.policyTargets.remove(key)
        }
        tables.certificates.remove(certificateId)
        return answer({})
      },
    ),
  }

  function keep(
    issued: Issued,
    how: string,
    { setAsActive }: { setAsActive?: unknown },
  ): Answer<CreatedCertificate> {
    const { certificateId, certificatePem } = issued
    return desk.transact(() => {
      putIssued(desk, issued, { status: setAsActive === true ? 'ACTIVE' : 'INACTIVE', how })
      const certificateArn = desk.arn('cert', certificateId)
      return answer({ certificateArn, certificateId, certificatePem })
    })
  }

  function undeletable(record: CertificateRecord, forced: boolean) {
    const { certificateId, status } = record
    const declared = ifDeclared(record, `certificate \`${certificateId}\``)
    if (declared) return declared
    if (status === 'ACTIVE') {
      return refuse(
        'CertificateStateException',
        `Certificate must be deactivated (not ACTIVE) before deletion. Id: ${certificateId}`,
      )
    }
    // DIFFERS: no page says whether a certificate on its way to another account can be deleted.
    if (status === 'PENDING_TRANSFER') {
      return refuse('CertificateStateException', 'The certificate is being transferred', {
        hint: 'cancel the transfer first',
      })
    }
    const arn = desk.arn('cert', certificateId)
    if (view.principalsByCertificate.has(certificateId)) {
      const message = `Things must be detached before deletion (arn: ${arn})`
      return refuse('DeleteConflictException', message)
    }
    // AWS: forceDelete takes attached policies along, never things.
    if (!forced && view.targetsByTarget.has(`cert/${certificateId}`)) {
      const message = `Certificate policies must be detached before deletion (arn: ${arn})`
      return refuse('DeleteConflictException', message)
    }
    return undefined
  }
}

/** @param id as it was given: hex in any case */
export function certificateAt(desk: Desk, id: string): Answer<CertificateRecord> {
  const record = desk.view.certificates.get(id.toLowerCase())
  if (record) return answer(record)
  return refuse('ResourceNotFoundException', `Certificate ${id} does not exist`)
}

/**
 * What UpdateCertificate does, for provisioning too. In a transaction.
 * @returns CertificateStateException where AWS allows no such move
 */
function moveTo(
  desk: Desk,
  record: CertificateRecord,
  status: ChosenStatus,
): Answer<Record<string, never>> {
  const declared = ifDeclared(record, `certificate \`${record.certificateId}\``)
  if (declared) return declared
  const says = hindrance(record.status, status)
  if (says) return refuse('CertificateStateException', says)
  if (record.status !== status) putChanged(desk, { ...record, status })
  return answer({})
}

/** Puts a certificate that was changed: its version goes up, and it was modified now. In a transaction. */
export function putChanged(desk: Desk, record: CertificateRecord): void {
  desk.tables.certificates.put(record.certificateId, {
    ...record,
    customerVersion: record.customerVersion + 1,
    lastModifiedDate: desk.now(),
  })
}

function describe(record: CertificateRecord, desk: Desk): CertificateDescription {
  const { certificateId, caCertificateId, previousOwnedBy, transfer } = record
  return {
    certificateArn: desk.arn('cert', certificateId),
    certificateId,
    ...(caCertificateId === undefined ? {} : { caCertificateId }),
    status: record.status,
    certificatePem: toPem('CERTIFICATE', desk.derOf(record)),
    ownedBy: record.ownedBy,
    ...(previousOwnedBy === undefined ? {} : { previousOwnedBy }),
    creationDate: epochSeconds(record.creationDate),
    lastModifiedDate: epochSeconds(record.lastModifiedDate),
    customerVersion: record.customerVersion,
    ...(transfer === undefined ? {} : { transferData: transferData(transfer) }),
    generationId: record.generationId,
    validity: {
      notBefore: epochSeconds(record.notBefore),
      notAfter: epochSeconds(record.notAfter),
    },
    certificateMode: record.certificateMode,
  }
}

function transferData(transfer: NonNullable<CertificateRecord['transfer']>) {
  const { transferMessage, rejectReason, transferDate, acceptDate, rejectDate } = transfer
  return {
    ...(transferMessage === undefined ? {} : { transferMessage }),
    ...(rejectReason === undefined ? {} : { rejectReason }),
    ...(transferDate === undefined ? {} : { transferDate: epochSeconds(transferDate) }),
    ...(acceptDate === undefined ? {} : { acceptDate: epochSeconds(acceptDate) }),
    ...(rejectDate === undefined ? {} : { rejectDate: epochSeconds(rejectDate) }),
  }
}
