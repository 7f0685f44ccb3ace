/** The life of a billing group: each operation and each exception that it declares. */

import t from 'tap'
import { testRegistry } from '../../helpers/desk.ts'
import { PKI_NOW } from '../../helpers/pki.ts'
import { type Step, steps } from '../../helpers/steps.ts'

const ARN = 'arn:aws:iot:eu-central-1:123456789012:'
const billingGroupName = 'house'
const thingName = 'lamp-1'
const billingGroupProperties = { billingGroupDescription: 'The house' }
const add: Step = ['addThingToBillingGroup', { billingGroupName, thingName }]

const lives: { [name: string]: Step[] } = {
  'from its creation to its end': [
    ['describeBillingGroup', { billingGroupName }, 'ResourceNotFoundException'],
    [
      'createBillingGroup',
      { billingGroupName, billingGroupProperties },
      { billingGroupName, billingGroupArn: `${ARN}billinggroup/house`, billingGroupId: /^.{36}$/ },
    ],
    ['createBillingGroup', { billingGroupName, billingGroupProperties }],
    ['createBillingGroup', { billingGroupName }, 'ResourceAlreadyExistsException'],
    [
      'describeBillingGroup',
      { billingGroupName },
      {
        billingGroupName,
        version: 1,
        billingGroupProperties,
        billingGroupMetadata: { creationDate: PKI_NOW / 1000 },
      },
    ],
    ['updateBillingGroup', { billingGroupName }, 'InvalidRequestException'],
    [
      'updateBillingGroup',
      { billingGroupName, billingGroupProperties, expectedVersion: 2 },
      'VersionConflictException',
    ],
    [
      'updateBillingGroup',
      { billingGroupName, billingGroupProperties: { billingGroupDescription: 'Mine' } },
      { version: 2 },
    ],
    [
      'describeBillingGroup',
      { billingGroupName },
      { version: 2, billingGroupProperties: { billingGroupDescription: 'Mine' } },
    ],
    ['deleteBillingGroup', { billingGroupName, expectedVersion: 1 }, 'VersionConflictException'],
    ['deleteBillingGroup', { billingGroupName, expectedVersion: 2 }],
    ['deleteBillingGroup', { billingGroupName }],
    [
      'updateBillingGroup',
      { billingGroupName, billingGroupProperties },
      'ResourceNotFoundException',
    ],
  ],
  'with things in it': [
    ['createThing', { thingName }],
    [add[0], add[1], 'ResourceNotFoundException'],
    ['createBillingGroup', { billingGroupName }],
    ['createBillingGroup', { billingGroupName: 'shed' }],
    ['addThingToBillingGroup', { billingGroupName, thingName: 'x' }, 'ResourceNotFoundException'],
    ['addThingToBillingGroup', { thingName }, 'InvalidRequestException'],
    ['addThingToBillingGroup', { billingGroupName }, 'InvalidRequestException'],
    add,
    add,
    ['listThingsInBillingGroup', { billingGroupName }, { things: [thingName] }],
    [
      'addThingToBillingGroup',
      { billingGroupArn: `${ARN}billinggroup/shed`, thingArn: `${ARN}thing/lamp-1` },
    ],
    ['listThingsInBillingGroup', { billingGroupName }, { things: [] }],
    ['describeThing', { thingName }, { billingGroupName: 'shed' }],
    ['removeThingFromBillingGroup', { billingGroupName, thingName }],
    ['describeThing', { thingName }, { billingGroupName: 'shed' }],
    ['deleteBillingGroup', { billingGroupName: 'shed' }],
    ['listThingsInBillingGroup', { billingGroupName: 'shed' }, 'ResourceNotFoundException'],
    ['createBillingGroup', { billingGroupName: 'shed' }],
    ['listThingsInBillingGroup', { billingGroupName: 'shed' }, { things: [] }],
    add,
    ['removeThingFromBillingGroup', { billingGroupName, thingName }],
    ['listThingsInBillingGroup', { billingGroupName }, { things: [] }],
  ],
  listed: [
    ['createBillingGroup', { billingGroupName: 'house' }],
    ['createBillingGroup', { billingGroupName: 'hut' }],
    ['createBillingGroup', { billingGroupName: 'shed' }],
    [
      'listBillingGroups',
      { namePrefixFilter: 'h' },
      {
        billingGroups: [
          { groupName: 'house', groupArn: `${ARN}billinggroup/house` },
          { groupName: 'hut' },
        ],
      },
    ],
    ['listBillingGroups', { maxResults: 1 }, { billingGroups: [{}], nextToken: /./ }],
    ['listBillingGroups', { maxResults: 251 }, 'InvalidRequestException'],
  ],
}

for (const [name, list] of Object.entries(lives))
  t.test(`a billing group, ${name}`, async t => steps(t, await testRegistry(), list))
