/** The life of a thing type: each operation and each exception that it declares. */

import t from 'tap'
import { testRegistry } from '../../helpers/desk.ts'
import { PKI_NOW } from '../../helpers/pki.ts'
import { type Step, steps } from '../../helpers/steps.ts'

const thingTypeName = 'lamp'
const thingTypeProperties = { thingTypeDescription: 'A lamp', searchableAttributes: ['a', 'b'] }
const mqtt5Configuration = {
  propagatingAttributes: [{ userPropertyKey: 'k', thingAttribute: 'a' }],
}
const MINUTE = 60_000
const now = PKI_NOW / 1000

const lives: { [name: string]: Step[] } = {
  'from its creation to its end': [
    ['describeThingType', { thingTypeName }, 'ResourceNotFoundException'],
    [
      'createThingType',
      { thingTypeName, thingTypeProperties },
      {
        thingTypeName,
        thingTypeArn: 'arn:aws:iot:eu-central-1:123456789012:thingtype/lamp',
        thingTypeId: /^[0-9a-f-]{36}$/,
      },
    ],
    [
      'describeThingType',
      { thingTypeName },
      {
        thingTypeName,
        thingTypeProperties,
        thingTypeMetadata: { deprecated: false, creationDate: now },
      },
    ],
    [
      'deleteThingType',
      { thingTypeName },
      ['InvalidRequestException', 'Cannot delete thing type : lamp. It is not deprecated'],
    ],
    ['wait', MINUTE],
    ['deprecateThingType', { thingTypeName }],
    [
      'describeThingType',
      { thingTypeName },
      { thingTypeMetadata: { deprecated: true, deprecationDate: now + 60, creationDate: now } },
    ],
    ['wait', 4 * MINUTE],
    ['deprecateThingType', { thingTypeName }],
    ['describeThingType', { thingTypeName }, { thingTypeMetadata: { deprecationDate: now + 60 } }],
    ['wait', MINUTE - 1],
    [
      'deleteThingType',
      { thingTypeName },
      [
        'InvalidRequestException',
        'Cannot delete thing type : lamp. Please wait for 5 minutes after deprecation and then retry',
      ],
    ],
    ['wait', 1],
    ['deleteThingType', { thingTypeName }],
    ['deleteThingType', { thingTypeName }, 'ResourceNotFoundException'],
    ['deprecateThingType', { thingTypeName }, 'ResourceNotFoundException'],
    ['updateThingType', { thingTypeName }, 'ResourceNotFoundException'],
    ['listThingTypes', {}, { thingTypes: [] }],
  ],
  'deprecated and taken back': [
    ['createThingType', { thingTypeName }],
    ['deprecateThingType', { thingTypeName, undoDeprecate: true }],
    ['deprecateThingType', { thingTypeName }],
    ['deprecateThingType', { thingTypeName, undoDeprecate: true }],
    ['describeThingType', { thingTypeName }, { thingTypeMetadata: { deprecated: false } }],
    ['createThing', { thingName: 'lamp-1', thingTypeName }],
  ],
  'while things have it': [
    ['createThingType', { thingTypeName }],
    ['createThing', { thingName: 'lamp-1', thingTypeName }],
    ['deprecateThingType', { thingTypeName }],
    ['wait', 5 * MINUTE],
    ['deleteThingType', { thingTypeName }, ['InvalidRequestException', /still things/]],
    ['updateThing', { thingName: 'lamp-1', removeThingType: true }],
    ['deleteThingType', { thingTypeName }],
  ],
  'created twice': [
    ['createThingType', { thingTypeName, thingTypeProperties }],
    [
      'createThingType',
      {
        thingTypeName,
        thingTypeProperties: { ...thingTypeProperties, searchableAttributes: ['b', 'a'] },
      },
    ],
    ['createThingType', { thingTypeName }, 'ResourceAlreadyExistsException'],
    [
      'createThingType',
      { thingTypeName, thingTypeProperties: { ...thingTypeProperties, mqtt5Configuration } },
      'ResourceAlreadyExistsException',
    ],
  ],
  'and what can be said of it': [
    [
      'createThingType',
      { thingTypeName, thingTypeProperties: { searchableAttributes: ['a', 'b', 'c', 'd'] } },
      ['InvalidRequestException', 'Only three searchable attributes are allowed for a thing type.'],
    ],
    [
      'createThingType',
      { thingTypeName, thingTypeProperties: { thingTypeDescription: 'two\nlines' } },
      'InvalidRequestException',
    ],
    ['createThingType', { thingTypeName }],
    [
      'updateThingType',
      { thingTypeName, thingTypeProperties },
      ['InvalidRequestException', 'Can only update mqtt5Configuration.'],
    ],
    ['updateThingType', { thingTypeName }, 'InvalidRequestException'],
    ['updateThingType', { thingTypeName, thingTypeProperties: { mqtt5Configuration } }],
    ['describeThingType', { thingTypeName }, { thingTypeProperties: { mqtt5Configuration } }],
  ],
  'listed by the beginning of its name': [
    ['createThingType', { thingTypeName: 'lamp' }],
    ['createThingType', { thingTypeName: 'lamp-big' }],
    ['createThingType', { thingTypeName: 'pump' }],
    [
      'listThingTypes',
      { thingTypeName: 'lamp' },
      { thingTypes: [{ thingTypeName: 'lamp' }, { thingTypeName: 'lamp-big' }] },
    ],
    ['listThingTypes', { maxResults: 2 }, { thingTypes: [{}, {}], nextToken: /./ }],
    ['listThingTypes', { nextToken: 'nonsense' }, 'InvalidRequestException'],
  ],
}

for (const [name, list] of Object.entries(lives))
  t.test(`a thing type, ${name}`, async t => steps(t, await testRegistry(), list))
