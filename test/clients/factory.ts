/**
 * A factory's broker, which provisions the devices of its CAs, and the devices of three client stacks that come to it with a
 * chain: each connects, publishes once, and tells what it saw.
 */

import { readFile } from 'node:fs/promises'
import type { Test } from 'tap'
import type { StartOptions } from '../../broker/main.ts'
import { directly } from '../helpers/directly.ts'
import { connectPacket, publishPacket } from '../helpers/mqtt-bytes.ts'
import { type Minted, PKI_NOW } from '../helpers/pki.ts'
import type { ClientName } from './build.ts'
import { runDevice } from './device.ts'
import { type Local, local } from './local.ts'
import { sClient } from './openssl.ts'
import { deviceOrSkip, toolOrSkip } from './skip.ts'

type Tls = '1.2' | '1.3'

// mbedTLS 2.28 knows no TLS 1.3.
export const stacks: [ClientName | 'openssl', Tls][] = [
  ['openssl', '1.2'],
  ['openssl', '1.3'],
  ['mbedtls', '1.2'],
  ['wolfssl', '1.2'],
  ['wolfssl', '1.3'],
]

/** What the device saw. */
export type Seen = { secured: boolean; connack: boolean; puback: boolean }
export const silence: Seen = { secured: true, connack: false, puback: false }

/** Connects as `clientId`, publishes to `topic` and leaves; `sent` are the certificates behind the device's own. */
type Come = (device: Minted, sent: Minted[], clientId: string, topic: string) => Promise<Seen>

/** The program of this stack against this broker, or undefined with the test skipped. */
export async function comer(t: Test, here: Local, stack: ClientName | 'openssl', tls: Tls) {
  if (stack === 'openssl') {
    if (!(await toolOrSkip(t, stack))) return undefined
    const come: Come = async (device, sent, clientId, topic) => {
      const flags = await here.flags(device.pem, device.keyPem)
      const client = await sClient({
        ...flags,
        ...(sent.length > 0 && { certChain: await here.file(pemOf(sent)) }),
        tls,
        send: Buffer.concat([connectPacket({ clientId }), publishPacket({ topic, qos: 1 })]),
        enough: received => received.length >= CONNACK_AND_PUBACK,
        holdMs: 10_000,
      })
      const got = client.packets.map(({ cmd }) => cmd)
      const [connack, puback] = [got.includes('connack'), got.includes('puback')]
      return { secured: client.handshake.ok, connack, puback }
    }
    return come
  }
  const program = await deviceOrSkip(t, stack)
  if (program === undefined) return undefined
  const come: Come = async (device, sent, clientId, topic) => {
    const run = await runDevice(program, {
      ...(await here.flags(pemOf([device, ...sent]), device.keyPem)),
      min: tls === '1.2' ? 'tls12' : 'tls13',
      max: tls === '1.2' ? 'tls12' : 'tls13',
      clientId,
      publish: [`${topic}::1`],
      hold: 0,
    })
    const has = (name: 'connack' | 'puback') => run.event(name) !== undefined
    const secured = run.event('handshake')?.ok === true
    return { secured, connack: has('connack'), puback: has('puback') }
  }
  return come
}

const CONNACK_AND_PUBACK = 8

/** A broker with the starter template and its policy, and these CAs registered. */
export async function factory(t: Test, authorities: Minted[], options: StartOptions = {}) {
  const events: { event: string }[] = []
  const here = await local(t, { clock: PKI_NOW, log: event => events.push(event), ...options })
  directly(here.broker.registry).putPolicy('device', await readFile('policies/device.json', 'utf8'))
  const template = await readFile('policies/templates/jitp.json', 'utf8')
  for (const { pem } of authorities) here.broker.registerAuthority(pem, { template })
  const provisioned = () => events.filter(({ event }) => event === 'provisioning.provisioned')
  return { here, ...here, provisioned }
}

function pemOf(certificates: Minted[]): string {
  return certificates.map(({ pem }) => pem).join('')
}
