/** What clients may do on AWS's reserved topics: https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html */

import fc from 'fast-check'
import t from 'tap'
import { mayPublishTo, maySubscribeTo } from '../../broker/mqtt/reserved.ts'

const shadow = '$aws/things/a/shadow'
const named = `${shadow}/name/b`
const jobs = '$aws/things/a/jobs'

/** `P`: clients may publish there, `S`: subscribe to it. */
const table: [operations: string, ...topics: string[]][] = [
  ['PS', `${shadow}/get`, `${shadow}/update`, `${shadow}/delete`, `${named}/update`],
  ['S', `${shadow}/update/accepted`, `${shadow}/update/delta`, `${named}/update/documents`],
  ['S', `${shadow}/get/rejected`, `${named}/delete/accepted`],
  ['P', `${jobs}/get`, `${jobs}/start-next`, `${jobs}/$next/get`, `${jobs}/j1/update`],
  ['P', `${jobs}/$next/namespace-aws-gg-deployment/get`],
  ['S', `${jobs}/notify`, `${jobs}/notify-next`, `${jobs}/j1/update/rejected`],
  ['P', '$aws/certificates/create/json', '$aws/provisioning-templates/t/provision/cbor'],
  ['S', '$aws/certificates/create-from-csr/json/accepted'],
  ['P', '$aws/rules/r/x/y', '$aws/rules/r'],
  ['P', '$aws/things/a/defender/metrics/json', '$aws/things/a/streams/s/get/cbor'],
  ['S', '$aws/things/a/defender/metrics/json/rejected', '$aws/things/a/streams/s/data/json'],
  ['S', '$aws/things/a/tunnels/notify', '$aws/sitewise/asset-models/m/assets/a/properties/p'],
  ['P', '$aws/device_location/a/get_position_estimate'],
  ['S', '$aws/device_location/a/get_position_estimate/accepted'],
  [
    'S',
    '$aws/commands/things/a/executions/e/request',
    '$aws/commands/clients/a/executions/+/request/json',
  ],
  ['P', '$aws/commands/things/a/executions/e/response/json'],
  ['S', '$aws/commands/things/a/executions/e/response/accepted/json'],
  ['S', '$aws/events/presence/connected/a', '$aws/events/#', '$aws/events/job/j/completed'],
  ['P', '$aws/things/a/greengrassv2/health/json'],
  ['PS', '$aws/iotfleetwise/vehicles/v/checkins'],
  ['', '$SYS/x', '$own', '$aws', '$aws/things', '$aws/things/a/shadow', '$aws/things/a/unknown'],
  ['', `${shadow}/update/unknown`, '$aws/rules', '$aws/certificates/create'],
]

t.test('by the table of reserved topics', async t => {
  for (const [operations, ...topics] of table) {
    for (const topic of topics) {
      const may = [...(/[+#]/.test(topic) || !mayPublishTo(topic) ? [] : ['P'])]
      if (maySubscribeTo(topic)) may.push('S')
      t.equal(may.join(''), operations, topic)
    }
  }
})

t.test('a filter with wildcards takes at least one topic that is for subscribers', async t => {
  const filters: [string, boolean][] = [
    ['$aws/#', true],
    ['$aws/things/#', true],
    ['$aws/things/+/shadow/#', true],
    ['$aws/things/a/shadow/+/accepted', true],
    ['$aws/things/a/+/notify', true],
    ['$aws/+/presence/+/+', true],
    ['$aws/rules/#', false],
    ['$aws/rules/+/x', false],
    ['$aws/things/+', false],
    ['$SYS/#', false],
  ]
  for (const [filter, may] of filters) t.equal(maySubscribeTo(filter), may, filter)
})

t.test('whatever comes is answered', async t => {
  const level = fc.constantFrom(
    '$aws',
    'things',
    'shadow',
    'jobs',
    'get',
    'rules',
    '+',
    '#',
    '',
    'x',
  )
  const property = fc.property(fc.array(level, { maxLength: 10 }), levels => {
    const name = levels.join('/')
    return typeof mayPublishTo(name) === 'boolean' && typeof maySubscribeTo(name) === 'boolean'
  })
  const result = fc.check(property, { numRuns: 500 })
  t.notOk(result.failed, fc.defaultReportMessage(result) ?? 'holds for each name')
})
