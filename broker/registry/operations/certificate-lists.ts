/**
 * ListCertificates, ListCertificatesByCA, ListOutgoingCertificates.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificates.html and its neighbours
 */

import type { Answer } from '../answer.ts'
import { type Desk, epochSeconds, reading } from '../desk.ts'
import type { CertificateMode, CertificateRecord } from '../records.ts'
import { dateOrder } from './date-order.ts'
import { type MarkerPage, withMarker } from './page.ts'
import { certificateId as idRule, markerPage } from './rules.ts'

/** Times in seconds since 1970. */
export type CertificateSummary = {
  certificateArn: string
  certificateId: string
  status: CertificateRecord['status']
  certificateMode: CertificateMode
  creationDate: number
}

export type OutgoingCertificate = {
  certificateArn: string
  certificateId: string
  transferredTo?: string
  transferDate?: number
  transferMessage?: string
  creationDate: number
}

export type CertificateList = { certificates: CertificateSummary[]; nextMarker?: string }

export function certificateListOperations(desk: Desk) {
  const order = dateOrder(desk.view.certificates)
  return {
    listCertificates: reading(markerPage, (input: MarkerPage) => list(input, () => true)),
    /** Those of any status that were registered under this CA. DIFFERS: of a CA that is not there, none. */
    listCertificatesByCA: reading(
      { caCertificateId: idRule, ...markerPage },
      ({ caCertificateId, ...input }: MarkerPage & { caCertificateId: string }) => {
        const id = caCertificateId.toLowerCase()
        return list(input, record => record.caCertificateId === id)
      },
    ),
    listOutgoingCertificates: reading(
      markerPage,
      (
        input: MarkerPage,
      ): Answer<{ outgoingCertificates: OutgoingCertificate[]; nextMarker?: string }> => {
        const page = order.page(input, record => outgoing(record, desk))
        return withMarker('outgoingCertificates', page)
      },
    ),
  }

  function list(
    input: MarkerPage,
    wanted: (record: CertificateRecord) => boolean,
  ): Answer<CertificateList> {
    const page = order.page(input, record => (wanted(record) ? summary(record, desk) : undefined))
    return withMarker('certificates', page)
  }
}

function summary(record: CertificateRecord, desk: Desk): CertificateSummary {
  const { certificateId, status, certificateMode, creationDate } = record
  return {
    certificateArn: desk.arn('cert', certificateId),
    certificateId,
    status,
    certificateMode,
    creationDate: epochSeconds(creationDate),
  }
}

function outgoing(record: CertificateRecord, desk: Desk): OutgoingCertificate | undefined {
  const { certificateId, status, transfer, creationDate } = record
  if (status !== 'PENDING_TRANSFER') return undefined
  const { transferredTo, transferDate, transferMessage } = transfer ?? {}
  return {
    certificateArn: desk.arn('cert', certificateId),
    certificateId,
    ...(transferredTo === undefined ? {} : { transferredTo }),
    ...(transferDate === undefined ? {} : { transferDate: epochSeconds(transferDate) }),
    ...(transferMessage === undefined ? {} : { transferMessage }),
    creationDate: epochSeconds(creationDate),
  }
}
