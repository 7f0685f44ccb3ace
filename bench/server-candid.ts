/** Candid as users run it: registered devices, an AWS policy with variables, the JSON journal (its lines go nowhere). */

import { limitsOf } from '../broker/config/limit-values.ts'
import { defaultConfig } from '../broker/config/shape.ts'
import { createJournal } from '../broker/journal/journal.ts'
import { openBroker } from '../broker/open.ts'

import { mustRead } from '../broker/registry/pki/create-authority.ts'
import type { ServerPki } from '../broker/registry/pki/server-pki.ts'
import { createRegistry, type Registry } from '../broker/registry/registry.ts'
import { createWorld, runningClock, type World } from '../broker/world.ts'
import type { Certificate } from '../broker/x509/certificate.ts'
import { readPemOrDer } from '../broker/x509/pem.ts'
import { directly } from '../test/helpers/directly.ts'
import type { Materials } from './materials.ts'
import { serve } from './serve.ts'

const NAME = `\${iot:Connection.Thing.ThingName}`
const ARN = 'arn:aws:iot:us-east-1:123456789012'
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:Connect', Resource: `${ARN}:client/${NAME}` },
    { Effect: 'Allow', Action: 'iot:Publish', Resource: `${ARN}:topic/dt/${NAME}/*` },
    { Effect: 'Allow', Action: 'iot:Subscribe', Resource: `${ARN}:topicfilter/dt/*/data` },
    { Effect: 'Allow', Action: 'iot:Receive', Resource: `${ARN}:topic/dt/*/data` },
  ],
}

serve(async (materials, limits) => {
  const world = createWorld(runningClock())
  const config = defaultConfig()
  config.limits = limitsOf(limits)
  config.listeners = [{ host: '127.0.0.1', port: 0 }]
  const opened = await openBroker({
    world,
    config,
    journal: createJournal({
      format: 'json',
      write: () => undefined,
      clock: world.clock,
      terminal: false,
    }),
    registry: registryOf(materials, world),
    pki: pkiOf(materials),
    endpointName: 'localhost',
  })
  if ('problem' in opened) throw new Error(opened.problem.says)
  return opened.ports[0] ?? 0
})

function registryOf({ devices }: Materials, world: World): Registry {
  const { account } = defaultConfig()
  const registry = createRegistry({ world, account: () => account })
  directly(registry).putPolicy('bench', JSON.stringify(POLICY))
  for (const { thingName, certificate: pem } of devices) {
    const certificate = certificateOf(pem)
    const certificateId = certificate.sha256
    directly(registry).putThing({ thingName, attributes: {} })
    directly(registry).registerCertificate({
      certificate,
      status: 'ACTIVE',
      source: { kind: 'learned', how: 'bench' },
    })
    directly(registry).attachThing(certificateId, thingName)
    directly(registry).attachPolicy(certificateId, 'bench')
  }
  return registry
}

function pkiOf({ serverCa, server }: Materials): ServerPki {
  return {
    ca: { pem: serverCa, certificate: certificateOf(serverCa) },
    certificates: server.map(({ kind, certificate: pem, privateKey: keyPem }) => {
      return { kind, pem, keyPem, certificate: certificateOf(pem) }
    }),
  }
}

function certificateOf(pem: string): Certificate {
  const [der] = readPemOrDer(Buffer.from(pem)).certificates
  if (der === undefined) throw new Error('the bench made no certificate')
  return mustRead(der)
}
