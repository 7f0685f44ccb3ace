/**
 * Makes the faults of the client matrix: a broker and a device's files that are right but for one thing. Brokers are kept and
 * lent out again, since making their keys takes longer than a handshake.
 */

import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Broker, type StartOptions, start } from '../../../broker/main.ts'
import { unhurried } from '../../helpers/device.ts'
import { minted, pki } from '../../helpers/pki.ts'
import type { Dial, Fault, TlsVersion } from './stack.ts'

/** A broker for one visit at a time. */
export type Lent = {
  broker: Broker
  dial: Dial
  /** The connections that it has accepted since it was lent. */
  accepted(): string[]
  giveBack(): void
}

export type Setup = (fault: Fault, version: TlsVersion, versionBy?: 'broker') => Promise<Lent>

/** Everything is stopped when the test is over. */
export function makeSetup(t: Test): Setup {
  const folder = t.testdir({})
  const idle = new Map<string, Kept[]>()
  const all: Kept[] = []
  t.teardown(() => Promise.all(all.map(({ broker }) => broker.stop())))
  const file = async (content: string) => {
    const path = join(folder, randomUUID())
    await writeFile(path, content)
    return path
  }
  return async (fault, version, versionBy) => {
    const kind = kindFor(fault, version, versionBy)
    const key = JSON.stringify(kind)
    const kept = idle.get(key)?.pop() ?? (await open(kind))
    if (!all.includes(kept)) all.push(kept)
    const before = kept.accepted.length
    return {
      broker: kept.broker,
      dial: await dialFor(fault, version, kept, file),
      accepted: () => kept.accepted.slice(before),
      giveBack: () => idle.set(key, [...(idle.get(key) ?? []), kept]),
    }
  }
}

type Kept = { broker: Broker; accepted: string[]; device: Identity; other: Identity }
type Identity = { certificate: string; privateKey: string }

const DAY = 24 * 60 * 60 * 1000

/** How a broker differs from one that is started without options. */
type Kind = { dates?: keyof typeof dated; inHandshake?: true; only?: TlsVersion }

const dated = {
  // They ran out three days ago, for the broker as for the device.
  expired: () => ({ serverCertificatesAt: Date.now() - 400 * DAY }),
  // By the broker's clock all is well; the device's is three days behind, and our certificates begin in two.
  behind: () => ({ clock: Date.now() + 3 * DAY, serverCertificatesAt: Date.now() + 3 * DAY }),
} satisfies Record<string, () => StartOptions>

const POLICIES = {
  '1.2': 'IoTSecurityPolicy_TLS12_1_2_2022_10',
  '1.3': 'IoTSecurityPolicy_TLS13_1_3_2022_10',
} as const

function kindFor(fault: Fault, version: TlsVersion, versionBy: 'broker' | undefined): Kind {
  if (fault === 'wrong-version') return { only: version === '1.2' ? '1.3' : '1.2' }
  return {
    ...(fault === 'server-expired' ? { dates: 'expired' as const } : {}),
    ...(fault === 'server-not-yet-valid' ? { dates: 'behind' as const } : {}),
    ...(fault === 'wrong-signer-in-handshake' ? { inHandshake: true as const } : {}),
    ...(versionBy === 'broker' ? { only: version } : {}),
  }
}

function optionsOf({ dates, inHandshake, only }: Kind): StartOptions {
  return {
    ...(dates ? dated[dates]() : {}),
    tls: {
      ...(inHandshake ? { refuseCertificates: 'in-handshake' as const } : {}),
      ...(only ? { securityPolicy: POLICIES[only] } : {}),
    },
  }
}

async function open(kind: Kind): Promise<Kept> {
  const accepted: string[] = []
  const broker = await start({
    ...optionsOf(kind),
    limits: unhurried(),
    log(event) {
      if (event.event === 'connection.accepted') accepted.push(event.connection)
    },
  })
  const template = await readFile('policies/templates/jitp.json', 'utf8')
  broker.registerAuthority(pki().signer.pem, { template })
  const device = await broker.createDevice('device')
  const other = await broker.createDevice('other')
  return { broker, accepted, device, other }
}

async function dialFor(
  fault: Fault,
  version: TlsVersion,
  { broker, device, other }: Kept,
  file: (content: string) => Promise<string>,
): Promise<Dial> {
  const ca = fault === 'unknown-ca' ? stranger() : broker.ca
  const dial: Dial = {
    port: broker.port,
    name: fault === 'wrong-host' ? 'iot.example.com' : broker.host,
    ca: await file(ca),
    clientId: 'device',
    version,
    ...(fault === 'wrong-suite' ? { suite: OTHER_SUITES[version] } : {}),
    ...(fault === 'wrong-group'
      ? { groups: ['secp224r1', 'brainpoolP256r1', 'x448', 'secp521r1'] as const }
      : {}),
  }
  if (fault === 'no-certificate') return dial
  const own = fault.startsWith('wrong-signer') ? ofImpostor() : device
  const key = fault === 'wrong-key' ? other.privateKey : own.privateKey
  return { ...dial, cert: await file(own.certificate), key: await file(key) }
}

/** None of AWS's security policies has these. */
const OTHER_SUITES = {
  '1.2': 'ECDHE-ECDSA-CHACHA20-POLY1305',
  '1.3': 'TLS_AES_128_CCM_SHA256',
} as const

function stranger(): string {
  return minted({ subject: [['CN', 'Stranger CA']], isCa: true }).pem
}

/** A device, with its signer behind it, of a CA that has the registered one's name and another key. */
function ofImpostor(): Identity {
  const { pem, device } = pki().impostors.otherKey
  return { certificate: `${device.pem}${pem}`, privateKey: device.keyPem }
}
