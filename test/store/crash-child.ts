/**
 * The process that the crash test kills: `node crash-child.js STATE LOG SEED`. It opens the state through the real registry and
 * changes devices, several at a time. Into LOG it writes what it is about to do and, once that is durable, that it is done.
 */

import { generateKeyPairSync } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { type Answer, answer, refuse } from '../../broker/registry/answer.ts'
import { openState } from '../../broker/registry/open-state.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { readCertificate } from '../../broker/x509/certificate.ts'
import { mint } from '../../broker/x509/mint.ts'
import { toPem } from '../../broker/x509/pem.ts'
import { type DeviceState, type Line, noDevice, POLICY, stateIn } from './crash-device.ts'
import { randomFrom } from './random.ts'

type Device = { device: string; certificateId: string }

/** Changes that wait for the disk at the same time. */
const AT_ONCE = 8

const [folder = '', log = '', seed = '1'] = process.argv.slice(2)
const random = randomFrom(Number(seed))
const ALLOW_CONNECT =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}'
const world = createWorld(runningClock())
const account = () => ({ id: '123456789012', region: 'us-east-1' })
const opened = await openState({ folder }, { world, account }, problem => fail(problem.says))
if ('problem' in opened) throw new Error(opened.problem.says)
const { registry } = opened
const { operations, desk } = registry
const lines = openSync(log, 'a')

if (!registry.policy(POLICY))
  must(operations.createPolicy({ policyName: POLICY, policyDocument: ALLOW_CONNECT }))
await registry.durable()
const known = [...desk.view.thingPrincipals.values()].map(({ thingName, certificateId }) => {
  return { device: thingName, certificateId }
})
process.stdout.write('ready\n')
await Promise.all(Array.from({ length: AT_ONCE }, (_, client) => work(client)))

async function work(client: number): Promise<never> {
  const mine: Device[] = known.filter((_, index) => index % AT_ONCE === client)
  for (let count = 0; ; count++) {
    const chosen = mine[random(mine.length * 2)]
    if (chosen) await change(chosen)
    else {
      const made = await provision(`d-${seed}-${client}-${count}`)
      if (made) mine.push(made)
    }
  }
}

/** Certificate, thing and attachments in one transaction; one time in five it fails at its end. */
async function provision(device: string): Promise<Device | undefined> {
  const { pem, certificateId } = newCertificate()
  const fails = random(5) === 0
  const made = { certificate: 'ACTIVE', thing: 0, attached: true, policy: true }
  await tell({ device, certificateId }, fails ? noDevice : made, () =>
    desk.transact((): Answer<object> => {
      must(operations.registerCertificateWithoutCA({ certificatePem: pem, status: 'ACTIVE' }))
      must(
        operations.createThing({ thingName: device, attributePayload: { attributes: { n: '0' } } }),
      )
      must(operations.attachPolicy({ policyName: POLICY, target: arn(certificateId) }))
      must(operations.attachThingPrincipal({ thingName: device, principal: arn(certificateId) }))
      return fails ? refuse('InvalidRequestException', 'on purpose') : answer({})
    }),
  )
  return fails ? undefined : { device, certificateId }
}

async function change(one: Device): Promise<void> {
  const { device: thingName, certificateId } = one
  const state = stateIn(registry, thingName, certificateId)
  const principal = arn(certificateId)
  if (state.thing === null || state.certificate === null) return
  const updated = state.thing + 1
  const turned = state.certificate === 'ACTIVE' ? 'INACTIVE' : 'ACTIVE'
  const remove = (): Answer<object> =>
    desk.transact(() => {
      if (state.attached) must(operations.detachThingPrincipal({ thingName, principal }))
      must(operations.deleteThing({ thingName }))
      must(operations.updateCertificate({ certificateId, newStatus: 'INACTIVE' }))
      return operations.deleteCertificate({ certificateId, forceDelete: true })
    })
  const turn = (): Answer<object> =>
    operations.updateCertificate({ certificateId, newStatus: turned })
  const update = (): Answer<object> =>
    operations.updateThing({ thingName, attributePayload: { attributes: { n: String(updated) } } })
  const attach = (): Answer<object> =>
    state.attached
      ? operations.detachThingPrincipal({ thingName, principal })
      : operations.attachThingPrincipal({ thingName, principal })
  const ways: [DeviceState, () => Answer<object>][] = [
    [{ ...state, thing: updated }, update],
    [{ ...state, certificate: turned }, turn],
    [{ ...state, attached: !state.attached }, attach],
    [noDevice, remove],
  ]
  const [after, act] = ways[random(ways.length)] ?? fail('no way')
  await tell(one, after, () => must(act()))
}

async function tell(one: Device, state: DeviceState, act: () => unknown): Promise<void> {
  write({ kind: 'try', ...one, state })
  act()
  await registry.durable()
  write({ kind: 'done', device: one.device })
}

function write(line: Line): void {
  writeSync(lines, `${JSON.stringify(line)}\n`)
}

function must(done: Answer<object>): Answer<object> {
  return done.ok ? done : fail(`${done.refusal.exception}: ${done.refusal.message}`)
}

function arn(certificateId: string): string {
  return desk.arn('cert', certificateId)
}

function newCertificate(): { pem: string; certificateId: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = mint({
    subject: [['CN', 'crash']],
    publicKey,
    signer: privateKey,
    serial: world.random(16),
    notBefore: Date.UTC(2020, 0, 1),
    notAfter: Date.UTC(2049, 0, 1),
  })
  const read = readCertificate(der)
  if (!read.ok) return fail(read.says)
  return { pem: toPem('CERTIFICATE', der), certificateId: read.certificate.sha256 }
}

function fail(says: string): never {
  process.stderr.write(`${says}\n`)
  process.exit(1)
}
