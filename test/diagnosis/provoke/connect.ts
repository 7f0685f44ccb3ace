/** TLS is fine; the first packet isn't, or doesn't come. */

import type { ConnectEvidence } from '../../../broker/diagnosis/connect.ts'
import type { Broker, StartOptions } from '../../../broker/main.ts'
import { type ConnectOptions, disconnectPacket } from '../../helpers/mqtt-bytes.ts'
import type { Provocation, Provocations, Saw } from './provocation.ts'
import { connectVisit, sessionOf, type TlsScript, tlsVisit } from './visitors.ts'

/** Its clock stands: no second goes by. */
const CROWDED: StartOptions = { clock: 'manual', limits: { connections: 1 } }

export const connect: Provocations<ConnectEvidence> = {
  CONNECT_TIMEOUT: {
    options: { tls: { connectTimeoutSeconds: 0.05 } },
    ...registered(() => {}),
    evidence: { bytes: 0 },
  },
  CONNECT_ABANDONED: {
    ...registered(socket => void socket.end()),
    side: 'client',
    evidence: { bytes: 0, closeNotify: true },
  },
  CONNECT_NOT_MQTT: {
    ...registered(socket => void socket.write('GET / HTTP/1.1\r\n\r\n')),
    evidence: { protocol: 'HTTP' },
  },
  CONNECT_PROTOCOL_UNSUPPORTED: {
    ...asking({ protocolId: 'MQIsdp', protocolVersion: 3 }),
    sent: { connack: 1 },
    evidence: { protocol: '3.1', level: 3 },
  },
  CONNECT_CLIENT_ID_INVALID: {
    ...asking({ clientId: 'x'.repeat(129) }),
    evidence: { bytes: 129, limit: 128 },
  },
  CONNECT_CLIENT_ID_EMPTY: {
    // Neither flags nor a client id.
    ...registered(socket => void socket.write('\x10\x0c\0\x04MQTT\x04\0\0\x1e\0\0')),
    sent: { connack: 2 },
  },
  CONNECT_WILL_INVALID: {
    ...asking({ will: { topic: 'a/#', payload: Buffer.from('x'), qos: 0, retain: false } }),
    evidence: { topic: 'a/#' },
  },
  CONNECT_WILL_QOS2: {
    ...asking({ will: { topic: 'gone', payload: Buffer.from('x'), qos: 2, retain: false } }),
    evidence: { topic: 'gone' },
  },
  CONNECT_TOO_LARGE: {
    options: { limits: { payloadBytes: 10 } },
    ...asking({ will: { topic: 'gone', payload: Buffer.alloc(11), qos: 0, retain: false } }),
    evidence: { part: 'payload of the will', bytes: 11, limit: 10, name: 'payloadBytes' },
  },
  CONNECT_PACKET_SIZE_TOO_SMALL: {
    ...asking({ protocolVersion: 5, properties: { maximumPacketSize: 511 } }),
    sent: { connack: 0x97 },
    evidence: { bytes: 511, limit: 512 },
  },
  CONNECT_AUTH_UNSUPPORTED: {
    ...asking({ protocolVersion: 5, properties: { authenticationMethod: 'GSSAPI' } }),
    sent: { connack: 0x8c },
    evidence: { method: 'GSSAPI' },
  },
  CONNECT_THROTTLED: {
    options: CROWDED,
    async act(broker) {
      const device = await broker.createDevice('device')
      await sessionOf(broker, device, disconnectPacket())
      return connectVisit(broker, device)
    },
    verdict: 'refused',
    side: 'we',
    evidence: { of: 'client id', perSecond: 1 },
  },
  CONNECT_TOO_MANY_CONNECTIONS: {
    options: CROWDED,
    async act(broker) {
      const [first, second] = [await broker.createDevice('a'), await broker.createDevice('b')]
      let saw: Saw = {}
      await sessionOf(broker, first, async socket => {
        saw = await connectVisit(broker, second, { clientId: 'b' })
        socket.end(disconnectPacket())
      })
      return saw
    },
    verdict: 'refused',
    side: 'we',
    evidence: { limit: 1 },
  },
}

function registered(script: TlsScript): Provocation {
  return {
    async act(broker: Broker) {
      return tlsVisit(broker, await broker.createDevice('device'), {}, script)
    },
    verdict: 'refused',
    side: 'we',
  }
}

function asking(options: ConnectOptions): Provocation {
  return {
    async act(broker: Broker) {
      return connectVisit(broker, await broker.createDevice('device'), options)
    },
    verdict: 'refused',
    side: 'we',
  }
}
