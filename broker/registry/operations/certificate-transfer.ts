/**
 * Certificates that go to another account: TransferCertificate, AcceptCertificateTransfer, RejectCertificateTransfer,
 * CancelCertificateTransfer.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_TransferCertificate.html and its neighbours
 *
 * DIFFERS: there is one account here, and the certificate stays in its registry. To accept and to reject act as if the other
 * account had done it; an accepted certificate is said to be owned by that account, and works on.
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { arn } from '../arn.ts'
import { changing, type Desk, ifDeclared } from '../desk.ts'
import type { CertificateRecord } from '../records.ts'
import { certificateAt, putChanged } from './certificates.ts'
import { flag, certificateId as idRule } from './rules.ts'

type Done = Answer<Record<string, never>>

export function transferOperations(desk: Desk) {
  const { view } = desk
  return {
    transferCertificate: changing(
      desk,
      {
        certificateId: idRule,
        targetAwsAccount: { kind: 'string', min: 12, max: 12, pattern: /[0-9]+/, required: true },
        transferMessage: { kind: 'string', max: 128 },
      },
      (input: {
        certificateId: string
        targetAwsAccount: string
        transferMessage?: string
      }): Answer<{ transferredCertificateArn: string }> => {
        const found = changeable(input.certificateId)
        if (!found.ok) return found
        const { value: record } = found
        const { targetAwsAccount, transferMessage } = input
        const no = untransferable(record, targetAwsAccount)
        if (no) return no
        putChanged(desk, {
          ...record,
          status: 'PENDING_TRANSFER',
          transfer: {
            transferredTo: targetAwsAccount,
            ...(transferMessage === undefined ? {} : { transferMessage }),
            transferDate: desk.now(),
          },
        })
        const target = { ...desk.account(), id: targetAwsAccount }
        return answer({ transferredCertificateArn: arn(target, 'cert', record.certificateId) })
      },
    ),
    acceptCertificateTransfer: changing(
      desk,
      { certificateId: idRule, setAsActive: flag },
      (input: { certificateId: string; setAsActive?: boolean }): Done =>
        ended(input.certificateId, record => ({
          ...record,
          status: input.setAsActive === true ? 'ACTIVE' : 'INACTIVE',
          ownedBy: record.transfer?.transferredTo ?? record.ownedBy,
          previousOwnedBy: record.ownedBy,
          transfer: { ...record.transfer, acceptDate: desk.now() },
        })),
    ),
    rejectCertificateTransfer: changing(
      desk,
      { certificateId: idRule, rejectReason: { kind: 'string', max: 128 } },
      ({ certificateId, rejectReason }: { certificateId: string; rejectReason?: string }): Done =>
        ended(certificateId, record => ({
          ...record,
          status: 'INACTIVE',
          transfer: {
            ...record.transfer,
            rejectDate: desk.now(),
            ...(rejectReason === undefined ? {} : { rejectReason }),
          },
        })),
    ),
    cancelCertificateTransfer: changing(
      desk,
      { certificateId: idRule },
      ({ certificateId }: { certificateId: string }): Done =>
        ended(certificateId, ({ transfer: _, ...record }) => ({ ...record, status: 'INACTIVE' })),
    ),
  }

  function changeable(id: string): Answer<CertificateRecord> {
    const found = certificateAt(desk, id)
    if (!found.ok) return found
    const { value: record } = found
    return ifDeclared(record, `certificate \`${record.certificateId}\``) ?? found
  }

  /** The end of a transfer that is under way. */
  function ended(id: string, change: (record: CertificateRecord) => CertificateRecord): Done {
    const found = changeable(id)
    if (!found.ok) return found
    if (found.value.status !== 'PENDING_TRANSFER') {
      const message = `No transfer of certificate ${found.value.certificateId} is pending`
      return refuse('TransferAlreadyCompletedException', message)
    }
    putChanged(desk, change(found.value))
    return answer({})
  }

  /** AWS: it must not be ACTIVE, and nothing may be attached to it. */
  function untransferable({ certificateId, status }: CertificateRecord, target: string) {
    if (target === desk.account().id) {
      const message = `The certificate belongs to the account ${target} already`
      return refuse('InvalidRequestException', message)
    }
    if (status === 'ACTIVE') {
      return refuse(
        'CertificateStateException',
        `Certificate must be deactivated (not ACTIVE) before transfer. Id: ${certificateId}`,
      )
    }
    if (status === 'REVOKED' || status === 'PENDING_TRANSFER') {
      const message = `A certificate that is ${status} can not be transferred`
      return refuse('CertificateStateException', message)
    }
    if (view.principalsByCertificate.has(certificateId)) {
      return refuse('TransferConflictException', 'Things must be detached before transfer')
    }
    if (view.targetsByTarget.has(`cert/${certificateId}`)) {
      const message = 'Certificate policies must be detached before transfer'
      return refuse('TransferConflictException', message)
    }
    return undefined
  }
}
