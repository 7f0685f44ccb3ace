/** `start()` as a program uses it: AWS's operations on a running broker, its state, its keys. */

import t from 'tap'
import { createPki, start } from '../broker/main.ts'
import { connect, running } from './helpers/device.ts'
import { memoryStore } from './helpers/memory-store.ts'
import { minted, mintedDevice } from './helpers/pki.ts'

const REGISTERED = '$aws/events/certificates/registered/#'

t.test(
  'JITR: a subscriber activates the certificate of the event, and the device gets in',
  async t => {
    const broker = await running(t)
    const { operations } = broker
    const issuer = minted({ subject: [['CN', 'Factory']], isCa: true })
    broker.registerAuthority(issuer.pem)
    const service = await connect(t, broker, await broker.createDevice('service'))
    await service.client.subscribeAsync(REGISTERED, { qos: 1 })
    const event = new Promise<{ certificateId: string }>(resolve =>
      service.client.once('message', (_topic, payload) => resolve(JSON.parse(payload.toString()))),
    )
    const own = mintedDevice('newcomer', issuer)
    const device = {
      thingName: 'newcomer',
      certificateId: own.certificate.sha256,
      certificate: own.pem,
      privateKey: own.keyPem,
      ca: broker.ca,
    }
    const first = await connect(t, broker, device)
    await first.closed
    t.equal((await broker.closed({ clientId: 'newcomer' })).code, 'REGISTRATION_JITR_PENDING')
    const { certificateId } = await event
    const target = `arn:aws:iot:us-east-1:123456789012:cert/${certificateId}`
    const attached = await operations.attachPolicy({ policyName: 'service-policy', target })
    t.same(attached, { ok: true, value: {} })
    const activated = await operations.updateCertificate({ certificateId, newStatus: 'ACTIVE' })
    t.same(activated, { ok: true, value: {} })
    t.equal((await connect(t, broker, device)).seen.connack, 0)
  },
)

t.test('an operation answers when what it did is durable, and a refusal is an answer', async t => {
  const store = memoryStore()
  const broker = await running(t, { state: store })
  const made = await broker.operations.createThing({ thingName: 'sensor-1' })
  t.match(made, { ok: true, value: { thingName: 'sensor-1' } })
  t.match([...store.kept.keys()], [/^things\/sensor-1$/])
  const refused = await broker.operations.describeThing({ thingName: 'nobody' })
  t.match(refused, { ok: false, refusal: { exception: 'ResourceNotFoundException' } })
})

t.test('a store that fails is an answer too, and the same to all later changes', async t => {
  const store = memoryStore()
  const broker = await running(t, {
    state: { ...store, write: () => Promise.reject(new Error('the disk is full')) },
  })
  for (const thingName of ['a', 'b']) {
    t.match(await broker.operations.createThing({ thingName }), {
      ok: false,
      refusal: { exception: 'InternalFailureException', message: /the disk is full/ },
    })
  }
})

t.test('what one broker learned, the next one on the same state knows', async t => {
  const state = t.testdir()
  const first = await start({ state })
  const device = await first.createDevice('sensor-1')
  await first.stop()
  const second = await running(t, { state })
  t.equal((await connect(t, second, { ...device, ca: second.ca })).seen.connack, 0)
})

t.test('brokers with the same PKI are trusted by the same CA', async t => {
  const pki = await createPki({ names: ['broker.test', '192.0.2.1'] })
  const [one, two] = await Promise.all([running(t, { pki }), running(t, { pki })])
  t.equal(one.ca, two.ca)
  const device = await one.createDevice('sensor-1')
  t.equal((await connect(t, one, { ...device, ca: two.ca })).seen.connack, 0)
  t.equal((await connect(t, one, device, { servername: 'broker.test' })).seen.connack, 0)
})

t.test('a policy over the limit is refused, or taken where the option says so', async t => {
  const Sid = 'x'.repeat(2100)
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Sid, Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
  }
  const strict = await running(t)
  await t.rejects(strict.createDevice('a', { policy }), { message: /2048/ })
  const lenient = await running(t, { policySize: 'warn' })
  const device = await lenient.createDevice('a', { policy })
  t.equal((await connect(t, lenient, device)).seen.connack, 0)
})
