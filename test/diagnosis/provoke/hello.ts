/** Before our first answer: what comes is no TLS, or an offer that nothing can be made of. */

import type { HelloEvidence } from '../../../broker/diagnosis/hello.ts'
import type { Broker } from '../../../broker/main.ts'
import { connectPacket, disconnectPacket } from '../../helpers/mqtt-bytes.ts'
import type { Provocations, Saw } from './provocation.ts'
import { helloBytes, rawVisit, tlsVisit } from './visitors.ts'

export const hello: Provocations<HelloEvidence> = {
  HELLO_NOT_TLS: {
    act: broker => rawVisit(broker, socket => void socket.write(connectPacket())),
    verdict: 'refused',
    side: 'we',
    evidence: { protocol: 'MQTT', clientId: 'device' },
  },
  HELLO_MALFORMED: {
    act: broker =>
      // A ClientHello of one byte.
      rawVisit(broker, socket => void socket.write(Buffer.from('1603010005010000010a', 'hex'))),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 50 },
  },
  HELLO_TIMEOUT: {
    options: { tls: { handshakeTimeoutSeconds: 0.05 } },
    act: broker => rawVisit(broker, () => {}),
    verdict: 'refused',
    side: 'we',
    evidence: { bytes: 0 },
  },
  HELLO_ABANDONED: {
    act: broker => rawVisit(broker, socket => void socket.end()),
    verdict: 'refused',
    side: 'client',
    evidence: { bytes: 0, reset: false },
  },
  HELLO_VERSION_UNSUPPORTED: {
    act: broker =>
      tlsVisit(
        broker,
        {},
        { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      ),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 70 },
    evidence: { offered: ['TLSv1.1'], atMost: true },
  },
  HELLO_NO_SHARED_CIPHER: {
    act: broker =>
      tlsVisit(broker, {}, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-CCM' }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 40 },
    evidence: { cause: 'suites' },
  },
  HELLO_NO_SHARED_GROUP: {
    act: broker => tlsVisit(broker, {}, { minVersion: 'TLSv1.3', ecdhCurve: 'P-521' }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 40 },
    evidence: { offered: ['secp521r1'] },
  },
  HELLO_NO_SHARED_SIGNATURE_ALGORITHM: {
    act: broker => tlsVisit(broker, {}, { minVersion: 'TLSv1.3', sigalgs: 'ed25519' }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 40 },
    evidence: { offered: ['ed25519'] },
  },
  HELLO_SNI_MISSING: {
    act: async broker => {
      const device = await broker.createDevice('no-sni')
      // node:tls sends no SNI for an address.
      const options = { servername: '', checkServerIdentity: () => undefined }
      return tlsVisit(broker, device, options, socket => {
        socket.write(connectPacket({ clientId: 'no-sni' }))
        socket.end(disconnectPacket())
      })
    },
    findingOf: 'CLOSE_BY_CLIENT',
    verdict: 'closed',
    side: 'client',
    sent: { connack: 0 },
    evidence: { endpoint: 'localhost' },
  },
  HELLO_SNI_UNKNOWN: {
    act: async broker => {
      const options = { servername: 'elsewhere', checkServerIdentity: () => undefined }
      return tlsVisit(broker, {}, options)
    },
    findingOf: 'CERTIFICATE_MISSING',
    verdict: 'refused',
    side: 'we',
    sent: { alert: 116 },
    evidence: { sni: 'elsewhere' },
  },
  HELLO_SNI_LEGACY: {
    act: async broker => {
      const servername = 'a1b2c3d4e5f6g7.iot.eu-central-1.amazonaws.com'
      return tlsVisit(broker, {}, { servername, checkServerIdentity: () => undefined })
    },
    findingOf: 'CERTIFICATE_MISSING',
    verdict: 'refused',
    side: 'we',
    sent: { alert: 116 },
    evidence: { current: 'a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com' },
  },
  HELLO_ALPN_MISSING: {
    options: { tls: { alpn: 'required' } },
    act: broker => tlsVisit(broker, {}),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 120 },
    evidence: { accepted: ['x-amzn-mqtt-ca'] },
  },
  HELLO_ALPN_CUSTOM_AUTHORIZER: {
    options: { tls: { alpn: 'required' } },
    act: broker => tlsVisit(broker, {}, { ALPNProtocols: ['mqtt'] }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 120 },
    evidence: { offered: ['mqtt'] },
  },
  HELLO_ALPN_UNKNOWN: {
    act: broker => tlsVisit(broker, {}, { ALPNProtocols: ['h2'] }),
    findingOf: 'CERTIFICATE_MISSING',
    verdict: 'refused',
    side: 'we',
    sent: { alert: 116 },
    evidence: { offered: ['h2'] },
  },
  HELLO_RULE_BROKEN: {
    act: broker =>
      changedHello(broker, bytes => {
        // The key_share extension gets a number that nobody knows.
        bytes.writeUInt16BE(0x7f33, bytes.indexOf(Buffer.from('00330047004500170041', 'hex')))
      }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 109 },
    evidence: { says: /key_share/ },
  },
  HELLO_REFUSED: {
    act: broker =>
      changedHello(broker, bytes => {
        // The key share of P-256, moved off the curve: the offer itself is fine.
        const at = bytes.indexOf(Buffer.from('0017004104', 'hex')) + 20
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
      }),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 47 },
  },
}

/** A TLS 1.3 hello with P-256 alone, changed before it is sent. */
function changedHello(broker: Broker, change: (bytes: Buffer) => void): Promise<Saw> {
  return rawVisit(broker, async socket => {
    const bytes = await helloBytes({ minVersion: 'TLSv1.3', ecdhCurve: 'P-256' })
    change(bytes)
    socket.write(bytes)
  })
}
