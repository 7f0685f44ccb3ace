/** A client's side of TLS 1.2 by hand, message by message, for clients that stop in the middle or break a rule. */

import { createECDH } from 'node:crypto'
import { type HelloSpec, handshakeMessage, helloBytes, record, vector } from '../tls/hello-bytes.ts'

/** A ClientHello that the broker accepts, for TLS 1.2 on P-256. */
export function plainHello(more: Partial<HelloSpec> = {}): Buffer {
  return helloBytes({
    cipherSuites: [0xc02b],
    groups: [23],
    signatureAlgorithms: [0x0403, 0x0804, 0x0401],
    pointFormats: [0],
    sni: 'localhost',
    ...more,
  })
}

/** One record; `message` may hold several messages. */
export function handshakeRecord12(message: Buffer): Buffer {
  return record(22, message, TLS12)
}

/** With no certificates it is the empty one (RFC 5246 7.4.6). */
export function certificateMessage(...ders: Buffer[]): Buffer {
  return handshakeMessage(11, vector(3, Buffer.concat(ders.map(der => vector(3, der)))))
}

/** A right point on P-256 (RFC 8422 5.7). */
export function keyExchangeMessage(): Buffer {
  return handshakeMessage(16, vector(1, createECDH('prime256v1').generateKeys()))
}

/** ChangeCipherSpec, and a Finished that no key opens. */
export function wrongFinished(): Buffer {
  return Buffer.concat([
    record(20, Buffer.from([1]), TLS12),
    record(22, Buffer.alloc(40, 5), TLS12),
  ])
}

const TLS12 = 0x0303
