/**
 * By which marks a TLS stack is known, as data: one row per stack, or per program that sets its own lists on top of one.
 * A list is the stack's full list in its own order; a build with less of it keeps the order, which is what counts.
 *
 * Measured with real clients (test/tls/bytes/): all rows but SChannel, OpenSSL 1.0 and Go from 1.21 on, which are
 * from published fingerprints.
 */

import type { Hello } from './client-hello.ts'

export type StackName =
  | 'mbedTLS'
  | 'BearSSL'
  | 'wolfSSL'
  | 's2n'
  | 'OpenSSL'
  | 'Go'
  | 'Java'
  | 'GnuTLS'
  | 'NSS'
  | 'BoringSSL'
  | 'rustls'
  | 'SChannel'

export type StackMarks = {
  name: StackName
  /** The program or the release that this row stands for. */
  variant?: string
  /** Of several lists one fits; `any`: the stack shuffles them, and sends no others. */
  extensions: number[][] | { any: number[] }
  suites?: number[]
  groups?: number[][]
  signatures?: number[][]
  /** What else it does: undefined where the hello says nothing about it. */
  traits?: Trait[]
  /** False: known from published fingerprints only. */
  measured: boolean
}

export type Trait = { says: string; weight: number; holds(hello: Hello): boolean | undefined }

const SUPPORTED_VERSIONS = 43

const emptySessionId: Trait = {
  says: 'an empty session id',
  weight: 1,
  holds: hello =>
    hello.extensions.includes(SUPPORTED_VERSIONS) ? undefined : hello.sessionId.length === 0,
}
const longSessionId: Trait = {
  says: 'a session id of 32 bytes',
  weight: 1,
  holds: hello => hello.sessionId.length === 32,
}
const allPointFormats: Trait = {
  says: 'all three point formats',
  weight: 2,
  holds: ({ pointFormats }) => pointFormats && pointFormats.join() === '0,1,2',
}
const onePointFormat: Trait = {
  says: 'one point format',
  weight: 1,
  holds: ({ pointFormats }) => pointFormats && pointFormats.join() === '0',
}

const OPENSSL_GROUPS = [
  ids('1d 17 1e 19 18 100 101 102 103 104'),
  // From 3.5 on.
  ids('11ec 1d 17 1e 18 19 100 101'),
]
const OPENSSL_SIGNATURES = [
  ids(
    '905 906 904 403 503 603 807 808 81a 81b 81c 809 80a 80b 804 805 806 401 501 601 303 203 301 201 302 202 402 502 602',
  ),
]
const OPENSSL_EXTENSIONS = [
  [
    ...[65281, 0, 1, 12, 11, 10, 35, 5, 13172, 16, 14, 22, 18, 23, 50, 49, 19, 20, 13, 43, 45, 51],
    ...[44, 27, 42, 47, 21],
  ],
]

export const stackMarks: StackMarks[] = [
  {
    name: 'mbedTLS',
    variant: 'mbedTLS 2',
    extensions: [[0, 65281, 13, 10, 11, 256, 54, 1, 4, 22, 23, 16, 14, 35]],
    suites: ids(
      'cca8 cca9 ccaa c02c c030 9f c0ad c09f c024 c028 6b c00a c014 39 c0af c0a3 c087 c08b c07d c073 c077 c4 88 c02b c02f 9e c0ac c09e c023 c027 67 c009 c013 33 c0ae c0a2 c086 c08a c07c c072 c076 be 45 9d c09d 3d 35 c032 c02a c00f c02e c026 c005 c0a1 c07b c0 84 c08d c079 c089 c075 9c c09c 3c 2f c031 c029 c00e c02d c025 c004 c0a0 c07a ba 41 c08c c078 c088 c074 ff',
    ),
    groups: [ids('19 1c 18 1b 17 16 1a 15 14 13 12 1d 1e')],
    signatures: [ids('603 601 503 501 403 401 303 301 203 201')],
    traits: [emptySessionId],
    measured: true,
  },
  {
    name: 'mbedTLS',
    variant: 'mbedTLS 3',
    extensions: [[0, 16, 43, 44, 28, 51, 42, 45, 10, 13, 65281, 11, 256, 54, 1, 22, 23, 14, 35]],
    suites: ids(
      '1303 1302 1301 1304 1305 cca8 cca9 ccaa c02c c030 9f c0ad c09f c024 c028 6b c00a c014 39 c0af c0a3 c087 c08b c07d c073 c077 c4 88 c05d c061 c053 c049 c04d c045 c02b c02f 9e c0ac c09e c023 c027 67 c009 c013 33 c0ae c0a2 c086 c08a c07c c072 c076 be 45 c05c c060 c052 c048 c04c c044 9d c09d 3d 35 c032 c02a c00f c02e c026 c005 c0a1 c07b c0 84 c08d c079 c089 c075 c05f c063 c051 c04b c04f c03d 9c c09c 3c 2f c031 c029 c00e c02d c025 c004 c0a0 c07a ba 41 c08c c078 c088 c074 c05e c062 c050 c04a c04e c03c ff',
    ),
    groups: [ids('1d 17 18 1e 19 1a 1b 1c 100 101 102 103 104')],
    signatures: [ids('403 503 603 806 805 804 601 501 401'), ids('603 601 503 501 403 401')],
    traits: [emptySessionId],
    measured: true,
  },
  {
    name: 'BearSSL',
    extensions: [[65281, 0, 1, 13, 10, 11, 16]],
    suites: ids(
      'cca9 cca8 c02b c02f c02c c030 c0ac c0ad c0ae c0af c023 c027 c024 c028 c009 c013 c00a c014 c02d c031 c02e c032 c025 c029 c026 c02a c004 c00e c005 c00f 9c 9d c09c c09d c0a0 c0a1 3c 3d 2f 35 c008 c012 c003 c00d a',
    ),
    groups: [ids('17 18 19 1d')],
    signatures: [ids('403 303 503 603 203 401 301 501 601 201')],
    traits: [
      {
        says: 'a random that starts with four zero bytes',
        weight: 4,
        holds: ({ random }) => random.subarray(0, 4).equals(Buffer.alloc(4)),
      },
      emptySessionId,
    ],
    measured: true,
  },
  {
    name: 'wolfSSL',
    // The order of the calls that set an extension is the order in which some of them are sent.
    extensions: [
      [45, 51, 43, 13, 11, 10, 22, 35, 1, 16, 0, 23, 17, 5],
      [45, 51, 43, 13, 11, 10, 22, 16, 5, 35, 1, 0, 23],
      [45, 51, 43, 13, 11, 22, 10, 16, 35, 1, 0, 23],
      [45, 51, 43, 13, 11, 22, 16, 35, 1, 0, 10, 23],
    ],
    suites: ids(
      '1301 1302 1303 1304 1305 c0b4 c0b5 c02c c02b c030 c02f 9f 9e ab 34 a7 aa cca9 cca8 ccaa c027 c023 c028 c024 c00a c009 c007 c008 c014 c013 c011 c012 c0ac c0ae c0af 6b 67 39 33 16 cc14 cc13 cc15 c006 b3 b2 c0a6 c0a7 ccab ccac ccad c037 d001 b5 c03a b4 45 88 be c4',
    ),
    groups: [ids('19 1c 18 1b 1e 17 16 1a 1d 15 14 101 100')],
    signatures: [ids('603 503 403 203 807 808 806 80b 805 80a 804 809 601 501 401 301 201')],
    traits: [emptySessionId],
    measured: true,
  },
  {
    name: 's2n',
    extensions: [
      [43, 10, 51, 13, 0, 16, 13172, 5, 18, 1, 35, 11, 65024, 65281, 44, 57, 45, 42, 23],
    ],
    suites: ids(
      '1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c023 c027 c024 c028 c009 c013 c00a c014 9c 9d 3c 3d 2f 35 ff',
    ),
    groups: [ids('11ec 11eb 11ed 202 17 1d 18 19')],
    signatures: [ids('809 80a 80b 804 805 806 401 501 601 301 403 503 603 303 201 203')],
    traits: [longSessionId],
    measured: true,
  },
  {
    name: 'OpenSSL',
    extensions: OPENSSL_EXTENSIONS,
    suites: ids(
      '1302 1303 1301 c02c c030 9f cca9 cca8 ccaa c02b c02f 9e c024 c028 6b c023 c027 67 c00a c014 39 c009 c013 33 9d 9c 3d 3c 35 2f ff',
    ),
    groups: OPENSSL_GROUPS,
    signatures: OPENSSL_SIGNATURES,
    traits: [allPointFormats],
    measured: true,
  },
  {
    name: 'OpenSSL',
    variant: 'Node',
    extensions: OPENSSL_EXTENSIONS,
    suites: ids(
      '1302 1303 1301 c02f c02b c030 c02c 9e c027 67 c028 6b a3 9f cca9 cca8 ccaa c0af c0ad c0a3 c09f c05d c061 c057 c053 a2 c0ae c0ac c0a2 c09e c05c c060 c056 c052 c024 6a c023 40 c00a c014 39 38 c009 c013 33 32 9d c0a1 c09d c051 9c c0a0 c09c c050 3d 3c 35 2f ff',
    ),
    groups: OPENSSL_GROUPS,
    signatures: OPENSSL_SIGNATURES,
    traits: [allPointFormats],
    measured: true,
  },
  {
    name: 'OpenSSL',
    variant: 'Python',
    extensions: OPENSSL_EXTENSIONS,
    suites: ids('1302 1303 1301 c02c c030 c02b c02f cca9 cca8 c024 c028 c023 c027 9f 9e 6b 67 ff'),
    groups: OPENSSL_GROUPS,
    signatures: OPENSSL_SIGNATURES,
    traits: [allPointFormats],
    measured: true,
  },
  {
    name: 'OpenSSL',
    variant: 'OpenSSL 1.0',
    extensions: [[65281, 0, 11, 10, 35, 13, 5, 15, 13172, 16]],
    groups: [ids('17 19 1c 1b 18 1a 16 e d b c 9 a')],
    traits: [
      allPointFormats,
      { says: 'heartbeat', weight: 1, holds: ({ extensions }) => extensions.includes(15) },
    ],
    measured: false,
  },
  {
    name: 'Go',
    extensions: [
      [0, 5, 10, 11, 35, 13, 50, 65281, 23, 16, 18, 43, 44, 51, 42, 45],
      [0, 11, 35, 65281, 23, 18, 42, 57, 65037, 5, 10, 13, 50, 16, 43, 44, 51, 45],
    ],
    suites: ids(
      'c02b c02f c02c c030 cca9 cca8 c009 c013 c00a c014 9c 9d 2f 35 c012 a 1301 1302 1303',
    ),
    groups: [ids('11ec 11eb 11ed 6399 1d 17 18 19')],
    signatures: [ids('905 906 904 804 403 807 805 806 401 501 601 503 603 201 203')],
    traits: [longSessionId],
    measured: true,
  },
  {
    name: 'Java',
    extensions: [[0, 1, 5, 10, 11, 16, 17, 23, 18, 35, 13, 43, 44, 45, 47, 50, 51]],
    suites: ids(
      '1302 1301 1303 c02c c02b cca9 c030 cca8 c02f 9f ccaa a3 9e a2 c024 c028 c023 c027 6b 6a 67 40 c00a c014 c009 c013 39 38 33 32 9d 9c 3d 3c 35 2f ff',
    ),
    groups: [ids('1d 17 18 19 1e 100 101 102 103 104')],
    signatures: [
      ids('403 503 603 807 808 804 805 806 809 80a 80b 401 501 601 402 303 301 302 203 201 202'),
    ],
    measured: true,
  },
  {
    name: 'GnuTLS',
    extensions: [[5, 10, 11, 13, 16, 22, 23, 35, 51, 43, 65281, 0, 45, 28]],
    ...gnutls(),
    measured: true,
  },
  {
    name: 'GnuTLS',
    variant: 'GnuTLS 3.8',
    extensions: { any: [5, 10, 11, 13, 16, 22, 23, 35, 51, 43, 65281, 0, 45, 28, 21, 27] },
    ...gnutls(),
    measured: false,
  },
  {
    name: 'NSS',
    extensions: [[0, 23, 65281, 10, 11, 35, 16, 5, 34, 18, 51, 43, 13, 45, 28, 27, 65037, 21]],
    suites: ids(
      '1301 1303 1302 c02b c02f cca9 cca8 c02c c030 c00a c009 c013 c023 c027 c014 9e ccaa 9f 33 32 67 39 38 6b 16 13 9c 9d 2f 3c 35 3d a 5 4',
    ),
    groups: [ids('11ec 1d 17 18 19 100 101 102 103 104')],
    signatures: [ids('403 503 603 203 804 805 806 401 501 601 201 402 502 602 202')],
    traits: [onePointFormat],
    measured: true,
  },
  {
    name: 'BoringSSL',
    extensions: [[0, 23, 65281, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43, 27, 17513, 17613, 65037]],
    ...boringssl(),
    measured: true,
  },
  {
    name: 'BoringSSL',
    variant: 'Chromium',
    extensions: {
      any: [0, 23, 65281, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43, 27, 17513, 17613, 65037, 21],
    },
    ...boringssl(),
    traits: [
      {
        says: 'GREASE values',
        weight: 4,
        holds: ({ cipherSuites }) => cipherSuites.some(id => (id & 0x0f0f) === 0x0a0a),
      },
      longSessionId,
    ],
    measured: false,
  },
  {
    name: 'rustls',
    extensions: { any: [0, 5, 10, 11, 13, 16, 23, 35, 43, 45, 50, 51, 65037] },
    suites: ids('1302 1301 1303 c02c c02b cca9 c030 c02f cca8 ff'),
    groups: [ids('1d 17 18 11ec')],
    signatures: [ids('503 403 603 807 806 805 804 601 501 401')],
    traits: [onePointFormat, longSessionId],
    measured: true,
  },
  {
    name: 'SChannel',
    extensions: [
      [0, 5, 10, 11, 13, 35, 16, 23, 65281],
      [0, 5, 43, 13, 35, 10, 11, 16, 51, 49, 23, 65281, 45],
    ],
    suites: ids(
      '1302 1301 c02c c02b c030 c02f 9f 9e c024 c023 c028 c027 c00a c009 c014 c013 39 33 9d 9c 3d 3c 35 2f a 6a 40 38 32 13 5 4',
    ),
    groups: [ids('1d 17 18')],
    signatures: [ids('804 805 806 401 501 201 403 503 203 202 601 603')],
    traits: [onePointFormat],
    measured: false,
  },
]

function gnutls(): Pick<StackMarks, 'suites' | 'groups' | 'signatures' | 'traits'> {
  return {
    suites: ids(
      '1302 1303 1301 1304 c02c cca9 c0ad c00a c02b c0ac c009 c030 cca8 c014 c02f c013 9d c09d 35 9c c09c 2f 9f ccaa c09f 39 9e c09e 33',
    ),
    groups: [ids('17 18 19 1d 1e 100 101 102 103 104')],
    signatures: [ids('401 809 804 403 807 501 80a 805 503 808 601 80b 806 603 201 203')],
    traits: [
      {
        says: 'record_size_limit',
        weight: 1,
        holds: ({ extensions }) => extensions.includes(28),
      },
    ],
  }
}

function boringssl(): Pick<StackMarks, 'suites' | 'groups' | 'signatures' | 'traits'> {
  return {
    suites: ids('1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c009 c013 c00a c014 9c 9d 2f 35'),
    groups: [ids('11ec 6399 1d 17 18 19')],
    signatures: [ids('403 804 401 503 805 501 806 601 807 603 201')],
    traits: [longSessionId],
  }
}

/** Numbers in hex, as they stand in captures and in the registries. */
function ids(text: string): number[] {
  return text.split(' ').map(id => Number.parseInt(id, 16))
}
