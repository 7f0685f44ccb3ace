/** A certificate on its way to another account, as far as one account can show it. */

import t from 'tap'
import type { DeviceStatus } from '../../../broker/config/shape.ts'
import { gives, outcome, refusalOf, type TestRegistry, testRegistry } from '../../helpers/desk.ts'
import { directly } from '../../helpers/directly.ts'
import { PKI_NOW, pki } from '../../helpers/pki.ts'

const OTHER = '999999999999'
const NOBODY = '0'.repeat(64)

async function given(status: DeviceStatus) {
  const one = await testRegistry()
  const { certificate } = pki().device
  const source = { kind: 'learned', how: 'a test' } as const
  directly(one.registry).registerCertificate({ certificate, status, source })
  return { one, certificateId: certificate.sha256 }
}

function described({ aws }: TestRegistry, certificateId: string) {
  return gives(aws.describeCertificate({ certificateId })).certificateDescription
}

t.test('each operation from each status', async t => {
  const state = 'CertificateStateException'
  const over = 'TransferAlreadyCompletedException'
  const table: Record<DeviceStatus, [transfer: string, end: string]> = {
    ACTIVE: [state, over],
    INACTIVE: ['', over],
    REVOKED: [state, over],
    PENDING_ACTIVATION: ['', over],
    PENDING_TRANSFER: [state, ''],
  }
  for (const [from, [transfer, end]] of Object.entries(table)) {
    const operations: [name: string, expected: string, after: string][] = [
      ['transferCertificate', transfer, 'PENDING_TRANSFER'],
      ['acceptCertificateTransfer', end, 'INACTIVE'],
      ['rejectCertificateTransfer', end, 'INACTIVE'],
      ['cancelCertificateTransfer', end, 'INACTIVE'],
    ]
    for (const [name, expected, after] of operations) {
      const { one, certificateId } = await given(from as DeviceStatus)
      const act = one.aws[name as 'transferCertificate']
      t.equal(
        outcome(act({ certificateId, targetAwsAccount: OTHER })),
        expected,
        `${from}: ${name}`,
      )
      const status = expected === '' ? after : from
      t.equal(described(await one.again(), certificateId).status, status, `${from}: ${name}, after`)
      t.equal(
        outcome(act({ certificateId: NOBODY, targetAwsAccount: OTHER })),
        'ResourceNotFoundException',
      )
      t.equal(
        outcome(act({ certificateId: 'x', targetAwsAccount: OTHER })),
        'InvalidRequestException',
      )
    }
  }
})

t.test('what the way of a transfer leaves behind', async t => {
  const { one, certificateId } = await given('INACTIVE')
  const { aws, clock } = one
  const start = () =>
    gives(
      aws.transferCertificate({ certificateId, targetAwsAccount: OTHER, transferMessage: 'yours' }),
    )
  const outgoing = () => gives(aws.listOutgoingCertificates({})).outgoingCertificates
  t.same(outgoing(), [])
  clock.advance(1000)
  t.same(start(), {
    transferredCertificateArn: `arn:aws:iot:eu-central-1:${OTHER}:cert/${certificateId}`,
  })
  const at = PKI_NOW / 1000
  t.same(outgoing(), [
    {
      certificateArn: `arn:aws:iot:eu-central-1:123456789012:cert/${certificateId}`,
      certificateId,
      transferredTo: OTHER,
      transferDate: at + 1,
      transferMessage: 'yours',
      creationDate: at,
    },
  ])
  t.match(described(one, certificateId).transferData, {
    transferMessage: 'yours',
    transferDate: at + 1,
  })

  gives(aws.cancelCertificateTransfer({ certificateId }))
  t.same(outgoing(), [])
  t.notOk('transferData' in described(one, certificateId))

  start()
  clock.advance(1000)
  gives(aws.rejectCertificateTransfer({ certificateId, rejectReason: 'not ours' }))
  t.match(described(one, certificateId), {
    status: 'INACTIVE',
    ownedBy: '123456789012',
    transferData: { rejectReason: 'not ours', rejectDate: at + 2, transferDate: at + 1 },
  })
  t.equal(
    outcome(aws.acceptCertificateTransfer({ certificateId })),
    'TransferAlreadyCompletedException',
  )

  start()
  gives(aws.acceptCertificateTransfer({ certificateId, setAsActive: true }))
  const accepted = described(await one.again(), certificateId)
  t.match(accepted, { status: 'ACTIVE', ownedBy: OTHER, previousOwnedBy: '123456789012' })
  t.same(accepted.transferData, {
    transferMessage: 'yours',
    transferDate: at + 2,
    acceptDate: at + 2,
  })
})

t.test('nothing may be attached to what is transferred', async t => {
  const { one, certificateId } = await given('INACTIVE')
  const transfer = (more = {}) =>
    one.aws.transferCertificate({ certificateId, targetAwsAccount: OTHER, ...more })
  t.match(refusalOf(transfer({ targetAwsAccount: '123456789012' })), {
    exception: 'InvalidRequestException',
    message: /belongs to the account 123456789012 already/,
  })
  t.equal(outcome(transfer({ targetAwsAccount: '12' })), 'InvalidRequestException')
  t.equal(outcome(transfer({ transferMessage: 'x'.repeat(129) })), 'InvalidRequestException')
  directly(one.registry).attachPolicy(certificateId, 'p')
  t.match(refusalOf(transfer()), {
    exception: 'TransferConflictException',
    message: 'Certificate policies must be detached before transfer',
  })
  directly(one.registry).attachThing(certificateId, 'sensor')
  t.match(refusalOf(transfer()), {
    exception: 'TransferConflictException',
    message: 'Things must be detached before transfer',
  })
})
