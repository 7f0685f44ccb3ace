/**
 * What must hold for any bytes whatever: one property for each reader of strangers' bytes. `npm test` tries each a little,
 * `npm run fuzz` as long as you like. A property fails by throwing.
 */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'
import { encodePublish } from '../../broker/mqtt/codec/encode-publish.ts'
import { packetReader } from '../../broker/mqtt/codec/packet-reader.ts'
import type { PacketProblem } from '../../broker/mqtt/codec/problem.ts'
import type { Packet, PublishPacket } from '../../broker/mqtt/packet.ts'
import { planFrom } from '../../broker/template/plan.ts'
import { readTemplate } from '../../broker/template/read.ts'
import { templateRemarks } from '../../broker/template/remarks.ts'
import {
  parseCertificateRequest,
  parseCertificates,
} from '../../broker/tls/certificate-messages.ts'
import { ja3, ja4 } from '../../broker/tls/fingerprint.ts'
import { handshakeReader, MESSAGE_LIMIT } from '../../broker/tls/handshake-messages.ts'
import { FLIGHT_LIMIT, FLIGHT_RECORDS, handshakeWatch } from '../../broker/tls/handshake-watch.ts'
import { helloReader } from '../../broker/tls/hello-reader.ts'
import { recordReader } from '../../broker/tls/records.ts'
import { keyExchangeGroup, parseServerHello } from '../../broker/tls/server-hello.ts'
import { recogniseStack } from '../../broker/tls/stack.ts'
import { describe, readCertificate } from '../../broker/x509/certificate.ts'
import { judgeChain } from '../../broker/x509/judge.ts'
import { readPemOrDer } from '../../broker/x509/pem.ts'
import {
  connectPacket,
  disconnectPacket,
  publishPacket,
  subscribePacket,
} from '../helpers/mqtt-bytes.ts'
import { PKI_NOW, pki } from '../helpers/pki.ts'
import { CN, carried, naming, withPolicy } from '../template/sample.ts'
import { captured } from '../tls/captured.ts'
import { anyCut, type Cut, cut } from '../tls/chunks.ts'
import { type Recording, recordHandshake } from '../tls/handshake-recording.ts'
import { spoiled } from './bytes.ts'

export type Target = { name: string; property: fc.IRawProperty<unknown> }

/** The largest record that a reader takes, with its header. */
const RECORD = 5 + 16_384 + 2048
const HELLO_LIMIT = 32_768

/** Made once: the handshakes are real ones, with keys of their own. */
export async function targets(): Promise<Target[]> {
  const hellos = captured().map(({ bytes }) => bytes)
  const recordings = [
    await recordHandshake({ version: 'TLSv1.2', client: 'chain' }),
    await recordHandshake({ version: 'TLSv1.3', client: 'chain' }),
    await recordHandshake({ version: 'TLSv1.2', client: 'none' }),
  ]
  const flights = recordings.flatMap(({ turns }) => turns.map(({ bytes }) => bytes))
  return [
    { name: 'hello', property: fc.property(spoiled(hellos), anyCut, readsHello) },
    {
      name: 'records',
      property: fc.property(spoiled([...hellos, ...flights]), anyCut, cutsRecords),
    },
    { name: 'messages', property: fc.property(spoiled(fragments(flights)), anyCut, joinsMessages) },
    {
      name: 'certificate-messages',
      property: fc.property(spoiled(bodies(flights)), readsMessages),
    },
    ...recordings.map((recording, index) => ({
      name: `watch-${index}`,
      property: fc.property(anyHandshake(recording), given => watches(recording, given)),
    })),
    { name: 'certificate', property: fc.property(spoiled(certificates()), judges) },
    { name: 'pem', property: fc.property(spoiled(files()), bytes => void readPemOrDer(bytes)) },
    { name: 'packets', property: fc.property(spoiled(packets()), anyCut, readsPackets) },
    { name: 'template', property: fc.property(spoiled(templates()), readsTemplate) },
  ]
}

function templates(): Buffer[] {
  const all = naming(
    { 'Fn::Join': ['-', ['a', { 'Fn::Select': [0, { 'Fn::Split': ['-', { Ref: CN }] }] }]] },
    { AttributePayload: { a: { 'Fn::FindInMap': ['m', 'k', 'l'] } }, ThingGroups: ['g'] },
    { AttributePayload: 'MERGE' },
  )
  const mapped = { Parameters: { [CN]: { Type: 'String' } }, Mappings: { m: { k: { l: 'v' } } } }
  const policy = withPolicy({ PolicyDocument: { 'Fn::Sub': `{"Statement":[],"x":"\${${CN}}"}` } })
  return [{ ...mapped, ...all }, policy].map(one => Buffer.from(JSON.stringify(one)))
}

function readsTemplate(bytes: Buffer): void {
  const { problems, template } = readTemplate(bytes.toString())
  assert.equal(
    template === undefined,
    problems.some(({ severity }) => severity === 'error'),
  )
  if (!template) return
  for (const kind of ['JITP', 'FLEET_PROVISIONING', 'REGISTER_THING'] as const) {
    templateRemarks(template, { kind, policies: new Map() })
    planFrom(template, kind, new Map(Object.entries(carried)))
  }
}

function readsHello(bytes: Buffer, how: Cut): void {
  const reader = helloReader()
  for (const chunk of cut(bytes, how)) {
    const progress = reader.push(chunk)
    assert.ok(
      reader.bytes().length <= HELLO_LIMIT + chunk.length,
      'it keeps no more than its limit',
    )
    if (progress.state === 'more') continue
    if (progress.state === 'malformed') assert.ok(progress.at <= progress.bytes.length + 4)
    if (progress.state === 'hello') {
      ja3(progress.hello)
      ja4(progress.hello)
      recogniseStack(progress.hello)
    }
    return
  }
}

/** Nothing is lost, nothing is made up, and the pieces make no difference. */
function cutsRecords(bytes: Buffer, how: Cut): void {
  const [whole, pieces] = [recordReader(), recordReader()]
  const once = whole.push(bytes)
  const records = cut(bytes, how).flatMap(chunk => {
    const found = pieces.push(chunk)
    assert.ok(pieces.broken() || pieces.rest().length < RECORD)
    return found
  })
  assert.deepEqual(records, once)
  assert.equal(pieces.broken(), whole.broken())
  assert.deepEqual(Buffer.concat([...records.map(record => record.bytes), pieces.rest()]), bytes)
}

function joinsMessages(bytes: Buffer, how: Cut): void {
  const [whole, pieces] = [handshakeReader(), handshakeReader()]
  const once = whole.push(bytes)
  const messages = cut(bytes, how).flatMap(chunk => {
    const found = pieces.push(chunk)
    assert.ok(pieces.pending() <= MESSAGE_LIMIT + 4)
    return found
  })
  assert.equal(pieces.overflowed(), whole.overflowed())
  // What stood before a message that is too large is given or not, as the pieces were.
  if (!whole.overflowed()) assert.deepEqual(messages, once)
}

function readsMessages(body: Buffer): void {
  for (const version of [0x0303, 0x0304]) {
    const chain = parseCertificates(body, version)
    assert.ok((chain ?? []).reduce((sum, { length }) => sum + length, 0) <= body.length)
    parseCertificateRequest(body, version)
  }
  parseServerHello(body)
  keyExchangeGroup(body)
}

type Given = { spoil: Buffer; side: 'client' | 'server'; how: Cut }

/** One side's bytes are spoiled in one of its turns after the hello. */
function anyHandshake({ turns }: Recording): fc.Arbitrary<Given & { turn: number }> {
  return fc.integer({ min: 1, max: Math.max(1, turns.length - 1) }).chain(turn =>
    fc.record({
      turn: fc.constant(turn),
      side: fc.constant(turns[turn]?.from ?? ('client' as const)),
      spoil: spoiled([turns[turn]?.bytes ?? Buffer.alloc(0)]),
      how: anyCut,
    }),
  )
}

function watches({ turns, secrets }: Recording, given: Given & { turn: number }): void {
  const watch = handshakeWatch()
  for (const [label, secret] of secrets) watch.secret(label, secret)
  let went = 0
  for (const [index, { from, bytes }] of turns.entries()) {
    const sent = index === given.turn ? given.spoil : bytes
    // The hello itself is the hello reader's.
    if (index === 0) continue
    for (const chunk of cut(sent, given.how)) {
      if (from === 'server') {
        watch.outbound(chunk)
        continue
      }
      const { pass, flight } = watch.inbound(chunk)
      went += pass.reduce((sum, { length }) => sum + length, 0)
      if (flight === undefined) continue
      assert.ok(flight.bytes <= FLIGHT_LIMIT + RECORD + chunk.length || flight.tooLarge)
      assert.ok(flight.records <= FLIGHT_RECORDS + chunk.length / 5 + 1)
      went += Buffer.concat(flight.pieces()).length
    }
  }
  const came = turns.reduce((sum, { from, bytes }, index) => {
    if (from === 'server' || index === 0) return sum
    return sum + (index === given.turn ? given.spoil : bytes).length
  }, 0)
  assert.ok(went <= came, 'nothing is given twice')
  watch.server()
  watch.request()
  watch.sealedAlert()
  watch.sealAlert(46)
  assert.ok(watch.alerts().every(({ number }) => number <= 255))
}

function judges(der: Buffer): void {
  const { device, signer, root } = pki()
  const reading = readCertificate(der)
  if (reading.ok) JSON.stringify(describe(reading.certificate))
  const anchors = [{ id: 'signer', certificate: signer.certificate }]
  for (const chain of [[der], [der, signer.der], [device.der, der, root.der]]) {
    for (const { code, evidence } of judgeChain(chain, anchors, PKI_NOW).problems) {
      const { says, remedy } = diagnose(code, evidence as never)
      assert.doesNotMatch(`${says}${remedy}`, /[\p{Cc}\p{Cf}]|undefined|\[object/u)
    }
  }
}

/** The same in whatever pieces, and silence after a problem. What is read of a PUBLISH can be written, and read again. */
function readsPackets(bytes: Buffer, how: Cut): void {
  const reader = packetReader({ limit: 149_504 })
  const packets: Packet[] = []
  let problem: PacketProblem | undefined
  for (const chunk of cut(bytes, how)) {
    const result = reader.push(chunk)
    assert.ok(!problem || result.packets.length === 0, 'silent after a problem')
    packets.push(...result.packets)
    problem ??= result.problem
  }
  const whole = packetReader({ limit: 149_504 }).push(bytes)
  assert.deepEqual(packets, whole.packets)
  assert.deepEqual(problem, whole.problem)
  const [first] = packets
  const version = first?.cmd === 'connect' && first.protocolVersion === 5 ? 5 : 4
  for (const packet of packets) if (packet.cmd === 'publish') writesAgain(packet, version)
}

function writesAgain({ properties, ...packet }: PublishPacket, version: 4 | 5): void {
  if (packet.qos === 2) return
  const { topicAlias, messageExpiryInterval, ...forwarded } = properties ?? {}
  const bytes = encodePublish(
    {
      ...packet,
      qos: packet.qos,
      properties: forwarded,
      ...(topicAlias === undefined ? {} : { topicAlias }),
      ...(messageExpiryInterval === undefined ? {} : { messageExpiryInterval }),
    },
    version,
  )
  const again = packetReader({ limit: 149_504 })
  again.push(connectPacket({ protocolVersion: version }))
  assert.deepEqual(again.push(bytes).packets, [{ ...packet, ...(properties && { properties }) }])
}

/** Fragments of handshake records: messages one after the other. */
function fragments(flights: Buffer[]): Buffer[] {
  return flights.map(bytes => {
    const records = recordReader().push(bytes)
    return Buffer.concat(records.filter(({ type }) => type === 22).map(({ fragment }) => fragment))
  })
}

function bodies(flights: Buffer[]): Buffer[] {
  return fragments(flights).flatMap(bytes =>
    handshakeReader()
      .push(bytes)
      .map(({ body }) => body),
  )
}

function certificates(): Buffer[] {
  const { device, rsaDevice, signer, root, ed25519, p224, sha1, impostors } = pki()
  return [device, rsaDevice, signer, root, ed25519, p224, sha1, impostors.otherKey].map(
    ({ der }) => der,
  )
}

function files(): Buffer[] {
  const { device, signer, rsaDevice } = pki()
  const chain = `${device.pem}${signer.pem}`
  const texts = [device.pem, chain, device.keyPem, rsaDevice.legacyKeyPem ?? '']
  return [device.der, ...texts.map(text => Buffer.from(text))]
}

/** After a CONNECT, for without one they are read as those of MQTT 3.1.1. */
function packets5(): Buffer[] {
  const version = { protocolVersion: 5 } as const
  const text = { contentType: 'text/plain', responseTopic: 'r', userProperties: { a: ['1', '2'] } }
  const message = { ...text, correlationData: Buffer.from('c'), messageExpiryInterval: 9 }
  const will = { topic: 'w', payload: Buffer.from('gone'), qos: 1, retain: true } as const
  const rest = [
    publishPacket({ topic: 'x', payload: 'z', qos: 1, properties: message, ...version }),
    publishPacket({ topic: '', payload: 'z', properties: { topicAlias: 1 }, ...version }),
    subscribePacket(['a/#'], { properties: { userProperties: { a: '1' } }, ...version }),
    Buffer.from([0x40, 4, 0, 1, 0x10, 0, 0xe0, 7, 4, 5, 17, 0, 0, 0, 1]),
  ]
  const willing = { ...will, properties: { ...message, willDelayInterval: 5 } }
  const first = connectPacket({ clientId: 'a', will: willing, ...version })
  return rest.map(bytes => Buffer.concat([first, bytes]))
}

function packets(): Buffer[] {
  const will = { topic: 'w', payload: Buffer.from('gone'), qos: 1, retain: true } as const
  return [
    connectPacket({ clientId: 'a', username: 'u', password: Buffer.from('p'), will }),
    connectPacket({ clientId: 'a', protocolVersion: 5, properties: { sessionExpiryInterval: 9 } }),
    publishPacket({ topic: 'x/y', payload: 'z'.repeat(200), qos: 1 }),
    Buffer.concat([subscribePacket(['a/#', 'b/+']), disconnectPacket()]),
    ...packets5(),
  ]
}
