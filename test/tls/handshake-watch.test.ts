/** Real handshakes, watched from outside: what the watch says must be what was negotiated, however the bytes were cut. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Flight } from '../../broker/tls/flight.ts'
import { FLIGHT_LIMIT, handshakeWatch, plainAlert } from '../../broker/tls/handshake-watch.ts'
import { groupName, suiteName, versionName } from '../../broker/tls/names.ts'
import { recordProtection } from '../../broker/tls/record-protection.ts'
import { anyCut, type Cut, chunksOf, cut } from './chunks.ts'
import { type Recipe, type Recording, recordHandshake } from './handshake-recording.ts'
import { record } from './hello-bytes.ts'

const recipes: [name: string, recipe: Recipe][] = [
  ['1.2, P-256', { version: 'TLSv1.2', client: 'ec' }],
  ['1.2, a chain of three', { version: 'TLSv1.2', client: 'chain' }],
  ['1.2, RSA on both sides', { version: 'TLSv1.2', client: 'rsa', server: 'rsa' }],
  ['1.2, static RSA', { version: 'TLSv1.2', client: 'ec', server: 'rsa', suite: 'AES128-SHA' }],
  ['1.2, no certificate', { version: 'TLSv1.2', client: 'none' }],
  ['1.3, P-256', { version: 'TLSv1.3', client: 'ec' }],
  [
    '1.3, a chain of three',
    { version: 'TLSv1.3', client: 'chain', suite: 'TLS_AES_128_GCM_SHA256' },
  ],
  ['1.3, RSA', { version: 'TLSv1.3', client: 'rsa', suite: 'TLS_CHACHA20_POLY1305_SHA256' }],
  ['1.3, no certificate', { version: 'TLSv1.3', client: 'none' }],
  ['1.3, after a retry for another group', { version: 'TLSv1.3', client: 'ec', groups: 'P-384' }],
]

for (const [name, recipe] of recipes) {
  t.test(`TLS ${name}`, async t => {
    const recording = await recordHandshake(recipe)
    const seen = replay(recording)
    t.equal(seen.version, recording.version)
    t.equal(seen.suite, recording.cipher)
    t.equal(seen.clientSent, 'Finished')
    t.equal(seen.certificateShown, true)
    t.strictSame(seen.alerts, [])
    t.strictSame(seen.flight?.chain, recording.chain, 'the chain as sent')
    t.equal(seen.flight?.proved, recipe.client !== 'none', 'a CertificateVerify')
    t.equal(seen.flight?.malformed, false)
    t.equal(seen.flight?.tooLarge, false)
    t.equal(seen.requested?.authorities, 0, 'we name no CAs')
    t.ok(seen.requested?.signatureAlgorithms.includes(0x0403))
    const staticRsa = recipe.suite === 'AES128-SHA'
    t.equal(seen.signed, staticRsa ? undefined : recipe.server === 'rsa' ? 0x0804 : 0x0403)
    if (recipe.groups !== undefined) t.equal(seen.group, 'secp384r1')
    else if (!staticRsa) t.equal(seen.group, 'x25519')

    const client = Buffer.concat(clientBytes(recording))
    t.strictSame(Buffer.concat(seen.passed), client, 'OpenSSL gets every byte, in order')
    fc.assert(
      fc.property(anyCuts, cuts => {
        const again = replay(recording, cuts)
        assert.deepEqual(Buffer.concat(again.passed), client)
        assert.deepEqual(facts(again), facts(seen))
      }),
      { numRuns: 60 },
    )
    fc.assert(
      fc.property(anyCuts, cuts => {
        const { flight, heldPieces } = replay(recording, cuts)
        checkPieces(heldPieces, flight)
      }),
      { numRuns: 20 },
    )
  })
}

t.test('a piece of the second ClientHello that looks like an alert is none', async t => {
  const recording = await recordHandshake({ version: 'TLSv1.3', client: 'ec', groups: 'P-384' })
  const watch = handshakeWatch()
  watch.outbound(recording.turns[1]?.bytes ?? Buffer.alloc(0))
  t.equal(watch.retry()?.group, 24)
  const head = Buffer.from('1603030100', 'hex')
  const alike = Buffer.from('15030300020228', 'hex')
  for (const piece of [head, alike]) {
    t.strictSame(watch.inbound(piece), { pass: [piece] })
  }
  t.strictSame(watch.alerts(), [])
})

t.test('an alert in the place of the second ClientHello, in two pieces', async t => {
  const recording = await recordHandshake({ version: 'TLSv1.3', client: 'ec', groups: 'P-384' })
  const watch = handshakeWatch()
  watch.outbound(recording.turns[1]?.bytes ?? Buffer.alloc(0))
  t.equal(watch.inbound(Buffer.from('150303', 'hex')).flight, undefined)
  t.ok(watch.inbound(Buffer.from('0002022f', 'hex')).flight)
  t.strictSame(watch.alerts(), [{ from: 'client', level: 2, number: 47 }])
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: our refusal can be read by the other side's watch`, async t => {
    const recording = await recordHandshake({ version, client: 'ec' })
    const watch = replay(recording).watch
    const alert = watch.sealAlert(42)
    if (version === 'TLSv1.2') t.strictSame(alert, plainAlert(42))
    else {
      t.equal(alert[0], 23, 'encrypted')
      const reader = replay(recording).watch
      reader.outbound(alert)
      t.strictSame(reader.sealedAlert(), { from: 'broker', level: 2, number: 42 })
    }
  })
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: a close_notify ends the flight, and is no message of the client`, async t => {
    const watch = startOf(await recordHandshake({ version, client: 'ec' }))
    // In clear on TLS 1.3 too: so s2n sends it before it has keys.
    const { flight } = watch.inbound(record(21, Buffer.from([1, 0]), 0x0303))
    t.ok(flight)
    t.strictSame(watch.alerts(), [{ from: 'client', level: 1, number: 0 }])
    t.equal(watch.clientSent(), 'ClientHello')
  })

  t.test(`${version}: an alert of the client ends the flight and is read`, async t => {
    const recording = await recordHandshake({ version, client: 'ec' })
    const watch = startOf(recording)
    const secret = recording.secrets.get('CLIENT_HANDSHAKE_TRAFFIC_SECRET')
    const keys = secret && recordProtection(watch.serverHello()?.cipherSuite ?? 0, secret)
    const alert = Buffer.from([2, 48])
    const { flight } = watch.inbound(keys?.seal(21, alert) ?? record(21, alert, 0x0303))
    t.ok(flight)
    t.strictSame(watch.alerts(), [{ from: 'client', level: 2, number: 48 }])
    t.equal(watch.clientSent(), 'alert')
  })
}

t.test(
  'rubbish in the place of the second flight never throws and is never held for ever',
  async t => {
    const recordings = await Promise.all(
      (['TLSv1.2', 'TLSv1.3'] as const).map(version => recordHandshake({ version, client: 'ec' })),
    )
    const records = fc
      .array(fc.tuple(fc.constantFrom(20, 21, 22, 23), fc.uint8Array({ maxLength: 200 })), {
        maxLength: 12,
      })
      .map(list =>
        Buffer.concat(list.map(([type, bytes]) => record(type, Buffer.from(bytes), 771))),
      )
    const noise = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
    fc.assert(
      fc.property(
        fc.constantFrom(...recordings),
        fc.oneof(records, noise).chain(chunksOf),
        (recording, chunks) => {
          const watch = startOf(recording)
          const out: Buffer[] = []
          for (const chunk of chunks) {
            const { pass, flight } = watch.inbound(chunk)
            out.push(...pass, ...(flight?.pieces() ?? []))
          }
          const given = Buffer.concat(chunks)
          assert.deepEqual(Buffer.concat(out), given.subarray(0, Buffer.concat(out).length))
        },
      ),
      { numRuns: 500 },
    )
    t.pass()
  },
)

t.test('endless handshake bytes are cut', async t => {
  const recording = await recordHandshake({ version: 'TLSv1.2', client: 'ec' })
  const piece = record(22, Buffer.from([16, 0, 0, 4, 1, 2, 3, 4]), 0x0303)
  const watch = startOf(recording)
  let sent = 0
  let flight: Flight | undefined
  while (flight === undefined && sent < 2 * FLIGHT_LIMIT) {
    sent += piece.length
    flight = watch.inbound(piece).flight
  }
  t.equal(flight?.tooLarge, true)
  t.ok(sent < FLIGHT_LIMIT + 100, `${sent} bytes`)
  const huge = startOf(recording).inbound(record(22, Buffer.from([11, 255, 255, 255]), 0x0303))
  t.equal(huge.flight?.tooLarge, true, 'a Certificate that says it has 16 MB')
})

type Seen = ReturnType<typeof replay>

/** Everything that the rooms read of a watch, which must not depend on the pieces. */
function facts({ watch: _, passed: __, heldPieces: ___, flight, ...rest }: Seen): unknown {
  const { pieces: ____, ...flightFacts } = flight ?? { pieces: undefined }
  return { ...rest, flightFacts }
}

/** @param cuts how each turn is cut; whole unless told */
function replay(recording: Recording, cuts: Cut[] = []) {
  const watch = handshakeWatch()
  const passed: Buffer[] = []
  let flight: Flight | undefined
  let heldPieces: Buffer[] = []
  for (const [label, secret] of recording.secrets) watch.secret(label, secret)
  for (const [index, { from, bytes }] of recording.turns.entries()) {
    // The first turn is the hello, which another room reads.
    if (index === 0) continue
    for (const chunk of cut(bytes, cuts[index] ?? { places: [] })) {
      if (from === 'server') watch.outbound(chunk)
      else {
        const given = watch.inbound(chunk)
        passed.push(...given.pass)
        if (given.flight) {
          flight = given.flight
          heldPieces = flight.pieces()
          passed.push(...heldPieces)
        }
      }
    }
  }
  const hello = watch.serverHello()
  const { group, signatureAlgorithm: signed } = watch.server()
  const requested = watch.request()
  return {
    watch,
    passed,
    flight,
    heldPieces,
    version: versionName(hello?.version ?? 0),
    suite: suiteName(hello?.cipherSuite ?? 0),
    group: group === undefined ? undefined : groupName(group),
    signed,
    requested,
    alerts: watch.alerts(),
    clientSent: watch.clientSent(),
    certificateShown: watch.certificateShown(),
  }
}

/** A watch that has seen our first flight and waits for the client's second. */
function startOf(recording: Recording) {
  const watch = handshakeWatch()
  for (const [label, secret] of recording.secrets) watch.secret(label, secret)
  watch.outbound(recording.turns[1]?.bytes ?? Buffer.alloc(0))
  return watch
}

function clientBytes({ turns }: Recording): Buffer[] {
  return turns.slice(1).flatMap(({ from, bytes }) => (from === 'client' ? [bytes] : []))
}

/** For handshakes of six turns: with a retry there are five and the session tickets. */
const anyCuts = fc.array(anyCut, { minLength: 6, maxLength: 6 })

/** What flight.ts promises, on real flights. */
function checkPieces(pieces: Buffer[], flight: Flight | undefined): void {
  assert.ok(flight)
  const held = Buffer.concat(pieces).subarray(0, flight.bytes)
  const sizes = pieces.map(piece => piece.length)
  // The final piece of the flight itself; what came behind it is a piece of its own.
  const last = sizes.findLastIndex((_, index) => sumTo(sizes, index) < flight.bytes)
  const start = sumTo(sizes, last)
  assert.ok(last <= 1, `${last} pieces before the last`)
  // Node cuts after 1,024 bytes.
  if (flight.proofBytes <= 1000) assert.ok((sizes[last] ?? 0) <= 1000)
  const certificate = flight.chain?.at(-1)
  // On TLS 1.2 the certificates stand in clear, so their last byte can be looked for.
  const at = certificate ? held.indexOf(certificate) : -1
  if (certificate && at >= 0) assert.ok(at + certificate.length - 1 >= start)
}

function sumTo(sizes: number[], end: number): number {
  return sizes.slice(0, end).reduce((sum, size) => sum + size, 0)
}
