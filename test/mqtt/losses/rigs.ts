/**
 * The same broker twice: bare aedes, with its hooks as its documents show them, and Candid, with policies. In both, a client
 * id that begins with `limited` may not subscribe to `secret/...`, and gets nothing of a topic that ends in `/denied`.
 */

import { type AddressInfo, createServer, connect as dialTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as dialTls } from 'node:tls'
import { Aedes } from 'aedes'
import createPersistence from 'aedes-persistence'
import type { Test } from 'tap'
import { type Device, type Pki, start } from '../../../broker/main.ts'
import type { Store } from '../../../broker/store/store.ts'
import { memoryStore } from '../../helpers/memory-store.ts'
import { type ConnectOptions, type Peer, peerOn } from './peer.ts'

export type Rig = {
  name: 'aedes' | 'candid'
  /** Nothing has been sent. */
  dial(clientId?: string): Promise<Peer>
  /** CONNACK 0 has come. Clean, keep-alive 0. */
  connect(clientId: string, options?: ConnectOptions): Promise<Peer>
  /** From `hold` to `release` no retained message gets into the store. */
  disk: Gate
  /** The code of the closing record of this client; undefined from aedes. */
  codeOf(clientId: string): Promise<string | undefined>
}

export type Gate = { hold(): void; release(): void }

export async function aedesRig(t: Test): Promise<Rig> {
  const { gate: disk, open } = createGate()
  const persistence = (createPersistence as unknown as () => Persistence)()
  const storeRetained = persistence.storeRetained.bind(persistence)
  persistence.storeRetained = async packet => {
    await open()
    await storeRetained(packet)
  }
  const broker = await Aedes.createBroker({ persistence })
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
    disk,
    () => dialTcp(port, '127.0.0.1'),
    () => Promise.resolve(undefined),
  )
}

export async function candidRig(t: Test, pki: Pki): Promise<Rig> {
  const { gate: disk, open } = createGate()
  const store = memoryStore()
  const write: Store['write'] = async changes => {
    if (changes.some(({ key }) => key.startsWith('retained/'))) await open()
    await store.write(changes)
  }
  const broker = await start({ limits: 'off', pki, state: { ...store, write } })
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
  return rig('candid', t, disk, dial, async clientId => (await broker.closed({ clientId })).code)
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
  disk: Gate,
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
    disk,
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

type Persistence = { storeRetained(packet: unknown): Promise<void> }

function createGate(): { gate: Gate; open(): Promise<void> } {
  let opened: Promise<void> = Promise.resolve()
  let release = (): void => undefined
  const gate: Gate = {
    hold() {
      opened = new Promise(resolve => {
        release = resolve
      })
    },
    release: () => release(),
  }
  return { gate, open: () => opened }
}
