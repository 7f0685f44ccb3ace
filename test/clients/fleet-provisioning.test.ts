/**
 * The fleet provisioning clients of the AWS IoT Device SDK v2, the older and the newer one, as its users write them: from a
 * claim certificate to a connection with the device's own.
 */

import { iot, iotidentity, mqtt } from 'aws-iot-device-sdk-v2'
import t, { type Test } from 'tap'
import type { Broker, Device } from '../../broker/main.ts'
import { running } from '../helpers/device.ts'
import { CLAIM_POLICY, putFleetTemplate } from '../helpers/fleet.ts'
import { ecKeys } from '../helpers/pki.ts'
import { requestPem } from '../helpers/request.ts'

type Credentials = { certificate: string; privateKey: string; ca: string }
type Made = { certificate: string; privateKey: string; thingName: string | undefined }
/** Asks for a certificate, with a key of its own where it has one, and provisions it. */
type Provision = (
  connection: mqtt.MqttClientConnection,
  own: { request: string; privateKey: string } | undefined,
) => Promise<Made>

const parameters = { SerialNumber: '42' }
const templateName = 'fleet'

const newer: Provision = async (connection, own) => {
  const client = iotidentity.IotIdentityClientv2.newFromMqtt311(connection, {
    maxRequestResponseSubscriptions: 4,
    maxStreamingSubscriptions: 2,
    operationTimeoutInSeconds: 30,
  })
  try {
    const created: {
      certificatePem?: string
      certificateOwnershipToken?: string
      privateKey?: string
    } = own
      ? await client.createCertificateFromCsr({ certificateSigningRequest: own.request })
      : await client.createKeysAndCertificate({})
    const { certificatePem = '', certificateOwnershipToken } = created
    const privateKey = own?.privateKey ?? created.privateKey ?? ''
    const { thingName } = await client.registerThing({
      templateName,
      certificateOwnershipToken: certificateOwnershipToken ?? '',
      parameters,
    })
    return { certificate: certificatePem, privateKey, thingName }
  } finally {
    client.close()
  }
}

const older: Provision = async (connection, own) => {
  const client = new iotidentity.IotIdentityClient(connection)
  const qos = mqtt.QoS.AtLeastOnce
  const created = await new Promise<{
    certificatePem?: string
    certificateOwnershipToken?: string
    privateKey?: string
  }>((resolve, reject) => {
    const hear = (error: unknown, response?: object) =>
      response ? resolve(response) : reject(error)
    const refused = (_: unknown, response?: object) => reject(new Error(JSON.stringify(response)))
    const asking = own
      ? client
          .subscribeToCreateCertificateFromCsrAccepted({}, qos, hear)
          .then(() => client.subscribeToCreateCertificateFromCsrRejected({}, qos, refused))
          .then(() =>
            client.publishCreateCertificateFromCsr({ certificateSigningRequest: own.request }, qos),
          )
      : client
          .subscribeToCreateKeysAndCertificateAccepted({}, qos, hear)
          .then(() => client.subscribeToCreateKeysAndCertificateRejected({}, qos, refused))
          .then(() => client.publishCreateKeysAndCertificate({}, qos))
    asking.catch(reject)
  })
  const { certificatePem = '', certificateOwnershipToken = '', privateKey = '' } = created
  const registered = await new Promise<{ thingName?: string }>((resolve, reject) => {
    client
      .subscribeToRegisterThingAccepted({ templateName }, qos, (error, response) =>
        response ? resolve(response) : reject(error),
      )
      .then(() =>
        client.subscribeToRegisterThingRejected({ templateName }, qos, (_, response) =>
          reject(new Error(JSON.stringify(response))),
        ),
      )
      .then(() =>
        client.publishRegisterThing({ templateName, certificateOwnershipToken, parameters }, qos),
      )
      .catch(reject)
  })
  const key = own?.privateKey ?? privateKey
  return { certificate: certificatePem, privateKey: key, thingName: registered.thingName }
}

for (const [name, provision] of [
  ['IotIdentityClient', older],
  ['IotIdentityClientv2', newer],
] as const) {
  for (const how of ['keys', 'a signing request']) {
    t.test(`${name} with ${how}, through to a connection with the new certificate`, async t => {
      const broker = await running(t)
      putFleetTemplate(broker, templateName)
      const claim: Device = await broker.createDevice('claim', { policy: CLAIM_POLICY })
      const connection = connectionOf(broker, claim, 'claim')
      await connection.connect()
      const keys = ecKeys()
      const own = {
        request: requestPem({ keys }),
        privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      }
      const made = await provision(connection, how === 'keys' ? undefined : own)
      t.equal(made.thingName, 'fleet-42')
      await connection.disconnect()
      t.match(await broker.closed({ clientId: 'claim' }), { code: 'CLOSE_BY_CLIENT', also: [] })
      await useOwn(t, broker, { ...made, ca: claim.ca })
    })
  }
}

async function useOwn(t: Test, broker: Broker, credentials: Credentials): Promise<void> {
  const connection = connectionOf(broker, credentials, 'fleet-42')
  await connection.connect()
  const got = new Promise<string>(resolve => {
    void connection
      .subscribe('fleet-42/#', mqtt.QoS.AtLeastOnce, topic => resolve(topic))
      .then(() => connection.publish('fleet-42/hello', 'hi', mqtt.QoS.AtLeastOnce))
  })
  t.equal(await got, 'fleet-42/hello')
  await connection.disconnect()
  t.match(await broker.closed({ clientId: 'fleet-42' }), {
    code: 'CLOSE_BY_CLIENT',
    principal: { status: 'ACTIVE', thingName: 'fleet-42' },
  })
}

function connectionOf(
  broker: Broker,
  { certificate, privateKey, ca }: Credentials,
  clientId: string,
): mqtt.MqttClientConnection {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(certificate, privateKey)
    .with_certificate_authority(ca)
    .with_client_id(clientId)
    .with_clean_session(true)
    .with_endpoint(broker.host)
    .with_port(broker.port)
    .build()
  return new mqtt.MqttClient().new_connection(config)
}
