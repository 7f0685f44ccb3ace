/** Each fault is found in the bytes that show it, in one piece and byte by byte, and named alike. */

import t from 'tap'
import { packetReader } from '../../../broker/mqtt/codec/packet-reader.ts'
import { faults, type PacketProblem } from '../../../broker/mqtt/codec/problem.ts'
import type { Packet } from '../../../broker/mqtt/packet.ts'
import { connectPacket } from '../../helpers/mqtt-bytes.ts'
import { faultCases, rightCases } from './faults.ts'

type Version = 4 | 5

const BOTH: Version[] = [4, 5]

/** What is read of a packet: of a CONNECT as the first one, of another after a CONNECT. */
function read(
  bytes: Buffer,
  version: Version,
  size: number,
): { packets: Packet[]; problem?: PacketProblem } {
  const reader = packetReader({ limit: 1000 })
  if ((bytes[0] ?? 0) >> 4 !== 1) reader.push(connectPacket({ protocolVersion: version }))
  let last: { packets: Packet[]; problem?: PacketProblem } = { packets: [] }
  for (let at = 0; at < bytes.length; at += size) last = reader.push(bytes.subarray(at, at + size))
  return last
}

for (const version of BOTH) {
  t.test(`faults of MQTT ${version === 4 ? '3.1.1' : '5'}`, async t => {
    const cases = faultCases.filter(one => (one.version ?? version) === version)
    for (const { name, bytes, fault, reasonCode, statements } of cases) {
      // Before its level is read, a CONNECT is held against 3.1.1.
      const [mqtt311, mqtt5] = statements
      const early = bytes[0] === 0x11
      const statement = version === 5 && !early ? mqtt5 : mqtt311
      for (const size of [1, bytes.length]) {
        const { packets, problem } = read(bytes, version, size)
        t.equal(packets.length, 0, name)
        t.match(problem, { kind: 'malformed', fault, reasonCode }, name)
        if (problem?.kind !== 'malformed') continue
        t.equal(problem.statement, statement, `${name}: its statement`)
        t.match(problem.says, /^[a-z][^\n{}]*[^.]$/, problem.says)
        t.notMatch(problem.says, /undefined|NaN/, problem.says)
      }
    }
  })

  t.test(`right packets of MQTT ${version === 4 ? '3.1.1' : '5'}`, async t => {
    for (const { name, bytes, cmd } of rightCases.filter(
      one => (one.version ?? version) === version,
    )) {
      for (const size of [1, bytes.length]) {
        const { packets, problem } = read(bytes, version, size)
        t.equal(problem, undefined, name)
        t.match(packets, [{ cmd }], name)
      }
    }
  })
}

t.test('each fault has a case', async t => {
  const shown = new Set<string>(faultCases.map(({ fault }) => fault))
  t.same(
    Object.keys(faults).filter(fault => !shown.has(fault)),
    [],
  )
})
