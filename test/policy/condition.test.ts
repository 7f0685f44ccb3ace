import t from 'tap'
import { decide } from '../../broker/policy/policy.ts'
import type { Context } from '../../broker/policy/variables.ts'
import { policy, request } from './sample.ts'

const will = 'iot:ConnectAttributes'
const cn = 'iot:Certificate.Subject.CommonName'
const ou = 'iot:Certificate.Subject.OrganizationalUnit'
const arn = 'arn:aws:iot:us-east-1:123456789012:topic/will/'

const cases: [
  operator: string,
  key: string,
  values: string | boolean | string[],
  context: Context,
  want: boolean,
][] = [
  ['StringEquals', 'iot:ClientId', 'a', { 'iot:ClientId': 'a' }, true],
  ['StringEquals', 'iot:ClientId', 'a', { 'iot:ClientId': 'A' }, false],
  ['StringEquals', 'iot:ClientId', ['b', 'a'], { 'iot:ClientId': 'a' }, true],
  ['StringEquals', 'iot:ClientId', 'a*', { 'iot:ClientId': 'ab' }, false],
  ['StringEquals', 'iot:ClientId', 'a*', { 'iot:ClientId': 'a*' }, true],
  ['StringEquals', 'IOT:clientid', 'a', { 'iot:ClientId': 'a' }, true],
  ['StringEquals', 'iot:ClientId', 'a', {}, false],
  ['StringEquals', 'iot:ClientId', `\${${cn}}`, { 'iot:ClientId': 'a', [cn]: 'a' }, true],
  ['StringEquals', 'iot:ClientId', `\${${cn}}`, { 'iot:ClientId': 'a' }, false],
  ['StringEqualsIfExists', 'iot:ClientId', 'a', {}, true],
  ['StringEqualsIfExists', 'iot:ClientId', 'a', { 'iot:ClientId': 'b' }, false],
  ['StringNotEquals', 'iot:ClientId', ['a', 'b'], { 'iot:ClientId': 'b' }, false],
  ['StringNotEquals', 'iot:ClientId', ['a', 'b'], { 'iot:ClientId': 'c' }, true],
  ['StringNotEquals', 'iot:ClientId', 'a', {}, true],
  ['StringNotEquals', will, 'a', { [will]: ['a', 'b'] }, false],
  ['StringEquals', will, 'a', { [will]: ['a', 'b'] }, true],
  ['StringNotEquals', 'iot:ClientId', `\${${cn}}`, { 'iot:ClientId': 'a' }, false],
  ['StringEqualsIgnoreCase', 'iot:ClientId', 'aB', { 'iot:ClientId': 'Ab' }, true],
  ['StringEqualsIgnoreCase', 'iot:ClientId', 'a', { 'iot:ClientId': 'b' }, false],
  ['StringNotEqualsIgnoreCase', 'iot:ClientId', 'aB', { 'iot:ClientId': 'Ab' }, false],
  ['StringLike', 'iot:ClientId', 'a*c', { 'iot:ClientId': 'abc' }, true],
  ['StringLike', 'iot:ClientId', 'a?', { 'iot:ClientId': 'abc' }, false],
  ['StringNotLike', 'iot:ClientId', 'a*', { 'iot:ClientId': 'abc' }, false],
  ['StringNotLike', 'iot:ClientId', 'a*', { 'iot:ClientId': 'b' }, true],
  ['ArnEquals', 'iot:LastWillTopic', `${arn}a`, { 'iot:LastWillTopic': `${arn}a` }, true],
  ['ArnEquals', 'iot:LastWillTopic', `${arn}*`, { 'iot:LastWillTopic': `${arn}a` }, true],
  ['ArnEquals', 'iot:LastWillTopic', `${arn}b`, { 'iot:LastWillTopic': `${arn}a` }, false],
  ['ArnEquals', 'iot:LastWillTopic', 'arn:*', { 'iot:LastWillTopic': `${arn}a` }, false],
  [
    'ArnLike',
    'iot:LastWillTopic',
    'arn:*:iot:*:*:topic/*',
    { 'iot:LastWillTopic': `${arn}a:b` },
    true,
  ],
  [
    'ArnLike',
    'iot:LastWillTopic',
    `${arn}\${iot:ClientId}`,
    { 'iot:LastWillTopic': `${arn}x`, 'iot:ClientId': 'x' },
    true,
  ],
  ['ArnNotEquals', 'iot:LastWillTopic', `${arn}a`, { 'iot:LastWillTopic': `${arn}a` }, false],
  [
    'Bool',
    'iot:Connection.Thing.IsAttached',
    true,
    { 'iot:Connection.Thing.IsAttached': 'true' },
    true,
  ],
  [
    'Bool',
    'iot:Connection.Thing.IsAttached',
    ['true'],
    { 'iot:Connection.Thing.IsAttached': 'false' },
    false,
  ],
  [
    'Bool',
    'iot:Connection.Thing.IsAttached',
    'TRUE',
    { 'iot:Connection.Thing.IsAttached': 'true' },
    true,
  ],
  ['Bool', 'iot:Connection.Thing.IsAttached', 'true', {}, false],
  ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '10.255.0.1' }, true],
  ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '11.0.0.1' }, false],
  ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '::ffff:10.0.0.1' }, true],
  ['IpAddress', 'aws:SourceIp', '10.0.0.1', { 'aws:SourceIp': '10.0.0.1' }, true],
  ['IpAddress', 'aws:SourceIp', '2001:db8::/32', { 'aws:SourceIp': '2001:db8:1::5' }, true],
  ['IpAddress', 'aws:SourceIp', '2001:db8::/32', { 'aws:SourceIp': '10.0.0.1' }, false],
  ['IpAddress', 'aws:SourceIp', '0.0.0.0/0', { 'aws:SourceIp': 'not an address' }, false],
  ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '10.0.0.1' }, false],
  ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '11.0.0.1' }, true],
  ['Null', 'iot:ClientId', 'true', {}, true],
  ['Null', 'iot:ClientId', 'true', { 'iot:ClientId': 'a' }, false],
  ['Null', 'iot:ClientId', 'false', { 'iot:ClientId': 'a' }, true],
  // AWS: the patterns of https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html
  ['ForAllValues:StringEquals', will, [], { [will]: [] }, true],
  ['ForAllValues:StringEquals', will, [], {}, true],
  ['ForAllValues:StringEquals', will, [], { [will]: ['LastWill'] }, false],
  ['ForAllValues:StringEquals', will, ['PersistentConnect'], { [will]: [] }, true],
  [
    'ForAllValues:StringEquals',
    will,
    ['PersistentConnect'],
    { [will]: ['PersistentConnect'] },
    true,
  ],
  [
    'ForAllValues:StringEquals',
    will,
    ['PersistentConnect'],
    { [will]: ['PersistentConnect', 'LastWill'] },
    false,
  ],
  ['ForAllValues:StringNotEquals', will, ['PersistentConnect'], { [will]: ['LastWill'] }, true],
  [
    'ForAllValues:StringNotEquals',
    will,
    ['PersistentConnect'],
    { [will]: ['LastWill', 'PersistentConnect'] },
    false,
  ],
  ['ForAnyValue:StringEquals', will, ['PersistentConnect'], { [will]: [] }, false],
  ['ForAnyValue:StringEquals', will, ['PersistentConnect'], { [will]: ['LastWill'] }, false],
  [
    'ForAnyValue:StringEquals',
    will,
    ['PersistentConnect'],
    { [will]: ['LastWill', 'PersistentConnect'] },
    true,
  ],
  ['ForAnyValue:StringNotEquals', will, ['a'], { [will]: ['a', 'b'] }, true],
  ['ForAnyValue:StringNotEquals', will, ['a'], { [will]: ['a'] }, false],
  ['ForAnyValue:StringNotEquals', will, ['a'], {}, false],
  ['StringEquals', ou, 'two', { [ou]: ['one', 'two'] }, false],
  ['StringEquals', `${ou}.1`, 'two', { [ou]: ['one', 'two'] }, true],
  ['ForAnyValue:StringEquals', `${ou}.List`, 'two', { [ou]: ['one', 'two'] }, true],
  ['ForAllValues:StringEquals', `${ou}.List`, 'two', { [ou]: ['one', 'two'] }, false],
  ['ForAnyValue:StringEquals', `${ou}.List`, '6', { [ou]: ['1', '2', '3', '4', '5', '6'] }, false],
  ['StringEquals', ou, 'a\\=b', { [ou]: 'a=b' }, true],
]

for (const [operator, key, values, context, want] of cases)
  t.test(`${operator} ${key} ${values} with ${JSON.stringify(context)}: ${want}`, async t => {
    const read = policy('p', {
      Action: 'iot:Connect',
      Resource: '*',
      Condition: { [operator]: { [key]: values } },
    })
    const { outcome } = decide([read], request('iot:Connect', 'client/x', context))
    t.equal(outcome, want ? 'ALLOWED' : 'IMPLICIT_DENY')
  })

t.test('keys and operators are joined by and', async t => {
  const read = policy('p', {
    Action: 'iot:Connect',
    Resource: '*',
    Condition: {
      StringEquals: { 'iot:ClientId': 'a', 'iot:DomainName': 'd' },
      Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
    },
  })
  const all = {
    'iot:ClientId': 'a',
    'iot:DomainName': 'd',
    'iot:Connection.Thing.IsAttached': 'true',
  }
  const ask = (context: Context) =>
    decide([read], request('iot:Connect', 'client/a', context)).outcome
  t.equal(ask(all), 'ALLOWED')
  for (const key of Object.keys(all)) t.equal(ask({ ...all, [key]: 'no' }), 'IMPLICIT_DENY', key)
})
