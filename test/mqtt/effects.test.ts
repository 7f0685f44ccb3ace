/** What refusals do: on both versions, as the catalogue says of AWS. */

import t from 'tap'
import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { type Effect, effectOf, effects } from '../../broker/mqtt/effects.ts'

t.test('every code of the rooms that speak MQTT has its effect', async t => {
  const rooms = ['connect', 'permission', 'session', 'traffic', 'close']
  const codes = Object.entries(catalogue).filter(([, { room }]) => rooms.includes(room))
  t.same(Object.keys(effects).sort(), codes.map(([code]) => code).sort())
})

t.test('MQTT 3.1.1 has no reason codes, but CONNACK 1 and 2, and SUBACK 0x80', async t => {
  for (const [code, { on3 }] of Object.entries(effects)) {
    if ('reasonCode' in on3)
      t.match(`${on3.does} ${on3.reasonCode}`, /^(connack [12]|ack 128)$/, code)
  }
})

t.test('on MQTT 5 what we send is what the catalogue says of AWS', async t => {
  for (const [code, row] of Object.entries(effects)) {
    const { reasonCode } = catalogue[code as Code].aws
    // Where we refuse what AWS does not, AWS has nothing to show.
    if (OURS.includes(code)) continue
    t.equal(reasonCodeOf(row.on5), reasonCode, code)
  }
})

/** AWS serves them, or it isn't known that it refuses them at all. */
const OURS = [
  'CONNECT_PROTOCOL_UNSUPPORTED',
  'CONNECT_CLIENT_ID_EMPTY',
  'TRAFFIC_NOT_KEPT',
  'CLOSE_INTERNAL_ERROR',
]

t.test('a refusal before the session is a CONNACK, later a DISCONNECT', async t => {
  for (const [code, { on5, on5AtQos0, on5Subscribe }] of Object.entries(effects)) {
    const before = /^(CONNECT|PERMISSION)_/.test(code)
    for (const effect of [on5, on5AtQos0, on5Subscribe]) {
      if (effect && 'reasonCode' in effect) t.equal(effect.does === 'connack', before, code)
    }
  }
})

t.test('by version, QoS and packet', async t => {
  const table: [
    code: string,
    version: number,
    want: object,
    qos?: number | undefined,
    packet?: 'SUBSCRIBE',
  ][] = [
    ['TRAFFIC_PUBLISH_DENIED', 4, { does: 'close' }, 1],
    ['TRAFFIC_PUBLISH_DENIED', 5, { does: 'ack', reasonCode: 0x87 }, 1],
    ['TRAFFIC_PUBLISH_DENIED', 5, { does: 'disconnect', reasonCode: 0x87 }, 0],
    ['TRAFFIC_TOPIC_INVALID', 5, { does: 'ack', reasonCode: 0x8f }, undefined, 'SUBSCRIBE'],
    ['TRAFFIC_RATE_EXCEEDED', 5, { does: 'silence' }, 0],
    ['TRAFFIC_QOS2', 4, { does: 'silence' }, 2],
    ['REGISTRATION_REVOKED', 5, { does: 'close' }],
    ['toString', 5, { does: 'close' }],
  ]
  for (const [code, version, want, qos, packet] of table) {
    const refused = { code, evidence: {} }
    const of = packet ? { packet } : { qos }
    t.same(effectOf(refused, version, of), want, `${code} ${version} ${qos ?? '-'}`)
  }
})

function reasonCodeOf(effect: Effect): number | undefined {
  return 'reasonCode' in effect ? effect.reasonCode : undefined
}
