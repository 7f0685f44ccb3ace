/** The files that `candid init` gives to a new project: what README promises of them. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { awsLimits } from '../../broker/config/limits.ts'
import { loadConfig } from '../../broker/config/load.ts'
import { type Config, defaultConfig } from '../../broker/config/shape.ts'
import { readPolicy } from '../../broker/policy/policy.ts'
import { connect, running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'
import { claimant, putFleetTemplate } from '../helpers/fleet.ts'
import { mintedDevice, PKI_NOW, pki } from '../helpers/pki.ts'

const policy = readFileSync('policies/device.json', 'utf8')
const template = readFileSync('policies/templates/jitp.json', 'utf8')

t.test('config.yaml shows the defaults', async t => {
  const loaded = loadConfig(readFileSync('config.yaml', 'utf8'))
  t.same(loaded.problems, [])
  t.same(loaded.config, defaultConfig() satisfies Config)
})

t.test('config.yaml lists every limit with its value', async t => {
  const text = readFileSync('config.yaml', 'utf8')
  const listed = text.slice(text.indexOf('all of them'), text.indexOf('limits: aws'))
  const lines = [...listed.matchAll(/^# {3}(\w+: \w+)( {2,}.*)?$/gm)].map(([, line]) => line)
  t.same(
    lines,
    Object.entries(awsLimits).map(([name, value]) => `${name}: ${value}`),
  )
})

t.test('the policy is good, and lets two devices talk through `shared/`', async t => {
  t.same(readPolicy('device', policy).problems, [])
  const broker = await running(t)
  const [one, two] = [
    await broker.createDevice('sensor-1', { policy }),
    await broker.createDevice('sensor-2', { policy }),
  ]
  const speaks = await connect(t, broker, one)
  const listens = await connect(t, broker, two)
  await listens.client.subscribeAsync('shared/#', { qos: 1 })
  const came = new Promise(resolve => listens.client.once('message', resolve))
  await speaks.client.publishAsync('shared/door', 'open', { qos: 1 })
  await came
  t.same(listens.seen.messages, [['shared/door', 'open', false]])
})

t.test('the policy refuses another client id', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('sensor-1', { policy })
  const { seen } = await connect(t, broker, device, { clientId: 'my-first-device' })
  t.equal(seen.connack, undefined)
  const record = await broker.closed({ clientId: 'my-first-device' })
  t.match(record, { code: 'PERMISSION_CONNECT_DENIED', verdict: 'refused', sent: { close: 'fin' } })
})

t.test('the template makes a device at its first connection, and the second one works', async t => {
  const broker = await running(t, { clock: PKI_NOW })
  directly(broker.registry).putPolicy('device', policy)
  broker.registerAuthority(pki().signer.pem, { template })
  const minted = mintedDevice('pump-7', pki().signer)
  const device = {
    thingName: 'pump-7',
    certificateId: minted.certificate.sha256,
    certificate: minted.pem,
    privateKey: minted.keyPem,
    ca: broker.ca,
  }
  const first = await connect(t, broker, device)
  t.equal(first.seen.connack, undefined)
  t.match(await broker.closed({ clientId: 'pump-7' }), {
    code: 'REGISTRATION_JITP_PROVISIONED',
    evidence: { thingName: 'pump-7', policies: ['device'] },
  })
  const second = await connect(t, broker, device)
  t.equal(second.seen.connack, 0)
  await second.client.publishAsync('pump-7/hello', 'hi', { qos: 1 })
  await second.client.endAsync()
  t.match(await broker.closed({ clientId: 'pump-7' }), {
    code: 'CLOSE_BY_CLIENT',
    principal: { status: 'ACTIVE', thingName: 'pump-7', policies: ['device'] },
  })
})

t.test('a claim and the fleet template make a device that works under its own name', async t => {
  const claimPolicy = readFileSync('policies/claim.json', 'utf8')
  t.same(readPolicy('claim', claimPolicy).problems, [])
  const broker = await running(t)
  directly(broker.registry).putPolicy('device', policy)
  putFleetTemplate(
    broker,
    'fleet',
    JSON.parse(readFileSync('policies/templates/fleet.json', 'utf8')),
  )
  const claim = await broker.createDevice('claim', { policy: claimPolicy })
  const device = await claimant(t, broker, claim)
  const { body } = await device.ask('create')
  const { certificateOwnershipToken, certificatePem = '', privateKey = '' } = body
  const parameters = { SerialNumber: 'lamp-1' }
  const registered = await device.ask('provision', { certificateOwnershipToken, parameters })
  t.match(registered.body, { thingName: 'lamp-1' })
  const own = { ...claim, thingName: 'lamp-1', certificate: certificatePem, privateKey }
  const { client, seen } = await connect(t, broker, own)
  t.equal(seen.connack, 0)
  await client.publishAsync('lamp-1/hello', 'hi', { qos: 1 })
})
