/**
 * The flows of the README from the two clients that it shows most: mosquitto, and the AWS IoT Device SDK v2. By JITP the
 * second connection works; by JITR it works when a subscriber to the event has activated the certificate.
 */

import { iot, mqtt } from 'aws-iot-device-sdk-v2'
import t, { type Test } from 'tap'
import { connect } from '../helpers/device.ts'
import { type Minted, PKI_NOW, pki } from '../helpers/pki.ts'
import { factory } from './factory.ts'
import { type Local, local } from './local.ts'
import { mosquittoPub } from './mosquitto.ts'
import { toolOrSkip } from './skip.ts'

const { signer, device } = pki()
const certificateId = device.certificate.sha256
const caCertificateId = signer.certificate.sha256

/** Connects as `dev-1`, publishes once with QoS 1; says whether that went through. */
type Publish = (here: Local, comer: Minted) => Promise<boolean>

const clients: { [name: string]: Publish } = {
  async mosquitto(here, { pem, keyPem }) {
    const options = { clientId: 'dev-1', topic: 'dev-1/hello', message: 'hi', qos: 1 } as const
    const { code } = await mosquittoPub({ ...(await here.flags(pem, keyPem)), ...options })
    return code === 0
  },
  async 'aws-iot-device-sdk-v2'(here, { pem, keyPem }) {
    const { ca, cert, key, port } = await here.flags(pem, keyPem)
    const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder_from_path(cert, key)
      .with_certificate_authority_from_path(undefined, ca)
      .with_client_id('dev-1')
      .with_clean_session(true)
      .with_endpoint(here.broker.host)
      .with_port(port)
      .build()
    const connection = new mqtt.MqttClient().new_connection(config)
    try {
      await connection.connect()
    } catch {
      return false
    }
    await connection.publish('dev-1/hello', 'hi', mqtt.QoS.AtLeastOnce)
    await connection.disconnect()
    return true
  },
}

const about = (name: string, t: Test) =>
  name === 'mosquitto' ? toolOrSkip(t, 'mosquitto_pub') : Promise.resolve(true)

for (const [name, publish] of Object.entries(clients)) {
  t.test(`${name}: JITP, as the README has it`, async t => {
    if (!(await about(name, t))) return
    const { here, broker } = await factory(t, [signer])
    t.equal(await publish(here, device), false, 'closed on purpose')
    t.match(await broker.closed(), {
      code: 'REGISTRATION_JITP_PROVISIONED',
      certificateId,
      evidence: { thingName: 'dev-1', policies: ['device'], caCertificateId },
    })
    t.equal(await publish(here, device), true)
    t.match(await broker.closed(), { code: 'CLOSE_BY_CLIENT', thingName: 'dev-1' })
  })

  t.test(`${name}: JITR, and a subscriber that activates the certificate`, async t => {
    if (!(await about(name, t))) return
    const here = await local(t, { clock: PKI_NOW })
    const { broker } = here
    const { operations } = broker.registry
    broker.registerAuthority(signer.pem, {})
    const service = await connect(t, broker, await broker.createDevice('service'))
    await service.client.subscribeAsync('$aws/events/certificates/registered/#', { qos: 1 })
    const heard = new Promise<[string, string]>(resolve => {
      service.client.once('message', (topic, payload) => resolve([topic, payload.toString()]))
    })

    t.equal(await publish(here, device), false, 'closed until it is activated')
    t.match(await broker.closed({ clientId: 'dev-1' }), { code: 'REGISTRATION_JITR_PENDING' })
    const [topic, payload] = await heard
    t.equal(topic, `$aws/events/certificates/registered/${caCertificateId}`)
    const event = JSON.parse(payload) as { certificateId: string; certificateStatus: string }
    t.match(event, { certificateId, caCertificateId, certificateStatus: 'PENDING_ACTIVATION' })

    t.equal(await publish(here, device), false, 'still pending')
    t.match(await broker.closed({ clientId: 'dev-1' }), { code: 'REGISTRATION_PENDING_ACTIVATION' })
    const id = event.certificateId
    t.ok(operations.updateCertificate({ certificateId: id, newStatus: 'ACTIVE' }).ok)
    const target = `arn:aws:iot:us-east-1:123456789012:cert/${id}`
    t.ok(operations.attachPolicy({ policyName: 'service-policy', target }).ok)
    t.equal(await publish(here, device), true)
    t.match(await broker.closed({ clientId: 'dev-1' }), { code: 'CLOSE_BY_CLIENT' })
  })
}
