/** 1,000 sessions begun and ended, in every way that there is, leave nothing behind: no memory, no listener, no timer. */

import { once } from 'node:events'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { type ManualBroker, start } from '../../broker/main.ts'
import {
  connectPacket,
  disconnectPacket,
  publishPacket,
  subscribePacket,
} from '../helpers/mqtt-bytes.ts'

const SESSIONS = 1000
/** What is made once: code, caches that have a bound, the client's own. */
const WARM_UP = 200
const AT_ONCE = 10
/** The same ones again and again: of a stranger something is kept for a while, up to a limit (docs/limits.md). */
const CLIENT_IDS = 50
/** 3 KB for each: a connection that is not let go is 64 KB, and V8's own compiled code grows by up to 1.5 KB meanwhile. */
const MOST_BYTES = SESSIONS * 3 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

t.test(`${SESSIONS} sessions`, async t => {
  const warnings: string[] = []
  const listen = (warning: Error): void => void warnings.push(warning.message)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const broker = await start({
    clock: 'manual',
    limits: { connectsPerSecondPerClientId: 'off', connectsPerSecond: 'off' },
    tls: { serverCertificates: ['ecdsa'] },
  })
  const { certificate, privateKey, ca } = await broker.createDevice('device')
  const visit = visitor(broker, createSecureContext({ ca, cert: certificate, key: privateKey }))
  const listeners = listenersOf(process)

  await sessions(broker, visit, 0, WARM_UP)
  const before = await heap()
  await sessions(broker, visit, WARM_UP, SESSIONS)
  const grown = (await heap()) - before
  t.comment(`${SESSIONS} sessions: ${Math.round(grown / SESSIONS)} bytes each`)
  t.ok(grown < MOST_BYTES, `${grown} bytes more`)
  t.same(listenersOf(process), listeners, 'no listener more on the process')
  t.same(warnings, [], 'and no leak that Node noticed')
  await broker.stop()
  const left = process.getActiveResourcesInfo().filter(name => /TCP|TLS|Timeout/.test(name))
  t.same(left, [], 'no socket and no timer is left')
})

/** All of them, and then the hour after which a persistent session ends. */
async function sessions(
  broker: ManualBroker,
  visit: Visit,
  from: number,
  count: number,
): Promise<void> {
  for (let at = from; at < from + count; at += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, more) => session(broker, visit, at + more)),
    )
  }
  await broker.clock.advance('2h')
}

const ends = ['goodbye', 'goes', 'refused', 'taken over'] as const

/** By turns: each end, a persistent session with a will or a clean one, both versions. */
async function session(broker: ManualBroker, visit: Visit, number: number): Promise<void> {
  const clientId = `client-${number % CLIENT_IDS}`
  const end = ends[number % 4]
  const persistent = Math.floor(number / 4) % 2 === 0
  const protocolVersion = Math.floor(number / 8) % 2 === 0 ? 4 : 5
  const open = (): Promise<TLSSocket> => visit(clientId, persistent, protocolVersion)
  const socket = await open()
  if (end === 'goodbye') socket.end(disconnectPacket())
  if (end === 'goes') socket.destroy()
  if (end === 'refused') socket.write(publishPacket({ topic: 'a/#', protocolVersion }))
  const newer = end === 'taken over' ? await open() : undefined
  await broker.closed({ clientId })
  newer?.end(disconnectPacket())
  if (newer) await broker.closed({ clientId })
  socket.destroy()
  newer?.destroy()
}

type Visit = (clientId: string, persistent: boolean, protocolVersion: 4 | 5) => Promise<TLSSocket>

/** Connects, subscribes, and publishes to itself. */
function visitor(broker: ManualBroker, secureContext: SecureContext): Visit {
  const { host, port } = broker
  return async (clientId, persistent, protocolVersion) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, secureContext })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    const will = {
      topic: `${clientId}/gone`,
      payload: Buffer.from('x'),
      qos: 1,
      retain: false,
    } as const
    socket.write(
      connectPacket({
        clientId,
        protocolVersion,
        clean: !persistent,
        ...(persistent && { will }),
        ...(persistent && protocolVersion === 5 && { properties: { sessionExpiryInterval: 3600 } }),
      }),
    )
    await once(socket, 'data')
    const topic = `${clientId}/a`
    socket.write(subscribePacket([`${clientId}/#`, `${clientId}/+`], { protocolVersion }))
    socket.write(publishPacket({ topic, payload: 'x'.repeat(1000), qos: 1, protocolVersion }))
    let got = Buffer.alloc(0)
    while (!got.includes(PUBACK)) {
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      got = Buffer.concat([got, bytes])
    }
    socket.resume()
    return socket
  }
}

/** Of message id 1; the same bytes in both versions. */
const PUBACK = Buffer.of(0x40, 2, 0, 1)

async function heap(): Promise<number> {
  // What a promise or a handle holds goes with the next turns; compiled code when it has not been used for some.
  for (let turn = 0; turn < 20; turn++) {
    collect()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function listenersOf(emitter: NodeJS.EventEmitter): { [event: string]: number } {
  return Object.fromEntries(
    emitter.eventNames().map(name => [String(name), emitter.listenerCount(name)]),
  )
}
