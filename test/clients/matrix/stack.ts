/**
 * What the client matrix asks of a TLS stack: to dial Candid with one fault, and to tell what its own log shows. Each
 * stack-*.ts file makes one or more of these, stacks.ts lists them, setup.ts makes the faults, and check.ts goes through all
 * stacks, versions and faults and holds them against the expected-*.ts tables.
 */

/**
 * One fault at a time; `none` is the right set-up. What each is: setup.ts. Refusals of ours are made as AWS IoT makes them
 * (no alert once the key is proved), but for `wrong-signer-in-handshake`.
 */
export const faults = [
  'none',
  'unknown-ca',
  'wrong-host',
  'server-expired',
  'server-not-yet-valid',
  'no-certificate',
  'wrong-key',
  'wrong-signer',
  'wrong-signer-in-handshake',
  'wrong-version',
  'wrong-suite',
  'wrong-group',
] as const

export type Fault = (typeof faults)[number]

export const versions = ['1.2', '1.3'] as const

export type TlsVersion = (typeof versions)[number]

/** What the stack is to do. Files are PEM. */
export type Dial = {
  /** On 127.0.0.1. */
  port: number
  /** The host name for SNI and for the check of our certificate. */
  name: string
  /** The CA by which it is to check our certificate. */
  ca: string
  /** Device certificate (with its chain, if any) and key; absent: it loads none. */
  cert?: string
  key?: string
  clientId: string
  /** The only TLS version that it may offer. */
  version: TlsVersion | '1.1'
  /** It offers nothing else, where it is given: an OpenSSL name, and an RFC 8446 name on TLS 1.3. */
  suite?: 'ECDHE-ECDSA-CHACHA20-POLY1305' | 'TLS_AES_128_CCM_SHA256'
  /** It offers no other group, where it is given; the stack takes the first of these that it knows. */
  groups?: readonly ('secp224r1' | 'brainpoolP256r1' | 'x448' | 'secp521r1')[]
}

/** What the client itself saw: from what it prints or returns, never from the broker. */
export type Seen = {
  /** It got a CONNACK 0. */
  connected: boolean
  /** The TLS alert that its log or its library names, and who sent it. Absent: none was shown. */
  alert?: { number: number; from: 'server' | 'client' }
  /** What its user reads: one line of its own words, without addresses, ports, paths or times. */
  words: string
  /** It never opened a connection: it refused to start. */
  refusedToStart?: true
}

export type Stack = {
  /** For the table: name and version as the program itself tells it, such as `mbedTLS 2.28.3`. */
  title: string
  versions: readonly TlsVersion[]
  /** It can't be kept to one version, so the broker is to accept no other. */
  versionBy?: 'broker'
  /** Why it can't have this fault, in a few words; undefined: it can. */
  cannot?(fault: Fault, version: TlsVersion): string | undefined
  dial(dial: Dial): Promise<Seen>
}

/**
 * Finds (or builds) a stack on this machine. `missing` says in one line what is not here, and how to get it. Throws
 * only where a program of ours doesn't compile.
 */
export type FindStack = () => Promise<{ stack: Stack } | { missing: string }>
