/** The life of a thing group, and of what is in it: each operation and each exception that it declares. */

import t from 'tap'
import { testRegistry } from '../../helpers/desk.ts'
import { PKI_NOW } from '../../helpers/pki.ts'
import { type Step, steps } from '../../helpers/steps.ts'

const ARN = 'arn:aws:iot:eu-central-1:123456789012:'
const thingGroupName = 'lamps'
const thingName = 'lamp-1'
const summary = (groupName: string) => ({ groupName, groupArn: `${ARN}thinggroup/${groupName}` })
const create = (name: string, parentGroupName?: string): Step => [
  'createThingGroup',
  { thingGroupName: name, parentGroupName },
]
const add = (group: string, expected: Step[2] = {}): Step => [
  'addThingToThingGroup',
  { thingGroupName: group, thingName },
  expected,
]

const lives: { [name: string]: Step[] } = {
  'from its creation to its end': [
    ['describeThingGroup', { thingGroupName }, 'ResourceNotFoundException'],
    [
      'createThingGroup',
      {
        thingGroupName,
        thingGroupProperties: {
          thingGroupDescription: 'All lamps',
          attributePayload: { attributes: { owner: 'me' } },
        },
      },
      {
        thingGroupName,
        thingGroupArn: `${ARN}thinggroup/lamps`,
        thingGroupId: /^[0-9a-f-]{36}$/,
      },
    ],
    [
      'describeThingGroup',
      { thingGroupName },
      {
        thingGroupName,
        thingGroupArn: `${ARN}thinggroup/lamps`,
        version: 1,
        thingGroupProperties: {
          thingGroupDescription: 'All lamps',
          attributePayload: { attributes: { owner: 'me' } },
        },
        thingGroupMetadata: { creationDate: PKI_NOW / 1000 },
      },
    ],
    ['updateThingGroup', { thingGroupName }, 'InvalidRequestException'],
    [
      'updateThingGroup',
      { thingGroupName, thingGroupProperties: {}, expectedVersion: 2 },
      'VersionConflictException',
    ],
    [
      'updateThingGroup',
      {
        thingGroupName,
        thingGroupProperties: { attributePayload: { attributes: { site: 'a' }, merge: true } },
        expectedVersion: 1,
      },
      { version: 2 },
    ],
    [
      'updateThingGroup',
      { thingGroupName, thingGroupProperties: { thingGroupDescription: 'Lamps' } },
      { version: 3 },
    ],
    [
      'describeThingGroup',
      { thingGroupName },
      {
        version: 3,
        thingGroupProperties: {
          thingGroupDescription: 'Lamps',
          attributePayload: { attributes: { owner: 'me', site: 'a' } },
        },
      },
    ],
    ['deleteThingGroup', { thingGroupName, expectedVersion: 1 }, 'VersionConflictException'],
    ['deleteThingGroup', { thingGroupName, expectedVersion: 3 }],
    ['deleteThingGroup', { thingGroupName }],
    ['updateThingGroup', { thingGroupName, thingGroupProperties: {} }, 'ResourceNotFoundException'],
    ['listThingGroups', {}, { thingGroups: [] }],
  ],
  'created twice': [
    create('all'),
    create('lamps', 'all'),
    create('lamps', 'all'),
    [
      'createThingGroup',
      { thingGroupName },
      [
        'ResourceAlreadyExistsException',
        'Thing Group lamps already exists in current account with different properties',
      ],
    ],
    [
      'createThingGroup',
      {
        thingGroupName,
        parentGroupName: 'all',
        thingGroupProperties: { thingGroupDescription: 'x' },
      },
      'ResourceAlreadyExistsException',
    ],
  ],
  'in a hierarchy': [
    ['createThingGroup', { thingGroupName, parentGroupName: 'all' }, 'ResourceNotFoundException'],
    create('all'),
    create('site', 'all'),
    create('lamps', 'site'),
    create('alone'),
    [
      'describeThingGroup',
      { thingGroupName },
      {
        thingGroupMetadata: {
          parentGroupName: 'site',
          rootToParentThingGroups: [summary('all'), summary('site')],
        },
      },
    ],
    [
      'deleteThingGroup',
      { thingGroupName: 'site' },
      [
        'InvalidRequestException',
        'Cannot delete thing group : site when there are still child groups attached to it',
      ],
    ],
    ['listThingGroups', { parentGroup: 'all' }, { thingGroups: [summary('site')] }],
    [
      'listThingGroups',
      { parentGroup: 'all', recursive: true },
      { thingGroups: [summary('lamps'), summary('site')] },
    ],
    ['listThingGroups', { recursive: false }, { thingGroups: [summary('all'), summary('alone')] }],
    [
      'listThingGroups',
      { namePrefixFilter: 'al' },
      { thingGroups: [summary('all'), summary('alone')] },
    ],
    ['listThingGroups', { maxResults: 3 }, { thingGroups: [{}, {}, {}], nextToken: /./ }],
    ['listThingGroups', { parentGroup: 'none' }, 'ResourceNotFoundException'],
    ['deleteThingGroup', { thingGroupName: 'lamps' }],
    ['deleteThingGroup', { thingGroupName: 'site' }],
    ['deleteThingGroup', { thingGroupName: 'all' }],
  ],
  'seven deep and no more': [
    create('g1'),
    ...Array.from({ length: 6 }, (_, i) => create(`g${i + 2}`, `g${i + 1}`)),
    [
      'createThingGroup',
      { thingGroupName: 'g8', parentGroupName: 'g7' },
      ['InvalidRequestException', /deeper than 7/],
    ],
  ],
  'with a hundred groups directly below it and no more': [
    create('all'),
    ...Array.from({ length: 100 }, (_, i) => create(`g${i}`, 'all')),
    [
      'createThingGroup',
      { thingGroupName, parentGroupName: 'all' },
      ['InvalidRequestException', /100 direct child groups/],
    ],
  ],
  'with things in it': [
    ['createThing', { thingName }],
    ['createThing', { thingName: 'lamp-2' }],
    create('all'),
    create('lamps', 'all'),
    create('red'),
    add('none', 'ResourceNotFoundException'),
    ['addThingToThingGroup', { thingGroupName, thingName: 'x' }, 'ResourceNotFoundException'],
    [
      'addThingToThingGroup',
      { thingName },
      [
        'InvalidRequestException',
        'Both thingGroupArn and thingGroupName are empty. Need to specify at least one of them',
      ],
    ],
    ['addThingToThingGroup', { thingGroupName }, 'InvalidRequestException'],
    [
      'addThingToThingGroup',
      { thingGroupName, thingGroupArn: `${ARN}thinggroup/red`, thingName },
      [
        'InvalidRequestException',
        'thingGroupArn does not match specified thingGroupName in request',
      ],
    ],
    [
      'addThingToThingGroup',
      { thingGroupArn: 'arn:aws:iot:us-east-1:123456789012:thinggroup/lamps', thingName },
      'InvalidRequestException',
    ],
    add('lamps'),
    add('lamps'),
    [
      'addThingToThingGroup',
      { thingGroupArn: `${ARN}thinggroup/all`, thingArn: `${ARN}thing/lamp-2` },
    ],
    ['listThingsInThingGroup', { thingGroupName }, { things: [thingName] }],
    [
      'listThingsInThingGroup',
      { thingGroupName: 'all', recursive: true },
      { things: [thingName, 'lamp-2'] },
    ],
    ['listThingsInThingGroup', { thingGroupName: 'all' }, { things: ['lamp-2'] }],
    [
      'listThingsInThingGroup',
      { thingGroupName: 'all', recursive: true, maxResults: 1 },
      { things: [thingName], nextToken: /./ },
    ],
    ['listThingsInThingGroup', { thingGroupName: 'none' }, 'ResourceNotFoundException'],
    add('red'),
    [
      'listThingGroupsForThing',
      { thingName },
      { thingGroups: [summary('all'), summary('lamps'), summary('red')] },
    ],
    ['listThingGroupsForThing', { thingName: 'none' }, 'ResourceNotFoundException'],
    ['removeThingFromThingGroup', { thingGroupName, thingName: 'lamp-2' }],
    ['removeThingFromThingGroup', { thingGroupName, thingName }],
    ['removeThingFromThingGroup', { thingGroupName, thingName: 'x' }, 'ResourceNotFoundException'],
    ['listThingGroupsForThing', { thingName }, { thingGroups: [summary('red')] }],
    ['deleteThingGroup', { thingGroupName: 'red' }],
    ['listThingGroupsForThing', { thingName }, { thingGroups: [] }],
    create('red'),
    ['listThingsInThingGroup', { thingGroupName: 'red' }, { things: [] }],
  ],
  'and no second one of its hierarchy for a thing': [
    ['createThing', { thingName }],
    create('all'),
    create('lamps', 'all'),
    create('pumps', 'all'),
    add('lamps'),
    add('pumps', ['InvalidRequestException', /in thing group lamps of the same hierarchy/]),
    add('all', 'InvalidRequestException'),
  ],
  'and ten of them for a thing': [
    ['createThing', { thingName }],
    ...Array.from({ length: 11 }, (_, i) => create(`g${i}`)),
    ...Array.from({ length: 10 }, (_, i) => add(`g${i}`)),
    add('g10', ['InvalidRequestException', /more than 10 thing groups/]),
    [
      'updateThingGroupsForThing',
      { thingName, thingGroupsToAdd: ['g10'], thingGroupsToRemove: ['g3', 'g4'] },
    ],
    ['listThingsInThingGroup', { thingGroupName: 'g3' }, { things: [] }],
    ['listThingsInThingGroup', { thingGroupName: 'g10' }, { things: [thingName] }],
  ],
  'changed for a thing all or nothing': [
    ['createThing', { thingName }],
    create('a'),
    create('b'),
    add('a'),
    ['updateThingGroupsForThing', {}, 'InvalidRequestException'],
    ['updateThingGroupsForThing', { thingName: 'x' }, 'ResourceNotFoundException'],
    [
      'updateThingGroupsForThing',
      { thingName, thingGroupsToAdd: ['b', 'none'], thingGroupsToRemove: ['a'] },
      'ResourceNotFoundException',
    ],
    [
      'updateThingGroupsForThing',
      { thingName, thingGroupsToRemove: ['none'] },
      'ResourceNotFoundException',
    ],
    ['listThingGroupsForThing', { thingName }, { thingGroups: [summary('a')] }],
    ['updateThingGroupsForThing', { thingName }],
  ],
}

for (const [name, list] of Object.entries(lives))
  t.test(`a thing group, ${name}`, async t => steps(t, await testRegistry(), list))
