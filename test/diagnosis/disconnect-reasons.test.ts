/** Each end of a connection that had its CONNACK has AWS's reason for it. */

import t from 'tap'
import { catalogue } from '../../broker/diagnosis/catalogue.ts'
import { disconnectReasonOf, disconnectReasons } from '../../broker/diagnosis/disconnect-reasons.ts'
import type { AwsView } from '../../broker/diagnosis/entry.ts'
import { type EffectCode, effects } from '../../broker/mqtt/effects.ts'

/** What a certificate that is connected can become. */
const CERTIFICATE = /^REGISTRATION_(INACTIVE|REVOKED|PENDING_\w+|DELETED)$/

for (const [code, entry] of Object.entries(catalogue)) {
  const { disconnectReason }: AwsView = entry.aws
  const ends = /^(TRAFFIC|CLOSE)_/.test(code) ? canEnd(code as EffectCode) : CERTIFICATE.test(code)
  t.equal(disconnectReason !== undefined, ends, code)
}

/** On one of the versions; the others are only told. */
function canEnd(code: EffectCode): boolean {
  return Object.values(effects[code]).some(({ does }) => does === 'close' || does === 'disconnect')
}

t.test('the will by AWS’s table: kept back after DISCONNECT only', t => {
  const without = Object.entries(disconnectReasons).filter(([, { will }]) => !will)
  t.strictSame(without, [['CLIENT_INITIATED_DISCONNECT', { will: false }]])
  t.equal(Object.keys(disconnectReasons).length, 13)
  t.end()
})

t.test('no end without a reason', t => {
  const { aws } = catalogue.CONNECT_TIMEOUT
  t.equal(disconnectReasonOf({ aws, blame: 'device' }), 'CLIENT_ERROR')
  t.equal(disconnectReasonOf({ aws, blame: 'broker' }), 'SERVER_ERROR')
  t.end()
})
