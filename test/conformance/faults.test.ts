/** What the codec says of a packet names a statement: it must be one of the standard's, and of the right version. */

import t from 'tap'
import { faults } from '../../broker/mqtt/codec/problem.ts'
import { statements as older } from './mqtt-3.1.1.ts'
import { statements as five } from './mqtt-5.ts'

type Named = { says?: string; mqtt311?: string; mqtt5?: string }

for (const [name, fault] of Object.entries(faults)) {
  const { of = {}, ...general }: Named & { of?: { [packet: string]: Named } } = fault
  for (const { mqtt311, mqtt5 } of [general, ...Object.values(of)]) {
    if (mqtt311 !== undefined) t.ok(mqtt311 in older, `${name}: ${mqtt311} of 3.1.1`)
    if (mqtt5 !== undefined) t.ok(mqtt5 in five, `${name}: ${mqtt5} of 5`)
  }
}
