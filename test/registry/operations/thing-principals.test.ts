/** Certificates on things, exclusively or not: each operation and each exception that it declares. */

import t from 'tap'
import { testRegistry } from '../../helpers/desk.ts'
import { directly } from '../../helpers/directly.ts'
import { pki } from '../../helpers/pki.ts'
import { type Step, steps } from '../../helpers/steps.ts'

const CERT = 'arn:aws:iot:eu-central-1:123456789012:cert/'
const { device, device2 } = pki()
const principal = CERT + device.certificate.sha256
const second = CERT + device2.certificate.sha256
const thingName = 'lamp-1'
const [EXCLUSIVE, SHARED] = ['EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING']
const attach = (more: object, expected: Step[2] = {}): Step => [
  'attachThingPrincipal',
  { thingName, principal, ...more },
  expected,
]
const things: Step[] = [
  ['createThing', { thingName }],
  ['createThing', { thingName: 'lamp-2' }],
]

const lives: { [name: string]: Step[] } = {
  'attached and detached': [
    ...things,
    attach({}),
    attach({}),
    attach({ thingPrincipalType: SHARED }),
    attach({ thingName: 'lamp-2' }),
    attach({ principal: second }),
    ['listThingPrincipals', { thingName }, { principals: [principal, second].sort() }],
    ['listPrincipalThings', { principal }, { things: [thingName, 'lamp-2'] }],
    ['listPrincipalThings', { principal, maxResults: 1 }, { things: [thingName], nextToken: /./ }],
    [
      'listThingPrincipalsV2',
      { thingName: 'lamp-2' },
      { thingPrincipalObjects: [{ principal, thingPrincipalType: SHARED }] },
    ],
    [
      'listThingPrincipalsV2',
      { thingName, thingPrincipalType: EXCLUSIVE },
      { thingPrincipalObjects: [] },
    ],
    [
      'deleteThing',
      { thingName },
      [
        'InvalidRequestException',
        'Cannot delete. Thing lamp-1 is still attached to one or more principals',
      ],
    ],
    ['detachThingPrincipal', { thingName, principal }],
    ['detachThingPrincipal', { thingName, principal }, 'ResourceNotFoundException'],
    ['detachThingPrincipal', { thingName, principal: second }],
    ['deleteThing', { thingName }],
    ['listPrincipalThings', { principal }, { things: ['lamp-2'] }],
  ],
  'exclusive, and then nothing else': [
    ...things,
    attach({ thingPrincipalType: EXCLUSIVE }),
    attach({ thingPrincipalType: EXCLUSIVE }),
    attach({ thingName: 'lamp-2' }, [
      'InvalidRequestException',
      /attached to thing lamp-1 exclusively/,
    ]),
    attach({ thingName: 'lamp-2', thingPrincipalType: EXCLUSIVE }, 'InvalidRequestException'),
    attach({}, ['InvalidRequestException', /as EXCLUSIVE_THING already/]),
    attach({ principal: second, thingPrincipalType: EXCLUSIVE }),
    [
      'listPrincipalThingsV2',
      { principal },
      { principalThingObjects: [{ thingName, thingPrincipalType: EXCLUSIVE }] },
    ],
    ['detachThingPrincipal', { thingName, principal }],
    attach({ thingName: 'lamp-2' }),
  ],
  'exclusive is too late where another thing has it': [
    ...things,
    attach({}),
    attach({ thingName: 'lamp-2', thingPrincipalType: EXCLUSIVE }, [
      'InvalidRequestException',
      /can not be attached exclusively: it is attached to thing lamp-1/,
    ]),
    attach({ thingPrincipalType: EXCLUSIVE }, 'InvalidRequestException'),
    ['detachThingPrincipal', { thingName, principal }],
    attach({ thingName: 'lamp-2', thingPrincipalType: EXCLUSIVE }),
  ],
  'and what is not there': [
    attach({}, 'ResourceNotFoundException'),
    ...things,
    attach({ principal: CERT + '0'.repeat(64) }, 'ResourceNotFoundException'),
    attach({ principal: principal.replace('eu-central-1', 'us-east-1') }, [
      'ResourceNotFoundException',
      /not in this account and region/,
    ]),
    attach(
      { principal: principal.replace('123456789012', '210987654321') },
      'ResourceNotFoundException',
    ),
    attach({ principal: 'arn:aws:iot:eu-central-1:123456789012:thinggroup/x' }, [
      'InvalidRequestException',
      'The given ARN does not represent a cert',
    ]),
    attach(
      { principal: 'eu-central-1:8f6cbb2c-0e2a-4d0a-a0d0-4c1c1d3a3c12' },
      'InvalidRequestException',
    ),
    attach({ thingPrincipalType: 'MAYBE' }, 'InvalidRequestException'),
    [
      'listThingPrincipals',
      { thingName: 'none' },
      [
        'ResourceNotFoundException',
        'Failed to list principals for thing none because the thing does not exist in your account',
      ],
    ],
    ['listThingPrincipalsV2', { thingName: 'none' }, 'ResourceNotFoundException'],
    ['listPrincipalThings', { principal: `${CERT}0` }, 'ResourceNotFoundException'],
    ['listPrincipalThingsV2', { principal: `${CERT}0` }, 'ResourceNotFoundException'],
    ['detachThingPrincipal', { thingName: 'none', principal }, 'ResourceNotFoundException'],
    [
      'detachThingPrincipal',
      { thingName, principal: CERT + '0'.repeat(64) },
      'ResourceNotFoundException',
    ],
  ],
}

for (const [name, list] of Object.entries(lives))
  t.test(`a certificate on a thing, ${name}`, async t => {
    const one = await testRegistry()
    const source = { kind: 'learned', how: 'a test' } as const
    for (const { certificate } of [device, device2]) {
      directly(one.registry).registerCertificate({ certificate, status: 'ACTIVE', source })
    }
    await steps(t, one, list)
  })
