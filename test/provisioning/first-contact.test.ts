/** What a first contact leaves behind, by how the certificate's CA is registered: JITP, JITR, or a refusal and nothing. */

import { createHash } from 'node:crypto'
import { connect as tlsConnect } from 'node:tls'
import type { IClientOptions } from 'mqtt'
import t, { type Test } from 'tap'
import type { AuthorityOptions, Broker, Device } from '../../broker/main.ts'
import { allow, connect, running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'
import { type Minted, mintedDevice, pki } from '../helpers/pki.ts'

const { signer, device, device2 } = pki()
const certificateId = device.certificate.sha256
const caCertificateId = signer.certificate.sha256
const NOW = '2026-01-01T00:00:00.000Z'

/** A device's own view of a certificate that the broker may never have heard of. */
function owner({ pem, keyPem }: Minted, broker: Broker, thingName = 'dev-1'): Device {
  return { thingName, certificateId, certificate: pem, privateKey: keyPem, ca: broker.ca }
}

/** Connects once and waits until it is over; gives the closing record and whether a CONNACK came. */
async function contact(t: Test, broker: Broker, who: Device, options: IClientOptions = {}) {
  const { client, closed, seen } = await connect(t, broker, who, options)
  if (seen.connack === 0) await client.endAsync()
  await closed
  return { connack: seen.connack, record: await broker.closed({ clientId: who.thingName }) }
}

const THING = {
  Type: 'AWS::IoT::Thing',
  Properties: {
    ThingName: { Ref: 'AWS::IoT::Certificate::CommonName' },
    AttributePayload: { maker: { Ref: 'AWS::IoT::Certificate::Organization' } },
  },
}
const CERTIFICATE = {
  Type: 'AWS::IoT::Certificate',
  Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' },
}
const policyOf = (...rules: Parameters<typeof allow>) => ({
  Type: 'AWS::IoT::Policy',
  Properties: { PolicyDocument: JSON.stringify(allow(...rules)) },
})
const ALL = policyOf(['iot:*', '*'])
/** AWS: a policy given as a document is named by its hash. */
const ALL_NAME = createHash('sha1')
  .update(ALL.Properties.PolicyDocument)
  .digest('hex')
  .toUpperCase()
const SERIAL = 'AWS::IoT::Certificate::SerialNumber'

/** A broker that writes down what it logs, with `signer` registered so. */
async function registeredSo(t: Test, options: AuthorityOptions) {
  const events: { event: string }[] = []
  const broker = await running(t, { clock: NOW, log: event => events.push(event) })
  broker.registerAuthority(signer.pem, options)
  return { broker, told: () => events.filter(({ event }) => event.startsWith('provisioning.')) }
}

t.test(
  'JITP: thing, policy and certificate are made, and the second connection has them',
  async t => {
    const template = { Resources: { thing: THING, certificate: CERTIFICATE, policy: ALL } }
    const { broker, told } = await registeredSo(t, { template })
    const first = await contact(t, broker, owner(device, broker))
    t.equal(first.connack, undefined)
    t.match(first.record, {
      code: 'REGISTRATION_JITP_PROVISIONED',
      evidence: {
        certificateId,
        caCertificateId,
        thingName: 'dev-1',
        policies: [/^[0-9A-F]{40}$/],
      },
      sent: { close: 'fin' },
    })
    t.notOk('connack' in first.record.sent)
    t.match(broker.registry.certificate(certificateId), {
      status: 'ACTIVE',
      caCertificateId,
      source: { kind: 'learned', how: 'jitp' },
    })
    t.match(broker.registry.thing('dev-1'), { thingName: 'dev-1', attributes: { maker: 'Acme' } })
    t.same(broker.registry.thingsOf(certificateId), ['dev-1'])
    const second = await contact(t, broker, owner(device, broker))
    t.match(second, { connack: 0, record: { code: 'CLOSE_BY_CLIENT', thingName: 'dev-1' } })
    t.match(told(), [
      { event: 'provisioning.provisioned', certificateId, caCertificateId, thingName: 'dev-1' },
    ])
    t.equal(told().length, 1)
  },
)

t.test('JITP: two devices at once, and one device twice at once, are each made once', async t => {
  const template = { Resources: { thing: THING, certificate: CERTIFICATE, policy: ALL } }
  const { broker, told } = await registeredSo(t, { template })
  const again = { ...owner(device, broker), thingName: 'twin' }
  const contacts = await Promise.all([
    contact(t, broker, owner(device, broker)),
    contact(t, broker, owner(device2, broker, 'dev-2')),
    contact(t, broker, again),
  ])
  t.ok(contacts.every(({ record }) => record.code !== 'CLOSE_INTERNAL_ERROR'))
  t.equal(told().length, 2)
  t.same(broker.registry.thingsOf(certificateId), ['dev-1'])
  t.same(broker.registry.thingsOf(device2.certificate.sha256), ['dev-2'])
  t.equal(broker.registry.policiesOf(certificateId).names.length, 1)
})

t.test('JITP with an INACTIVE certificate: made, and kept out', async t => {
  const sleeping = { ...CERTIFICATE, Properties: { ...CERTIFICATE.Properties, Status: 'INACTIVE' } }
  const template = { Resources: { thing: THING, certificate: sleeping, policy: ALL } }
  const { broker } = await registeredSo(t, { template })
  const first = await contact(t, broker, owner(device, broker))
  t.equal(first.record.code, 'REGISTRATION_JITP_PROVISIONED')
  const second = await contact(t, broker, owner(device, broker))
  t.match(second, { connack: undefined, record: { code: 'REGISTRATION_INACTIVE' } })
})

type Failing = {
  name: string
  resources: object
  parameters?: object
  evidence: object
  says: RegExp
}

const failing: Failing[] = [
  {
    name: 'a parameter that the certificate does not carry',
    parameters: { [SERIAL]: { Type: 'String' } },
    resources: { thing: THING, certificate: CERTIFICATE, policy: ALL },
    evidence: { parameter: SERIAL, why: /does not carry it/ },
    says: /parameter `AWS::IoT::Certificate::SerialNumber`: the certificate does not carry it/,
  },
  {
    name: 'a resource that refers to nothing, after others that are fine',
    resources: {
      thing: THING,
      certificate: CERTIFICATE,
      policy: ALL,
      other: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: { Ref: SERIAL } } },
    },
    evidence: { resource: 'other', parameter: SERIAL },
    says: /resource `other`: `Ref` names/,
  },
  {
    name: 'a policy that does not exist, after another that does not either',
    resources: {
      thing: THING,
      certificate: CERTIFICATE,
      made: ALL,
      missing: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'gone' } },
    },
    evidence: {
      resource: 'missing',
      why: 'there is no policy `gone`',
      exception: 'ResourceNotFoundException',
    },
    says: /resource `missing`: there is no policy `gone`/,
  },
  {
    name: 'a policy document that is none',
    resources: {
      thing: THING,
      certificate: CERTIFICATE,
      policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: '{"Version":"1999"}' } },
    },
    evidence: {
      resource: 'policy',
      why: /^CreatePolicy is refused with MalformedPolicyException: /,
      exception: 'MalformedPolicyException',
    },
    says: /CreatePolicy is refused with MalformedPolicyException: /,
  },
]

for (const { name, resources, parameters, evidence, says } of failing) {
  t.test(`JITP is all or nothing: ${name}`, async t => {
    const template = { ...(parameters && { Parameters: parameters }), Resources: resources }
    const { broker, told } = await registeredSo(t, { template })
    for (const times of [1, 2]) {
      const { connack, record } = await contact(t, broker, owner(device, broker))
      t.equal(connack, undefined)
      t.match(record, {
        code: 'REGISTRATION_TEMPLATE_FAILED',
        verdict: 'refused',
        side: 'we',
        evidence: { certificateId, ...evidence },
        repeat: { count: times },
      })
      t.match(record.says, says)
      t.equal(broker.registry.certificate(certificateId)?.status, 'PENDING_ACTIVATION')
      t.equal(broker.registry.thing('dev-1'), undefined)
      t.same(broker.registry.thingsOf(certificateId), [])
      t.same(broker.registry.policiesOf(certificateId).names, [])
      t.equal(broker.registry.policy(ALL_NAME), undefined)
    }
    const failed = { event: 'provisioning.failed', certificateId, caCertificateId }
    t.match(told(), [failed, failed])

    const mended = { Resources: { thing: THING, certificate: CERTIFICATE, policy: ALL } }
    broker.registerAuthority(signer.pem, { template: mended })
    const { record } = await contact(t, broker, owner(device, broker))
    t.match(record, { code: 'REGISTRATION_JITP_PROVISIONED', evidence: { policies: [ALL_NAME] } })
    t.match(await contact(t, broker, owner(device, broker)), { connack: 0 })
  })
}

t.test('a CA in mode SNI_ONLY: its devices need a host name, and are in that mode too', async t => {
  const broker = await running(t, { clock: NOW })
  const template = { Resources: { thing: THING, certificate: CERTIFICATE, policy: ALL } }
  const { operations } = broker.registry
  const registered = operations.registerCACertificate({
    caCertificate: signer.pem,
    certificateMode: 'SNI_ONLY',
    setAsActive: true,
    allowAutoRegistration: true,
    registrationConfig: {
      templateBody: JSON.stringify(template),
      roleArn: 'arn:aws:iam::123456789012:role/jitp',
    },
  })
  t.ok(registered.ok)
  // Nobody sends an address as host name.
  const nameless = { host: '127.0.0.1', checkServerIdentity: () => undefined }
  const who = owner(device, broker)
  const missing = { code: 'REGISTRATION_SNI_MISSING', evidence: { certificateId } }
  t.match(await contact(t, broker, who, nameless), { connack: undefined, record: missing })
  t.equal(broker.registry.certificate(certificateId), undefined, 'nothing was registered')
  const first = await contact(t, broker, who)
  t.match(first.record, {
    code: 'REGISTRATION_JITP_PROVISIONED',
    evidence: { template: /^templateBody of / },
  })
  t.match(broker.registry.certificate(certificateId), { certificateMode: 'SNI_ONLY' })
  t.match(await contact(t, broker, who, nameless), { connack: undefined, record: missing })
  t.match(await contact(t, broker, who), { connack: 0 })
})

t.test('JITP with a template that was removed', async t => {
  const { broker } = await registeredSo(t, {})
  const authority = broker.registry.authority(caCertificateId)
  if (authority) directly(broker.registry).registerAuthority({ ...authority, templateName: 'gone' })
  const { record } = await contact(t, broker, owner(device, broker))
  t.match(record, { code: 'REGISTRATION_TEMPLATE_FAILED', evidence: { template: 'gone' } })
  t.match(record.says, /there is no good template `gone` under policies\/templates/)
})

t.test('JITR: registered as pending, and whoever listens is told, each time', async t => {
  const { broker, told } = await registeredSo(t, {})
  const topic = `$aws/events/certificates/registered/${caCertificateId}`
  const service = await broker.createDevice('service')
  const listener = await connect(t, broker, service)
  await listener.client.subscribeAsync(topic, { qos: 1 })
  const heard = () => new Promise(resolve => listener.client.once('message', resolve))

  for (const code of ['REGISTRATION_JITR_PENDING', 'REGISTRATION_PENDING_ACTIVATION']) {
    const event = heard()
    const { connack, record } = await contact(t, broker, owner(device, broker))
    t.equal(connack, undefined)
    t.match(record, { code, evidence: { certificateId } })
    await event
  }
  t.same(
    listener.seen.messages.map(([name, payload]) => [name, JSON.parse(payload)]),
    [null, String(Date.parse(NOW))].map(registered => [
      topic,
      {
        certificateId,
        caCertificateId,
        timestamp: Date.parse(NOW),
        certificateStatus: 'PENDING_ACTIVATION',
        awsAccountId: '123456789012',
        certificateRegistrationTimestamp: registered,
      },
    ]),
  )
  t.equal(told().length, 2)

  // What the rule behind this event does on AWS IoT.
  directly(broker.registry).setStatus(certificateId, 'ACTIVE')
  const bare = await contact(t, broker, owner(device, broker))
  t.match(bare.record, { code: 'PERMISSION_CONNECT_DENIED' }, 'active, and without a policy')
  directly(broker.registry).attachPolicy(certificateId, 'service-policy')
  t.match(await contact(t, broker, owner(device, broker)), { connack: 0 })
  t.equal(told().length, 2, 'an active certificate is not told of')
})

for (const [name, options] of [
  ['JITR', {}],
  ['JITP', { template: { Resources: { thing: THING, certificate: CERTIFICATE, policy: ALL } } }],
] as [name: string, options: AuthorityOptions][]) {
  // AWS: seen on the real service: what registers is the CONNECT, not the handshake.
  t.test(`${name}: a handshake alone registers nothing`, async t => {
    const { broker, told } = await registeredSo(t, options)
    const { pem: cert, keyPem: key } = device
    const dial = { host: broker.host, port: broker.port, ca: broker.ca, cert, key }
    const socket = tlsConnect({ ...dial, servername: broker.host }, () => socket.end())
    t.match(await broker.closed(), { code: 'CONNECT_ABANDONED' })
    t.equal(broker.registry.certificate(certificateId), undefined)
    t.same(told(), [])
    t.equal((await contact(t, broker, owner(device, broker))).connack, undefined)
    t.ok(broker.registry.certificate(certificateId), 'and with CONNECT it is registered')
  })
}

const kept: [name: string, options: AuthorityOptions, code: string][] = [
  ['an INACTIVE CA', { status: 'INACTIVE' }, 'REGISTRATION_CA_INACTIVE'],
  ['auto-registration off', { autoRegistration: 'DISABLE' }, 'REGISTRATION_AUTO_DISABLED'],
  [
    'an INACTIVE CA with a template',
    { status: 'INACTIVE', template: { Resources: { certificate: CERTIFICATE } } },
    'REGISTRATION_CA_INACTIVE',
  ],
]

for (const [name, options, code] of kept) {
  t.test(`${name}: nothing is made, and what is registered keeps working`, async t => {
    const { broker, told } = await registeredSo(t, options)
    const { connack, record } = await contact(t, broker, owner(device, broker))
    t.equal(connack, undefined)
    t.match(record, { code, verdict: 'refused', evidence: { certificateId, caCertificateId } })
    t.equal(broker.registry.certificate(certificateId), undefined)
    t.same(told(), [])

    const registered = mintedDevice('dev-1', signer)
    const { sha256 } = registered.certificate
    await broker.createDevice('neighbour')
    directly(broker.registry).attachPolicy(sha256, 'neighbour-policy')
    directly(broker.registry).registerCertificate({
      certificate: registered.certificate,
      status: 'ACTIVE',
      source: { kind: 'declared', file: 'config.yaml' },
    })
    t.match(await contact(t, broker, owner(registered, broker)), { connack: 0 })
  })
}
