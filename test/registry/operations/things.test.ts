/** The life of a thing: each operation and each exception that it declares. */

import t from 'tap'
import { gives, testRegistry } from '../../helpers/desk.ts'
import { type Step, steps } from '../../helpers/steps.ts'

const ARN = 'arn:aws:iot:eu-central-1:123456789012:thing/lamp-1'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const thingName = 'lamp-1'
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, `${i}`]))

const lives: { [name: string]: Step[] } = {
  'from its creation to its end': [
    [
      'describeThing',
      { thingName },
      ['ResourceNotFoundException', 'Thing lamp-1 cannot be found.'],
    ],
    [
      'createThing',
      { thingName, attributePayload: { attributes: { site: 'a', floor: '1', old: '' } } },
      { thingName, thingArn: ARN, thingId: UUID },
    ],
    [
      'describeThing',
      { thingName },
      {
        defaultClientId: thingName,
        thingName,
        thingArn: ARN,
        thingId: UUID,
        attributes: { site: 'a', floor: '1' },
        version: 1,
      },
    ],
    ['updateThing', { thingName, attributePayload: { attributes: { site: 'b' }, merge: true } }],
    ['describeThing', { thingName }, { attributes: { site: 'b', floor: '1' }, version: 2 }],
    [
      'updateThing',
      { thingName, expectedVersion: 1 },
      [
        'VersionConflictException',
        'The version for thing lamp-1 does not match the expected version.',
      ],
    ],
    ['updateThing', { thingName, expectedVersion: 2, attributePayload: {} }],
    ['describeThing', { thingName }, { attributes: { site: 'b', floor: '1' }, version: 3 }],
    ['updateThing', { thingName, attributePayload: { attributes: { site: '' }, merge: true } }],
    ['describeThing', { thingName }, { attributes: { floor: '1' } }],
    ['updateThing', { thingName, attributePayload: { attributes: { colour: 'red' } } }],
    ['listThings', {}, { things: [{ thingName, thingArn: ARN, attributes: { colour: 'red' } }] }],
    ['deleteThing', { thingName, expectedVersion: 4 }, 'VersionConflictException'],
    ['deleteThing', { thingName, expectedVersion: 5 }],
    ['describeThing', { thingName }, 'ResourceNotFoundException'],
    ['deleteThing', { thingName }],
    ['updateThing', { thingName }, 'ResourceNotFoundException'],
  ],
  'created twice': [
    ['createThing', { thingName, attributePayload: { attributes: { a: '1', b: '2' } } }],
    ['createThing', { thingName, attributePayload: { attributes: { b: '2', a: '1' } } }],
    [
      'createThing',
      { thingName },
      [
        'ResourceAlreadyExistsException',
        'Thing lamp-1 already exists in account with different attributes',
      ],
    ],
    ['describeThing', { thingName }, { version: 1 }],
  ],
  'with a thing type': [
    ['createThing', { thingName, thingTypeName: 'lamp' }, 'ResourceNotFoundException'],
    ['createThingType', { thingTypeName: 'lamp' }],
    ['createThingType', { thingTypeName: 'pump' }],
    ['createThing', { thingName, thingTypeName: 'lamp' }],
    ['updateThing', { thingName, thingTypeName: 'boat' }, 'ResourceNotFoundException'],
    [
      'updateThing',
      { thingName, thingTypeName: 'pump', removeThingType: true },
      'InvalidRequestException',
    ],
    ['updateThing', { thingName, thingTypeName: 'pump' }],
    ['describeThing', { thingName }, { thingTypeName: 'pump', version: 2 }],
    ['deprecateThingType', { thingTypeName: 'pump' }],
    ['updateThing', { thingName, thingTypeName: 'pump' }],
    [
      'createThing',
      { thingName: 'pump-2', thingTypeName: 'pump' },
      ['InvalidRequestException', 'Can not create new thing with depreated thing type:pump'],
    ],
    ['deprecateThingType', { thingTypeName: 'lamp' }],
    [
      'updateThing',
      { thingName, thingTypeName: 'lamp' },
      ['InvalidRequestException', 'Can not update a thing to use deprecated thing type: lamp'],
    ],
    ['listThings', { thingTypeName: 'pump' }, { things: [{ thingName, thingTypeName: 'pump' }] }],
    ['updateThing', { thingName, removeThingType: true }],
    ['listThings', { thingTypeName: 'pump' }, { things: [] }],
  ],
  'and how many attributes it may have': [
    ['createThingType', { thingTypeName: 'lamp' }],
    ['createThing', { thingName, attributePayload: { attributes: attributes(3) } }],
    [
      'createThing',
      { thingName: 'lamp-2', attributePayload: { attributes: attributes(4) } },
      ['InvalidRequestException', /more than 3 attributes/],
    ],
    [
      'updateThing',
      { thingName, attributePayload: { attributes: { more: '1' }, merge: true } },
      'InvalidRequestException',
    ],
    [
      'updateThing',
      { thingName, thingTypeName: 'lamp', attributePayload: { attributes: attributes(50) } },
    ],
    ['updateThing', { thingName, removeThingType: true }, 'InvalidRequestException'],
    [
      'updateThing',
      { thingName, attributePayload: { attributes: { more: '1' }, merge: true } },
      ['InvalidRequestException', /more than 50 attributes/],
    ],
  ],
  'found by attributes': [
    [
      'createThingType',
      { thingTypeName: 'lamp', thingTypeProperties: { searchableAttributes: ['site'] } },
    ],
    [
      'createThing',
      { thingName, attributePayload: { attributes: { site: 'berlin', floor: '1' } } },
    ],
    [
      'createThing',
      {
        thingName: 'lamp-2',
        thingTypeName: 'lamp',
        attributePayload: { attributes: { site: 'bern', floor: '1' } },
      },
    ],
    [
      'listThings',
      { attributeName: 'site', attributeValue: 'bern' },
      { things: [{ thingName: 'lamp-2' }] },
    ],
    [
      'listThings',
      { attributeName: 'site', attributeValue: 'ber', usePrefixAttributeValue: true },
      { things: [{ thingName }, { thingName: 'lamp-2' }] },
    ],
    ['listThings', { attributeName: 'floor', attributeValue: '1' }, { things: [{ thingName }] }],
    ['listThings', { attributeName: 'site' }, 'InvalidRequestException'],
    [
      'listThings',
      { attributeName: 'site', attributeValue: 'bern', thingTypeName: 'lamp' },
      [
        'InvalidRequestException',
        'Listing things by the combination of attribute and thing type is not supported',
      ],
    ],
    ['listThings', { attributeName: 'constructor', attributeValue: '' }, { things: [] }],
  ],
  'and what its name and attributes may be': [
    ['createThing', {}, ['InvalidRequestException', /'thingName'.*Member must not be null/]],
    ['createThing', { thingName: 'a/b' }, 'InvalidRequestException'],
    ['createThing', { thingName: 'a'.repeat(129) }, 'InvalidRequestException'],
    [
      'createThing',
      { thingName, attributePayload: { attributes: { 'a b': '1' } } },
      'InvalidRequestException',
    ],
    [
      'createThing',
      { thingName, attributePayload: { attributes: { a: 'x y' } } },
      'InvalidRequestException',
    ],
    [
      'createThing',
      { thingName: 'a'.repeat(128), attributePayload: { attributes: { __proto__: '1' } } },
    ],
  ],
  'in a billing group': [
    ['createThing', { thingName, billingGroupName: 'house' }, 'ResourceNotFoundException'],
    ['createBillingGroup', { billingGroupName: 'house' }],
    ['createThing', { thingName, billingGroupName: 'house' }],
    ['describeThing', { thingName }, { billingGroupName: 'house' }],
    ['listThingsInBillingGroup', { billingGroupName: 'house' }, { things: [thingName] }],
    ['deleteThing', { thingName }],
    ['listThingsInBillingGroup', { billingGroupName: 'house' }, { things: [] }],
  ],
  'and the groups that it leaves at its end': [
    ['createThing', { thingName }],
    ['createThingGroup', { thingGroupName: 'all' }],
    ['addThingToThingGroup', { thingName, thingGroupName: 'all' }],
    ['deleteThing', { thingName }],
    ['listThingsInThingGroup', { thingGroupName: 'all' }, { things: [] }],
    ['createThing', { thingName }],
    ['listThingGroupsForThing', { thingName }, { thingGroups: [] }],
  ],
}

for (const [name, list] of Object.entries(lives))
  t.test(`a thing, ${name}`, async t => steps(t, await testRegistry(), list))

t.test('pages of things, while things come and go', async t => {
  const { aws } = await testRegistry()
  for (let i = 0; i < 60; i++) gives(aws.createThing({ thingName: `t-${10 + i}` }))
  const seen: string[] = []
  let nextToken: string | undefined
  do {
    const page = gives(
      aws.listThings({ maxResults: 7, ...(nextToken === undefined ? {} : { nextToken }) }),
    )
    t.ok(page.things.length <= 7)
    seen.push(...page.things.map(one => one.thingName))
    nextToken = page.nextToken
    // The last one that was given goes, and one comes that stands before it: neither moves the rest.
    gives(aws.deleteThing({ thingName: seen.at(-1) ?? '' }))
    gives(aws.createThing({ thingName: `a-${seen.length}` }))
  } while (nextToken !== undefined)
  t.same(
    seen,
    Array.from({ length: 60 }, (_, i) => `t-${10 + i}`),
  )
  t.equal(gives(aws.listThings({})).things.length, 25, 'without a size')
})
