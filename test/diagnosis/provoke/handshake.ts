/** In the middle of the handshake: the client refuses us or leaves, or its proof of its key is no good. */

import type { HandshakeEvidence } from '../../../broker/diagnosis/handshake.ts'
import {
  certificateMessage,
  handshakeRecord12,
  keyExchangeMessage,
  plainHello,
  wrongFinished,
} from '../../helpers/client-flight.ts'
import { ecKeys, mintedDevice, pki } from '../../helpers/pki.ts'
import type { Provocations } from './provocation.ts'
import { afterServerFlight, chainOf, changing, tlsVisit } from './visitors.ts'

const TLS12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const

export const handshake: Provocations<HandshakeEvidence> = {
  HANDSHAKE_SERVER_CERTIFICATE_REJECTED: {
    act: broker => afterServerFlight(broker, socket => void socket.end(alert(48))),
    verdict: 'refused',
    side: 'client',
    evidence: { alert: 48, alertName: 'unknown_ca' },
  },
  HANDSHAKE_ABANDONED: {
    act: broker => afterServerFlight(broker, socket => void socket.end()),
    verdict: 'refused',
    side: 'client',
    evidence: { reset: false, closeNotify: false },
  },
  HANDSHAKE_TIMEOUT: {
    options: { tls: { handshakeTimeoutSeconds: 0.5 } },
    act: broker => afterServerFlight(broker, () => {}),
    verdict: 'refused',
    side: 'we',
  },
  HANDSHAKE_ALERT: {
    act: broker => afterServerFlight(broker, socket => void socket.end(alert(10))),
    verdict: 'refused',
    side: 'client',
    evidence: { alert: 10, alertName: 'unexpected_message' },
  },
  HANDSHAKE_KEY_MISMATCH: {
    async act(broker, t) {
      const port = await changing(t, broker, record =>
        isMessage(record, CERTIFICATE_VERIFY) ? lastByteChanged(record) : record,
      )
      return tlsVisit(broker, chainOf(pki().rsaDevice), { ...TLS12, port })
    },
    verdict: 'refused',
    side: 'we',
    sent: { alert: 51 },
    evidence: { sha256: pki().rsaDevice.certificate.sha256 },
  },
  HANDSHAKE_CURVE_NOT_OFFERED: {
    act: broker =>
      tlsVisit(broker, chainOf(mintedDevice('p521', pki().signer, ecKeys('P-521'))), {
        ...TLS12,
        ecdhCurve: 'P-256',
      }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 47 },
  },
  HANDSHAKE_FAILED: {
    async act(broker, t) {
      // A point that is not on its curve.
      const port = await changing(t, broker, record =>
        isMessage(record, CLIENT_KEY_EXCHANGE) ? lastByteChanged(record) : record,
      )
      const ecdhCurve = 'P-256'
      return tlsVisit(broker, chainOf(pki().device), { ...TLS12, ecdhCurve, port })
    },
    verdict: 'refused',
    side: 'we',
    sent: { alert: 47 },
  },
  HANDSHAKE_RECORD_TOO_LARGE: {
    act: broker =>
      afterServerFlight(
        broker,
        socket => {
          const chain = certificateMessage(pki().rsaDevice.certificate.der)
          const flight = [chain, keyExchangeMessage()].map(handshakeRecord12)
          socket.write(Buffer.concat([...flight, wrongFinished()]))
        },
        plainHello({ maxFragmentLengthCode: 1 }),
      ),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 22 },
    evidence: { limit: 512, asked: true },
  },
  HANDSHAKE_UNREADABLE: {
    async act(broker, t) {
      const port = await changing(t, broker, record =>
        record.readUInt8(0) === APPLICATION_DATA ? lastByteChanged(record) : record,
      )
      return tlsVisit(broker, chainOf(pki().device), { minVersion: 'TLSv1.3', port })
    },
    verdict: 'refused',
    side: 'we',
    sent: { alert: 20 },
  },
  HANDSHAKE_FLIGHT_TOO_LARGE: {
    act: broker =>
      afterServerFlight(broker, socket => {
        // A Certificate message that says it has 16 MB.
        const first = Buffer.alloc(16_384)
        first.write('0bffffff', 'hex')
        const rest = Array.from({ length: 10 }, () => record(Buffer.alloc(16_384)))
        socket.write(Buffer.concat([record(first), ...rest]))
      }),
    verdict: 'refused',
    side: 'we',
  },
}

const HANDSHAKE = 22
const APPLICATION_DATA = 23
const CERTIFICATE_VERIFY = 15
const CLIENT_KEY_EXCHANGE = 16

function alert(number: number): Buffer {
  return Buffer.from([21, 3, 3, 0, 2, 2, number])
}

function record(fragment: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from([HANDSHAKE, 3, 3, fragment.length >> 8, fragment.length & 255]),
    fragment,
  ])
}

/** True for a record in clear that begins with this handshake message. */
function isMessage(record: Buffer, type: number): boolean {
  return record.readUInt8(0) === HANDSHAKE && record.readUInt8(5) === type
}

function lastByteChanged(record: Buffer): Buffer {
  const copy = Buffer.from(record)
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1)
  return copy
}
