/**
 * Does our matcher say what OpenSSL does? Random hellos meet random endpoints: the matcher predicts, a real node:tls
 * socket with the broker's own settings answers, and both are compared.
 */

import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import fc from 'fast-check'
import {
  type Config,
  defaultConfig,
  groupNames,
  securityPolicies,
} from '../../broker/config/shape.ts'
import type { Settings } from '../../broker/connection/house.ts'
import { settingsOf } from '../../broker/connection/settings.ts'
import { createServerPki, type ServerPki } from '../../broker/registry/pki/server-pki.ts'
import type { Hello } from '../../broker/tls/client-hello.ts'
import { handshakeWatch } from '../../broker/tls/handshake-watch.ts'
import { helloReader } from '../../broker/tls/hello-reader.ts'
import { type Conflict, type Match, match, signingKeys } from '../../broker/tls/match.ts'
import { parseServerHello } from '../../broker/tls/server-hello.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { type HelloSpec, helloBytes, list16, vector } from './hello-bytes.ts'

export type Case = { hello: HelloSpec; endpoint: EndpointSpec }

type EndpointSpec = Pick<Config['tls'], 'securityPolicy' | 'serverCertificates' | 'groups'>

/** What OpenSSL wrote first, and Node's code where it refused. */
export type Answer =
  | { accepted: true; version: number; suite: number; retry: boolean; group: number | undefined }
  | { accepted: false; alert?: number; code: string }

export type Agreement = {
  cases: number
  accepted: number
  /** Refusals by the matcher's reason. */
  refused: Partial<Record<Conflict['kind'], number>>
  /** One line each; empty when both agree about every case. */
  differences: string[]
}

/** Compares so many cases; the same seed gives the same ones. */
export async function agree(seed: number, cases: number): Promise<Agreement> {
  const bench = await createBench()
  const result: Agreement = { cases, accepted: 0, refused: {}, differences: [] }
  for (const given of fc.sample(caseArbitrary, { seed, numRuns: cases })) {
    const predicted = bench.predict(given)
    if (predicted.ok) result.accepted++
    else {
      const { kind } = predicted.conflict
      result.refused[kind] = (result.refused[kind] ?? 0) + 1
    }
    const difference = await compare(given, predicted, bench)
    if (difference !== undefined) {
      result.differences.push(`${difference}: ${JSON.stringify(given)}`)
    }
  }
  return result
}

export type Bench = {
  predict(given: Case): Match
  answer(given: Case): Promise<Answer>
}

/** An endpoint of each kind is made once: a secure context costs a millisecond. */
export async function createBench(): Promise<Bench> {
  const world = createWorld(runningClock())
  const pki = await createServerPki({
    names: ['localhost'],
    addresses: ['127.0.0.1'],
    world,
    now: Date.now(),
  })
  const made = new Map<string, Settings>()
  const settings = (spec: EndpointSpec): Settings => {
    const key = JSON.stringify(spec)
    const known = made.get(key) ?? settingsFor(spec, pki)
    made.set(key, known)
    return known
  }
  return {
    predict: ({ hello, endpoint }) => match(parsed(hello), settings(endpoint).endpoint),
    answer: ({ hello, endpoint }) => opensslAnswer(hello, settings(endpoint)),
  }
}

/** @returns how they differ, if they do */
export async function compare(
  given: Case,
  predicted: Match,
  bench: Bench,
): Promise<string | undefined> {
  const answer = await bench.answer(given)
  const seen = JSON.stringify(answer)
  if (answer.accepted !== predicted.ok) {
    return `predicted ${predicted.ok ? 'accepted' : `refused (${predicted.conflict.kind})`}, OpenSSL ${seen}`
  }
  if (answer.accepted && predicted.ok) {
    if (answer.version !== predicted.version)
      return `another version than ${predicted.version}, ${seen}`
    const chosen = predicted.suites[0]
    if (answer.suite !== chosen) return `another suite than ${chosen}, ${seen}`
    const { group, retry = false } = predicted
    return answer.group === group && answer.retry === retry
      ? undefined
      : `another group than ${group}${retry ? ' after a retry' : ''}, ${seen}`
  }
  if (answer.accepted || predicted.ok) return undefined
  if (answer.alert !== predicted.alert) return `another alert than ${predicted.alert}, ${seen}`
  const { kind, version } = predicted.conflict
  const named = [kind, ...predicted.also]
  // Of several faults OpenSSL tells the one that it comes to first.
  if (!named.some(one => CODES[one].test(answer.code))) return `${named} has another code, ${seen}`
  return await wrongReason(given, named, version, bench)
}

/**
 * OpenSSL lumps reasons together, so the reasons are tried out: with all that we name mended it must accept, and no other
 * one alone must be enough.
 */
async function wrongReason(
  given: Case,
  named: Conflict['kind'][],
  version: number | undefined,
  bench: Bench,
): Promise<string | undefined> {
  // A version that fits brings other suites into play: there is nothing to compare then.
  if (named.includes('version')) return undefined
  const answer = await bench.answer(mended(given, named, true))
  if (!answer.accepted) return `mending ${named.join(' and ')} is not enough (${answer.code})`
  for (const other of MENDABLE.filter(kind => !named.includes(kind))) {
    // The certificates of TLS 1.3 are told apart by the signature algorithms.
    if (other === 'certificate-type' && version === 0x0304) continue
    // One more group may be that of a key which was sent without it.
    if (other === 'group' && named.includes('rule')) continue
    if ((await bench.answer(mended(given, [other]))).accepted) {
      return `${named.join(' and ')} named, but mending ${other} is enough`
    }
  }
  return undefined
}

/** What Node says for each of our reasons. */
const CODES: Record<Conflict['kind'], RegExp> = {
  version: /^ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|BAD_LEGACY_VERSION)$/,
  rule: /^ERR_SSL_(BAD_LEGACY_VERSION|NO_SHARED_CIPHER|NO_SUITABLE_KEY_SHARE|INAPPROPRIATE_FALLBACK|BAD_KEY_SHARE)$/,
  suites: /^ERR_SSL_(NO_SHARED_CIPHER|NO_SHARED_SIGNATURE_ALGORITHMS)$/,
  'certificate-type': /^ERR_SSL_(NO_SHARED_CIPHER|NO_SHARED_SIGNATURE_ALGORITHMS)$/,
  group: /^ERR_SSL_(NO_SHARED_CIPHER|NO_SUITABLE_KEY_SHARE|MISSING_SUPPORTED_GROUPS_EXTENSION)$/,
  'signature-algorithm': /SIGNATURE_ALGORITHM|SIGALGS|NO_SHARED_CIPHER/,
}

/** Not `suites`: one more suite is always a way out. */
const MENDABLE: Conflict['kind'][] = ['certificate-type', 'group', 'signature-algorithm', 'rule']

function mended({ hello, endpoint }: Case, kinds: Conflict['kind'][], named = false): Case {
  const better: Case = { hello: { ...hello }, endpoint }
  const tls13 = hello.versions?.includes(0x0304) === true
  for (const kind of kinds) {
    if (kind === 'suites') {
      // ECDHE with either key, TLS 1.3; for a client that knows no curves static RSA.
      const more = hello.groups === undefined ? [0x2f, 0x35] : []
      better.hello.cipherSuites = [...better.hello.cipherSuites, 0xc02f, 0xc02b, 0x1301, ...more]
    }
    if (kind === 'certificate-type') {
      better.endpoint = { ...endpoint, serverCertificates: ['rsa', 'ecdsa'] }
      // How a certificate is signed that isn't there, nobody knows.
      if (named) delete better.hello.more
    }
    if (kind === 'group') {
      better.hello.groups = [...new Set([...(hello.groups ?? []), 29, 23, 24, 25])]
      if (tls13 && hello.groups === undefined) better.hello.keyShares ??= []
    }
    if (kind === 'signature-algorithm') {
      better.hello.signatureAlgorithms = [0x0403, 0x0804, 0x0401]
      delete better.hello.more
    }
    if (kind === 'rule') {
      better.hello.version = 0x0303
      better.hello.pointFormats = [0]
      better.hello.cipherSuites = better.hello.cipherSuites.filter(id => id !== 0x5600)
      if (tls13) {
        const { groups = [] } = better.hello
        better.hello.keyShares = (hello.keyShares ?? []).filter(share => groups.includes(share))
      }
    }
  }
  return better
}

function settingsFor(spec: EndpointSpec, pki: ServerPki): Settings {
  const config = defaultConfig()
  return settingsOf({ ...config, tls: { ...config.tls, ...spec } }, pki, {
    port: 8883,
    endpointName: 'localhost',
  })
}

function opensslAnswer(spec: HelloSpec, settings: Settings): Promise<Answer> {
  return new Promise(resolve => {
    const written: Buffer[] = []
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _, done) {
        written.push(chunk)
        done()
        const answer = accepted(Buffer.concat(written))
        if (answer) settle(answer)
      },
    })
    const tls = new TLSSocket(wire, {
      isServer: true,
      secureContext: settings.secureContext(signingKeys(parsed(spec), settings.endpoint)),
      requestCert: true,
      rejectUnauthorized: false,
    })
    let settled = false
    const settle = (answer: Answer): void => {
      if (settled) return
      settled = true
      resolve(answer)
      setImmediate(() => tls.destroy())
    }
    tls.on('error', (error: Error & { code?: string }) => {
      const alert = Buffer.concat(written)
      const number = alert[0] === 21 ? alert[6] : undefined
      const code = error.code ?? error.message
      settle({ accepted: false, ...(number === undefined ? {} : { alert: number }), code })
    })
    wire.push(helloBytes(spec))
  })
}

function parsed(spec: HelloSpec): Hello {
  const progress = helloReader().push(helloBytes(spec))
  if (progress.state !== 'hello') throw new Error(`a hello that reads as ${progress.state}`)
  return progress.hello
}

/** What OpenSSL has chosen, once its flight tells: on TLS 1.2 the group comes after the certificate. */
function accepted(bytes: Buffer): Answer | undefined {
  if (bytes[0] !== 22 || bytes[5] !== 2) return undefined
  const hello = parseServerHello(bytes.subarray(9, 9 + bytes.readUIntBE(6, 3)))
  if (hello === undefined) return undefined
  const { version, cipherSuite: suite, helloRetryRequest: retry } = hello
  if (version >= 0x0304) return { accepted: true, version, suite, retry, group: hello.group }
  const watch = handshakeWatch()
  watch.outbound(bytes)
  if (!watch.certificateShown()) return undefined
  return { accepted: true, version, suite, retry, group: watch.server().group }
}

/** Suites of the policies, and some that none of them has: DHE, ChaCha20, CCM, PSK, anonymous, 3DES, a signal, GREASE. */
const SUITES = [
  ...[0x1301, 0x1302, 0x1303, 0xc02f, 0xc027, 0xc013, 0xc030, 0xc028, 0xc014, 0x9c, 0x3c, 0x2f],
  ...[0x9d, 0x3d, 0x35, 0xc02b, 0xc023, 0xc009, 0xc02c, 0xc024, 0xc00a],
  ...[0x33, 0x9e, 0xcca8, 0xcca9, 0xc0ac, 0xc0ae, 0x8c, 0x34, 0x0a, 0x1304, 0x00ff, 0x3a3a],
]
/** x25519, the NIST curves, secp224r1, x448, a brainpool curve, ffdhe2048, a post-quantum hybrid, GREASE. */
const GROUPS = [29, 23, 24, 25, 21, 30, 26, 256, 4588, 0x0a0a]
const SIGNATURES = [
  ...[0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601],
  ...[0x0203, 0x0201, 0x0303, 0x0301, 0x0101, 0x0807, 0x0809, 0x0402, 0x1a1a],
]
const VERSIONS = [0x0304, 0x0303, 0x0302, 0x0301, 0x2a2a]

const few = <T>(pool: readonly T[], from = 1): fc.Arbitrary<T[]> =>
  fc.oneof(
    fc.shuffledSubarray([...pool], { minLength: from, maxLength: Math.min(3, pool.length) }),
    fc.shuffledSubarray([...pool], { minLength: from }),
  )
const orAbsent = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 6, arbitrary: value })

const SIGNATURE_ALGORITHMS_CERT = 50

const helloArbitrary: fc.Arbitrary<HelloSpec> = fc
  .record({
    version: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0x0303) },
      { weight: 1, arbitrary: fc.constantFrom(0x0300, 0x0301, 0x0302) },
    ),
    versions: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 3, arbitrary: fc.constant([0x0304, 0x0303]) },
      { weight: 1, arbitrary: few(VERSIONS) },
    ),
    cipherSuites: few(SUITES),
    fallback: fc.nat(30).map(value => value === 0),
    groups: orAbsent(fc.oneof(few(GROUPS), fc.constant([29, 23, 24]), fc.constant([23]))),
    sharesFrom: fc.nat(5),
    sharesCount: fc.nat(2),
    shareAbsent: fc.nat(15).map(value => value === 0),
    strayShare: fc.oneof(
      { weight: 12, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(29, 23, 24, 25) },
    ),
    signatureAlgorithmsCert: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: few(SIGNATURES) },
    ),
    signatureAlgorithms: orAbsent(fc.oneof(few(SIGNATURES), fc.constant([...SIGNATURES]))),
    pointFormats: fc.constantFrom(undefined, [0], [0, 1, 2], [0, 1], [0], [1, 2]),
  })
  .map(given => {
    const { sharesFrom, sharesCount, shareAbsent, strayShare, fallback, ...more } = given
    const { signatureAlgorithmsCert, ...lists } = more
    const defined = Object.entries(lists).filter(([, value]) => value !== undefined)
    // The same object less what is undefined: an absent list is an absent extension.
    const hello = Object.fromEntries(defined) as unknown as HelloSpec
    if (fallback) hello.cipherSuites = [...hello.cipherSuites, 0x5600]
    if (hello.versions?.includes(0x0304) && !shareAbsent) {
      hello.keyShares = (hello.groups ?? []).slice(sharesFrom, sharesFrom + sharesCount)
      if (strayShare !== undefined) hello.keyShares.unshift(strayShare)
    }
    if (signatureAlgorithmsCert) {
      hello.more = [[SIGNATURE_ALGORITHMS_CERT, vector(2, list16(signatureAlgorithmsCert))]]
    }
    return hello
  })

const caseArbitrary: fc.Arbitrary<Case> = fc.record({
  hello: helloArbitrary,
  endpoint: fc.record({
    securityPolicy: fc.constantFrom(...securityPolicies),
    serverCertificates: fc.constantFrom<EndpointSpec['serverCertificates']>(
      ['rsa'],
      ['ecdsa'],
      ['rsa', 'ecdsa'],
    ),
    groups: few(groupNames),
  }),
})
