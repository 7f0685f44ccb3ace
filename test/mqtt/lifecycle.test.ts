import t from 'tap'
import { lifecycleEvent } from '../../broker/mqtt/lifecycle.ts'

const client = {
  clientId: '186b5',
  sessionIdentifier: '00000000-0000-0000-0000-000000000000',
  certificateId: '12345678901234567890123456789012',
}
const thingName = 'exampleThing'
const timestamp = 1573002230757

/** As AWS prints them: the order of the keys too. */
const cases: [facts: Parameters<typeof lifecycleEvent>[1], topic: string, payload: string][] = [
  [
    { eventType: 'connected', ipAddress: '192.0.2.0', versionNumber: 0 },
    '$aws/events/presence/connected/186b5',
    '"eventType":"connected","sessionIdentifier":"00000000-0000-0000-0000-000000000000","principalIdentifier":"12345678901234567890123456789012","ipAddress":"192.0.2.0","versionNumber":0}',
  ],
  [
    {
      eventType: 'disconnected',
      disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
      versionNumber: 7,
    },
    '$aws/events/presence/disconnected/186b5',
    '"eventType":"disconnected","sessionIdentifier":"00000000-0000-0000-0000-000000000000","principalIdentifier":"12345678901234567890123456789012","clientInitiatedDisconnect":true,"disconnectReason":"CLIENT_INITIATED_DISCONNECT","versionNumber":7}',
  ],
  [
    { eventType: 'disconnected', disconnectReason: 'CONNECTION_LOST', versionNumber: 7 },
    '$aws/events/presence/disconnected/186b5',
    '"eventType":"disconnected","sessionIdentifier":"00000000-0000-0000-0000-000000000000","principalIdentifier":"12345678901234567890123456789012","clientInitiatedDisconnect":false,"disconnectReason":"CONNECTION_LOST","versionNumber":7}',
  ],
  [
    { eventType: 'connect_failed', ipAddress: '2001:db8::1' },
    '$aws/events/presence/connect_failed/186b5',
    '"eventType":"connect_failed","connectFailureReason":"AUTHORIZATION_FAILED","principalIdentifier":"12345678901234567890123456789012","sessionIdentifier":"00000000-0000-0000-0000-000000000000","ipAddress":"2001:db8::1"}',
  ],
  [
    { eventType: 'subscribed', topics: ['foo/bar', 'dog/#'] },
    '$aws/events/subscriptions/subscribed/186b5',
    '"eventType":"subscribed","sessionIdentifier":"00000000-0000-0000-0000-000000000000","principalIdentifier":"12345678901234567890123456789012","topics":["foo/bar","dog/#"]}',
  ],
  [
    { eventType: 'unsubscribed', topics: ['foo/bar'] },
    '$aws/events/subscriptions/unsubscribed/186b5',
    '"eventType":"unsubscribed","sessionIdentifier":"00000000-0000-0000-0000-000000000000","principalIdentifier":"12345678901234567890123456789012","topics":["foo/bar"]}',
  ],
]

for (const [facts, topic, rest] of cases) {
  t.test(`${facts.eventType}, with a thing and without`, async t => {
    const bare = lifecycleEvent(client, facts, timestamp)
    t.equal(bare?.topic, topic)
    t.equal(bare?.payload.toString(), `{"clientId":"186b5","timestamp":1573002230757,${rest}`)
    t.equal(
      lifecycleEvent({ ...client, thingName }, facts, timestamp)?.payload.toString(),
      `{"clientId":"186b5","thingName":"exampleThing","timestamp":1573002230757,${rest}`,
    )
  })
}

t.test('a client id with a wildcard has no events', async t => {
  for (const clientId of ['a+', '#', 'x/#/y']) {
    for (const [facts] of cases) {
      t.equal(lifecycleEvent({ ...client, clientId }, facts, timestamp), undefined, clientId)
    }
  }
})
