/** The device programs (mbedTLS, wolfSSL, GnuTLS, BearSSL) in the client matrix. */

import { buildClient, type ClientName } from '../build.ts'
import { type DeviceFlags, type DeviceRun, runDevice } from '../device.ts'
import type { Dial, FindStack, Seen, Stack } from './stack.ts'

export const findMbedtls: FindStack = () => find('mbedtls')
export const findWolfssl: FindStack = () => find('wolfssl')
export const findGnutls: FindStack = () => find('gnutls')
export const findBearssl: FindStack = () => find('bearssl')

type Habits = Pick<Stack, 'versions' | 'cannot'> & {
  name: string
  /** In the library's own names. */
  suites: Record<NonNullable<Dial['suite']>, string | undefined>
  groups: Partial<Record<NonNullable<Dial['groups']>[number], string>>
}

const habits: Record<ClientName, Habits> = {
  mbedtls: {
    name: 'mbedTLS',
    versions: ['1.2'],
    suites: {
      'ECDHE-ECDSA-CHACHA20-POLY1305': 'TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256',
      TLS_AES_128_CCM_SHA256: undefined,
    },
    groups: { secp224r1: 'secp224r1' },
  },
  wolfssl: {
    name: 'wolfSSL',
    versions: ['1.2', '1.3'],
    suites: {
      'ECDHE-ECDSA-CHACHA20-POLY1305': 'ECDHE-ECDSA-CHACHA20-POLY1305',
      TLS_AES_128_CCM_SHA256: 'TLS13-AES128-CCM-SHA256',
    },
    groups: { secp521r1: 'secp521r1' },
  },
  gnutls: {
    name: 'GnuTLS',
    versions: ['1.2', '1.3'],
    suites: {
      'ECDHE-ECDSA-CHACHA20-POLY1305': 'CHACHA20-POLY1305',
      TLS_AES_128_CCM_SHA256: 'AES-128-CCM',
    },
    groups: { x448: 'X448', secp521r1: 'SECP521R1' },
  },
  bearssl: {
    name: 'BearSSL',
    versions: ['1.2'],
    suites: {
      'ECDHE-ECDSA-CHACHA20-POLY1305': 'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      TLS_AES_128_CCM_SHA256: undefined,
    },
    groups: { secp521r1: 'secp521r1' },
  },
}

async function find(client: ClientName): ReturnType<FindStack> {
  const built = await buildClient(client)
  if (!built.ok) return { missing: built.missing }
  const { program } = built
  const { name, versions } = habits[client]
  // Port 1 of this machine: nobody listens there, and the program has told its version before it dials.
  const told = (await runDevice(program, { port: 1 })).event('start')?.version ?? ''
  const title = `${name} ${/\d[\d.]*/.exec(told)?.[0] ?? told}`
  return {
    stack: {
      title,
      versions,
      dial: async dial => seenBy(await runDevice(program, flagsFor(client, dial))),
    },
  }
}

function flagsFor(client: ClientName, dial: Dial): DeviceFlags {
  const { suites, groups } = habits[client]
  const tls = dial.version === '1.3' ? 'tls13' : 'tls12'
  const suite = dial.suite === undefined ? undefined : suites[dial.suite]
  const group = dial.groups?.map(one => groups[one]).find(one => one !== undefined)
  return {
    port: dial.port,
    sni: dial.name,
    ca: dial.ca,
    ...(dial.cert === undefined ? {} : { cert: dial.cert }),
    ...(dial.key === undefined ? {} : { key: dial.key }),
    clientId: dial.clientId,
    min: tls,
    max: tls,
    ...(suite === undefined ? {} : { suites: [suite] }),
    ...(group === undefined ? {} : { curves: [group], keyShare: tls === 'tls13' }),
    hold: 0,
  }
}

function seenBy(run: DeviceRun): Seen {
  const load = run.event('load')
  const handshake = run.event('handshake')
  const trouble =
    load ?? (handshake?.ok === false ? handshake : (run.event('read') ?? run.event('write')))
  const connected = run.event('connack')?.code === 0
  // An alert 0, close_notify, is an end and no verdict.
  const alert =
    trouble?.alert && trouble.alertFrom
      ? { alert: { number: trouble.alert, from: trouble.alertFrom } }
      : {}
  return {
    connected,
    ...alert,
    words: connected || trouble === undefined ? '' : `${trouble.error}: ${trouble.words}`.trim(),
    ...(run.event('tcp')?.ok === true ? {} : { refusedToStart: true as const }),
  }
}
