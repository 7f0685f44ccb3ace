/** What becomes of a claim request when its connection, or the broker, is gone before the answer has come. */

import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { LogEvent } from '../../broker/journal/event.ts'
import { start } from '../../broker/main.ts'
import { connect, running } from '../helpers/device.ts'
import { CLAIM_POLICY, claimant, putFleetTemplate } from '../helpers/fleet.ts'

const TOPIC = '$aws/certificates/create/json'

t.test('an answer is for the connection that asked, not for its session', async t => {
  const broker = await running(t)
  const claim = await broker.createDevice('claim')
  const other = await broker.createDevice('other')
  const kept = { clientId: 'same', clean: false }
  const first = await connect(t, broker, claim, kept)
  await first.client.subscribeAsync([`${TOPIC}/accepted`, 'a/b'], { qos: 1 })
  const answered = new Promise<void>(resolve => {
    // It has the answer, and goes without a PUBACK.
    first.client.handleMessage = () => resolve()
  })
  await first.client.publishAsync(TOPIC, '', { qos: 1 })
  await answered
  first.client.stream.destroy()
  await broker.closed({ clientId: 'same' })

  // The session is kept, and with it what anybody publishes meanwhile.
  const third = await broker.createDevice('third')
  const publisher = await connect(t, broker, third)
  await publisher.client.publishAsync('a/b', 'for the session', { qos: 1 })
  const second = await connect(t, broker, other, kept)
  await second.client.publishAsync('nobody', 'listens', { qos: 1 })
  t.same(second.seen.messages, [['a/b', 'for the session', false]], 'no private key of another')
})

t.test('a broker that stops waits for no hook, and changes nothing afterwards', async t => {
  const folder = join(tmpdir(), `candid-claim-ends-${process.pid}`)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const events: LogEvent[] = []
  let asked = (_: AbortSignal): void => undefined
  const hookAsked = new Promise<AbortSignal>(resolve => {
    asked = resolve
  })
  let allow = (_: unknown): void => undefined
  const fleet = (_: unknown, stop: AbortSignal): Promise<unknown> => {
    asked(stop)
    return new Promise(resolve => {
      allow = resolve
    })
  }
  const log = (event: LogEvent) => void events.push(event)
  const broker = await start({ state: folder, log, provisioning: { hooks: { fleet } } })
  putFleetTemplate(broker, 'fleet')
  const claim = await broker.createDevice('claim', { policy: CLAIM_POLICY })
  const device = await claimant(t, broker, claim)
  const { certificateId, certificateOwnershipToken } = (await device.ask('create')).body
  const request = { certificateOwnershipToken, parameters: { SerialNumber: '7' } }
  device.client.publish('$aws/provisioning-templates/fleet/provision/json', JSON.stringify(request))
  const signal = await hookAsked
  // A key takes its time: it is begun when the broker stops.
  await device.client.publishAsync(TOPIC, '', { qos: 1 })
  await broker.stop()
  t.equal(signal.aborted, true, 'the hook is told')
  allow({ allowProvisioning: true })
  t.equal(events.at(-1)?.event, 'broker.stopped')
  t.notOk(events.some(({ event }) => event === 'broker.warning'))
  t.match(
    events.filter(({ event }) => event === 'provisioning.failed'),
    [{ says: /the broker was stopped before its pre-provisioning hook had answered/ }],
  )

  const again = await start({ state: folder })
  t.teardown(() => again.stop())
  t.equal(again.registry.certificate(`${certificateId}`)?.status, 'PENDING_ACTIVATION')
  t.equal(again.registry.thing('fleet-7'), undefined)
  const issued = events.filter(({ event }) => event === 'provisioning.issued').length
  t.equal(again.registry.certificates().length, 1 + issued, 'what was told of is there')
})

t.test('what is taken away while the hook is asked holds no more', async t => {
  const events: LogEvent[] = []
  let meanwhile = (): unknown => undefined
  const fleet = async (): Promise<unknown> => {
    await meanwhile()
    return { allowProvisioning: true }
  }
  const log = (event: LogEvent) => void events.push(event)
  const broker = await running(t, { log, provisioning: { hooks: { fleet } } })
  const claim = await broker.createDevice('claim', { policy: CLAIM_POLICY })
  putFleetTemplate(broker, 'fleet')
  const device = await claimant(t, broker, claim)
  const { certificateId, certificateOwnershipToken } = (await device.ask('create')).body
  const request = { certificateOwnershipToken, parameters: { SerialNumber: '7' } }

  meanwhile = () =>
    broker.operations.updateProvisioningTemplate({ templateName: 'fleet', enabled: false })
  const disabled = await device.ask('provision', request)
  t.match(disabled.body, { errorCode: 'InvalidRequest', errorMessage: /`fleet` is disabled/ })

  putFleetTemplate(broker, 'fleet')
  meanwhile = () =>
    broker.operations.updateCertificate({
      certificateId: claim.certificateId,
      newStatus: 'REVOKED',
    })
  device.client.publish('$aws/provisioning-templates/fleet/provision/json', JSON.stringify(request))
  await broker.closed({ clientId: 'claim', code: 'REGISTRATION_REVOKED' })
  await broker.stop()
  t.match(events.filter(({ event }) => event === 'provisioning.failed').at(-1), {
    says: /the claim certificate is not ACTIVE any more/,
  })
  t.equal(broker.registry.certificate(`${certificateId}`)?.status, 'PENDING_ACTIVATION')
  t.equal(broker.registry.thing('fleet-7'), undefined)
})
