import t from 'tap'
import {
  type Context,
  knownVariables,
  parseVariable,
  resolve,
  whyUnresolved,
} from '../../broker/policy/variables.ts'

const cn = 'iot:Certificate.Subject.CommonName'
const aws = 'Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US'

const cases: [written: string, context: Context, want: string | undefined][] = [
  ['iot:ClientId', { 'iot:ClientId': 'a*?+#$,=b' }, 'a*?+#$,=b'],
  ['IOT:clientid', { 'iot:ClientId': 'a' }, 'a'],
  ['iot:ClientId', {}, undefined],
  ['iot:ClientId', { 'iot:ClientId': '' }, undefined],
  ['iot:Thing.ThingName', { 'iot:Connection.Thing.ThingName': 'x' }, 'x'],
  [
    'iot:Connection.Thing.Attributes[envType]',
    { 'iot:Connection.Thing.Attributes[envType]': 'test' },
    'test',
  ],
  [
    'iot:Connection.Thing.Attributes[envtype]',
    { 'iot:Connection.Thing.Attributes[envType]': 'test' },
    undefined,
  ],
  ['iot:Thing.Attributes[a]', { 'iot:Connection.Thing.Attributes[a]': 'test' }, 'test'],
  ['aws:SourceIp', { 'aws:SourceIp': '10.0.0.1' }, '10.0.0.1'],
  [cn, { [cn]: 'sensor-1' }, 'sensor-1'],
  [cn, { [cn]: ['first', 'second'] }, 'first'],
  [`${cn}.0`, { [cn]: ['first', 'second'] }, 'first'],
  [`${cn}.1`, { [cn]: ['first', 'second'] }, 'second'],
  [`${cn}.2`, { [cn]: ['first', 'second'] }, undefined],
  [`${cn}.1`, { [cn]: 'only' }, undefined],
  [`${cn}.5`, { [cn]: ['0', '1', '2', '3', '4', '5'] }, undefined],
  [`${cn}.4`, { [cn]: ['0', '1', '2', '3', '4', '5'] }, '4'],
  [`${cn}.List`, { [cn]: ['first', 'second'] }, undefined],
  [cn, { [cn]: 'a*b' }, undefined],
  [cn, { [cn]: 'a$b' }, undefined],
  [cn, { [cn]: 'a+b' }, undefined],
  [cn, { [cn]: 'a?b' }, undefined],
  [cn, { [cn]: 'a#b' }, undefined],
  [cn, { [cn]: 'a, "b" \\ <c>; d=e' }, 'a\\, \\"b\\" \\\\ \\<c\\>\\; d\\=e'],
  [cn, { [cn]: 'x'.repeat(1024) }, 'x'.repeat(1024)],
  [cn, { [cn]: 'x'.repeat(1025) }, undefined],
  [
    'iot:Certificate.Issuer.OrganizationalUnit',
    { 'iot:Certificate.Issuer.OrganizationalUnit': aws },
    aws.replaceAll('=', '\\='),
  ],
  ['toString', {}, undefined],
]

for (const [written, context, want] of cases)
  t.test(`${written} of ${JSON.stringify(context).slice(0, 80)}`, async t => {
    t.equal(resolve(parseVariable(written), context), want)
  })

const whys: [written: string, context: Context, reasons: Record<string, string>, why: string][] = [
  ['iot:ClientId', {}, {}, 'nothing in this request sets it'],
  ['iot:ClientID2', {}, {}, 'aws iot knows no such variable'],
  ['iot:Thing.ThingName', {}, { 'iot:Connection.Thing.ThingName': 'no thing' }, 'no thing'],
  [`${cn}.3`, { [cn]: 'a' }, {}, 'there are fewer values'],
  [`${cn}.List`, { [cn]: 'a' }, {}, '`.List` works only in a condition'],
  ['iot:ClientId', { 'iot:ClientId': '' }, {}, 'its value is empty'],
  [cn, { [cn]: 'x'.repeat(1025) }, {}, 'its value is longer than 1024 characters'],
  [
    cn,
    { [cn]: 'a+b' },
    {},
    'its value `a+b` holds one of `* $ + ? #`, and aws replaces no certificate variable by such a value',
  ],
  ['toString', {}, {}, 'aws iot knows no such variable'],
]

for (const [written, context, reasons, why] of whys)
  t.test(`why ${written} has no value: ${why.slice(0, 40)}`, async t => {
    t.equal(whyUnresolved(parseVariable(written), context, reasons), why)
  })

t.test('every known variable is known under its own name', async t => {
  for (const name of knownVariables()) t.match(parseVariable(name), { name, known: true }, name)
})
