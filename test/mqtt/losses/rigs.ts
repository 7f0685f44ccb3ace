/**
 * The same broker twice: bare aedes, with its hooks as its documents show them, and Candid, with policies. In both, a client
 * id that begins with `limited` may not subscribe to `secret/...`, and gets nothing of a topic that ends in `/denied`.
 */

import { type AddressInfo, createServer, connect as dialTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as dialTls } from 'node:tls'
import { Aedes } from 'aedes'
import type { Test } from 'tap'
import { type Device, type Pki, start } from '../../../broker/main.ts'
import { type ConnectOptions, type Peer, peerOn } from './peer.ts'

export type Rig = {
  name: 'aedes' | 'candid'
  /** Nothing has been sent. */
  dial(clientId?: string): Promise<Peer>
  /** CONNACK 0 has come. Clean, keep-alive 0. */
  connect(clientId: string, options?: ConnectOptions): Promise<Peer>
  /** The code of the closing record of this client; undefined from aedes. */
  codeOf(clientId: string): Promise<string | undefined>
}

export async function aedesRig(t: Test): Promise<Rig> {
  const broker = await Aedes.createBroker()
  broker.authorizeSubscribe = (client, subscription, callback) => {
    const refused = client.id.startsWith('limited') && subscription.topic.startsWith('secret/')
    callback(null, refused ? null : subscription)
  }
  broker.authorizeForward = (client, packet) =>
    client.id.startsWith('limited') && packet.topic.endsWith('/denied') ? null : packet
  // Where it would go to nobody else, it ends the process.
  broker.on('clientError', () => undefined)
  broker.on('connectionError', () => undefined)
  const server = createServer(broker.handle)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.teardown(async () => {
    server.close()
    await new Promise<void>(resolve => broker.close(() => resolve()))
  })
  return rig(
    'aedes',
    t,
    () => dialTcp(port, '127.0.0.1'),
    () => Promise.resolve(undefined),
  )
}

export async function candidRig(t: Test, pki: Pki): Promise<Rig> {
  const broker = await start({ limits: 'off', pki })
  t.teardown(() => broker.stop())
  const all = await broker.createDevice('all')
  const limited = await broker.createDevice('limited', { policy: LIMITED })
  const dial = (clientId: string): Duplex => {
    const { certificate, privateKey, ca }: Device = clientId.startsWith('limited') ? limited : all
    const { host, port } = broker
    return dialTls({
      host: '127.0.0.1',
      servername: host,
      port,
      ca,
      cert: certificate,
      key: privateKey,
    })
  }
  return rig('candid', t, dial, async clientId => (await broker.closed({ clientId })).code)
}

const ACCOUNT = 'arn:aws:iot:us-east-1:123456789012'

const LIMITED = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:*', Resource: '*' },
    { Effect: 'Deny', Action: 'iot:Subscribe', Resource: `${ACCOUNT}:topicfilter/secret/*` },
    { Effect: 'Deny', Action: 'iot:Receive', Resource: `${ACCOUNT}:topic/*/denied` },
  ],
}

function rig(
  name: Rig['name'],
  t: Test,
  dialAs: (clientId: string) => Duplex,
  codeOf: Rig['codeOf'],
): Rig {
  const dial: Rig['dial'] = (clientId = 'somebody') => {
    const stream = dialAs(clientId)
    t.teardown(() => stream.destroy())
    return Promise.resolve(peerOn(stream))
  }
  return {
    name,
    dial,
    codeOf,
    async connect(clientId, options = {}) {
      const peer = await dial(clientId)
      const defaults = {
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        keepalive: 0,
      } as const
      peer.send({ cmd: 'connect', ...defaults, ...options, clientId })
      const { returnCode } = await peer.next('connack')
      if (returnCode !== 0) throw new Error(`CONNACK ${returnCode}`)
      return peer
    },
  }
}
