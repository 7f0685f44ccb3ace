/** How a session that was fine comes to its end. */

import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { connect as dialTls } from 'node:tls'
import type { CloseEvidence } from '../../../broker/diagnosis/close.ts'
import type { Clock } from '../../../broker/world.ts'
import { connectPacket, disconnectPacket, readPackets } from '../../helpers/mqtt-bytes.ts'
import type { Provocations, Saw } from './provocation.ts'
import { session, sessionOf } from './visitors.ts'

const welcome = { connack: 0 }

export const close: Provocations<CloseEvidence> = {
  CLOSE_BY_CLIENT: {
    act: broker => session(broker, { script: disconnectPacket() }),
    verdict: 'closed',
    side: 'client',
    sent: welcome,
  },
  CLOSE_CONNECTION_LOST: {
    act: broker => session(broker, { script: socket => void socket.end() }),
    verdict: 'closed',
    side: 'client',
    sent: welcome,
    evidence: { reset: false },
  },
  CLOSE_KEEP_ALIVE_TIMEOUT: {
    options: { clock: hurriedClock() },
    act: broker => session(broker, { script: () => {}, connect: { keepalive: 30 } }),
    verdict: 'closed',
    side: 'we',
    sent: welcome,
    evidence: { keepAliveSeconds: 30, asked: 30 },
  },
  CLOSE_DUPLICATE_CLIENT_ID: {
    async act(broker) {
      const device = await broker.createDevice('device')
      let younger: Promise<Saw> | undefined
      const older = await sessionOf(broker, device, () => {
        younger = sessionOf(broker, device, socket => void socket.end(disconnectPacket()))
      })
      await younger
      return older
    },
    verdict: 'closed',
    side: 'we',
    sent: welcome,
    evidence: { clientId: 'device' },
  },
  CLOSE_BY_BROKER: {
    options: {},
    act: broker => session(broker, { script: () => void broker.stop() }),
    verdict: 'closed',
    side: 'we',
    sent: welcome,
  },
  CLOSE_TLS_BROKEN: {
    async act(broker) {
      const { certificate, privateKey, ca } = await broker.createDevice('device')
      const wire = dial({ host: '127.0.0.1', port: broker.port })
      const socket = dialTls({
        socket: wire,
        servername: broker.host,
        ca,
        cert: certificate,
        key: privateKey,
      })
      const saw: Saw = {}
      socket.on('error', error => {
        const alert = /SSL alert number (\d+)/.exec(error.message)?.[1]
        if (alert !== undefined) saw.alert = Number(alert)
      })
      const over = new Promise(resolve => socket.once('close', resolve))
      socket.write(connectPacket())
      const [connack] = readPackets((await once(socket, 'data'))[0])
      if (connack?.cmd === 'connack') saw.connack = connack.returnCode ?? 0
      socket.resume()
      wire.write('plain bytes, past TLS')
      await over
      return saw
    },
    verdict: 'refused',
    side: 'we',
    sent: { connack: 0, alert: 70 },
    evidence: { openssl: 'ERR_SSL_WRONG_VERSION_NUMBER' },
  },
  CLOSE_INTERNAL_ERROR: { unprovoked: 'it tells of a bug: where one is known, it is mended' },
}

/** Thirty times as fast as the real one: the shortest silence that AWS allows is 45 s. */
function hurriedClock(): Clock {
  return {
    now: Date.now,
    elapsed: () => performance.now() * 30,
    after(ms, act) {
      const timer = setTimeout(act, ms / 30)
      return () => clearTimeout(timer)
    },
  }
}
