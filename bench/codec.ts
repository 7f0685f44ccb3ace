/**
 * A PUBLISH read and written by our codec and by mqtt-packet, side by side in one process: 22 letters of topic, 100 bytes of
 * payload, whole in one piece.
 */

import { generate, type IPublishPacket, parser } from 'mqtt-packet'
import {
  encodePublish,
  type PublishFields,
  publishTemplate,
} from '../broker/mqtt/codec/encode-publish.ts'
import { packetReader } from '../broker/mqtt/codec/packet-reader.ts'

type Version = 4 | 5

const SAMPLE_MS = 60

const plain = { topic: 'dt/hall-3/sensor-1/raw', payload: Buffer.alloc(100, 'x'), retain: false }
const qos0: PublishFields = { ...plain, qos: 0, dup: false }
const qos1: PublishFields = { ...plain, qos: 1, dup: false, messageId: 7 }
const userProperties: [string, string][] = [
  ['unit', 'kelvin'],
  ['site', 'hall-3'],
]
const rich: PublishFields = { ...qos1, properties: { contentType: 'text/plain', userProperties } }

const cases: [name: string, fields: PublishFields, version: Version][] = [
  ['3.1.1, QoS 0', qos0, 4],
  ['3.1.1, QoS 1', qos1, 4],
  ['5, QoS 1', qos1, 5],
  ['5, QoS 1, properties', rich, 5],
]

/** Runs it; gives the lines of the table. */
export function benchCodec(rounds: number): string[] {
  const lines = ['|  | ours | mqtt-packet | ratio |', '| --- | --- | --- | --- |']
  for (const [name, fields, version] of cases) {
    const theirs = theirsOf(fields)
    const bytes = encodePublish(fields, version)
    const template = publishTemplate(fields, version)
    const read = { ours: ourReader(version), theirs: theirReader(version) }
    const write = (): number => generate(theirs, { protocolVersion: version }).length
    const pairs: [string, () => number, () => number][] = [
      ['read', () => read.ours(bytes), () => read.theirs(bytes)],
      ['write', () => encodePublish(fields, version).length, write],
      ['write for one of many', () => template.packet(fields).length, write],
    ]
    for (const [does, ours, others] of pairs) {
      const [own, other] = fastest(ours, others, rounds)
      const ratio = (other / own).toFixed(1)
      lines.push(`| ${does}, ${name} | ${ns(own)} | ${ns(other)} | ${ratio}x |`)
    }
  }
  return lines
}

function ourReader(version: Version): (bytes: Buffer) => number {
  const reader = packetReader({ limit: 149_504 })
  reader.push(connectOf(version))
  return bytes => reader.push(bytes).packets.length
}

function theirReader(version: Version): (bytes: Buffer) => number {
  let count = 0
  const reader = parser({ protocolVersion: version })
  reader.on('packet', () => count++)
  return bytes => {
    reader.parse(bytes)
    return count
  }
}

function connectOf(protocolVersion: Version): Buffer {
  return generate({ cmd: 'connect', clientId: 'x', protocolVersion })
}

function theirsOf({ properties, ...rest }: PublishFields): IPublishPacket {
  const { userProperties: pairs, contentType } = properties ?? {}
  if (pairs === undefined || contentType === undefined)
    return { cmd: 'publish', dup: false, ...rest }
  const given = { contentType, userProperties: Object.fromEntries(pairs) }
  return { cmd: 'publish', dup: false, ...rest, properties: given }
}

/** In ns, taking turns; the least of all rounds, since whatever else the machine does only adds to it. */
function fastest(ours: () => number, others: () => number, rounds: number): [number, number] {
  const least: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round <= rounds; round++) {
    for (const [index, run] of [ours, others].entries()) {
      const ran = sample(run)
      // The first round is there to be compiled.
      if (round > 0) least[index] = Math.min(least[index] ?? ran, ran)
    }
  }
  return least
}

function sample(run: () => number): number {
  const begun = performance.now()
  let count = 0
  let ms = 0
  while (ms < SAMPLE_MS) {
    for (let index = 0; index < 500; index++) run()
    count += 500
    ms = performance.now() - begun
  }
  return (ms * 1e6) / count
}

function ns(value: number): string {
  return `${value < 100 ? value.toFixed(0) : Math.round(value / 10) * 10} ns`
}
