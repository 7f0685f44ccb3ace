/**
 * Nothing of AWS's operations is missing: each is there, checks each field of its input, gives each field of its output and
 * each exception that AWS declares for it, and no other. What they do is tested in the other files.
 */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { controlPlane } from '../../../broker/provisioning/operations.ts'
import type { Answer } from '../../../broker/registry/answer.ts'
import { testRegistry } from '../../helpers/desk.ts'
import { minted, mintedDevice, pki } from '../../helpers/pki.ts'
import { requestPem } from '../../helpers/request.ts'

type Operation = { inputs: string[]; outputs: string[]; exceptions: string[] }

const model = new Map<string, Operation>()
const lines = readFileSync(new URL('aws-operations.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
for (const line of lines.filter(line => !line.startsWith('#'))) {
  const [name = '', inputs, outputs, exceptions] = line.split('|').map(part => part.trim())
  const words = (text = '') => text.split(' ').filter(word => word !== '')
  model.set(name, {
    inputs: words(inputs),
    outputs: words(outputs),
    exceptions: words(exceptions).map(word => `${word}Exception`),
  })
}

/** Not there: docs/differences-from-aws.md. */
const absent = ['createProvisioningClaim', 'getThingConnectivityData']
/** Taken and forgotten. */
const unread = ['tags']
const never: { [operation: string]: string[] } = {
  // AWS too: nothing to delete is fine.
  deleteThing: ['ResourceNotFoundException'],
  // They attach nothing and take no more than a page.
  detachPolicy: ['LimitExceededException'],
  listAttachedPolicies: ['LimitExceededException'],
  listTargetsForPolicy: ['LimitExceededException'],
  getEffectivePolicies: ['LimitExceededException'],
  testAuthorization: ['LimitExceededException'],
  // No two changes come at one moment here.
  updateProvisioningTemplate: ['ConflictingResourceUpdateException'],
  deleteProvisioningTemplate: ['ConflictingResourceUpdateException'],
  createProvisioningTemplateVersion: ['ConflictingResourceUpdateException'],
  deleteProvisioningTemplateVersion: ['ConflictingResourceUpdateException'],
  // Of dynamic groups.
  describeThingGroup: ['indexName', 'queryString', 'queryVersion', 'status'],
}

const ARN = 'arn:aws:iot:eu-central-1:123456789012:'
const { signer, device, device2, stranger, impostors } = pki()
const cert = (of: { certificate: { sha256: string } }) => `${ARN}cert/${of.certificate.sha256}`
const id = (of: { certificate: { sha256: string } }) => of.certificate.sha256
const [device3, gift, present, loan] = ['3', '4', '5', '6'].map(name =>
  mintedDevice(name, signer),
) as [typeof device, typeof device, typeof device, typeof device]
const NOBODY = '0'.repeat(64)
const nobody = `${ARN}cert/${NOBODY}`
const policyDocument = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }],
})
const certificate = {
  Type: 'AWS::IoT::Certificate',
  Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' } },
}
const templateBody = JSON.stringify({
  Parameters: { 'AWS::IoT::Certificate::Id': { Type: 'String' } },
  Resources: { certificate },
})
const registers = (ThingName: string) =>
  JSON.stringify({
    Resources: {
      thing: {
        Type: 'AWS::IoT::Thing',
        Properties: { ThingName },
        OverrideSettings: { AttributePayload: 'FAIL' },
      },
      certificate: { Type: 'AWS::IoT::Certificate', Properties: { CertificateId: id(device3) } },
    },
  })
const provisioningRoleArn = 'arn:aws:iam::123456789012:role/provisioning'
const targetAwsAccount = '999999999999'
const authInfos = [{ actionType: 'CONNECT', resources: [`${ARN}client/a`] }]
const sniOnly = { certificateMode: 'SNI_ONLY' }
const sameName = () => minted({ subject: [['CN', 'a CA']], isCa: true }).pem

type Step = [operation: string, input: object, exception?: string] | ['wait', ms: number]
const missing = 'ResourceNotFound'
const exists = 'ResourceAlreadyExists'
const times = (count: number, step: (at: number) => Step): Step[] =>
  Array.from({ length: count }, (_, at) => step(at))

/** One life of a registry, in which each operation does what it can and is refused what it can be refused. */
const life: Step[] = [
  [
    'createThingType',
    { thingTypeName: 'lamp', thingTypeProperties: { thingTypeDescription: 'x' } },
  ],
  ['createThingType', { thingTypeName: 'lamp' }, exists],
  ['createThingType', { thingTypeName: 'old' }],
  ['describeThingType', { thingTypeName: 'lamp' }],
  ['describeThingType', { thingTypeName: 'none' }, missing],
  ['listThingTypes', { maxResults: 1 }],
  ['updateThingType', { thingTypeName: 'lamp', thingTypeProperties: { mqtt5Configuration: {} } }],
  ['updateThingType', { thingTypeName: 'none' }, missing],
  ['deprecateThingType', { thingTypeName: 'old' }],
  ['deprecateThingType', { thingTypeName: 'none' }, missing],
  ['deleteThingType', { thingTypeName: 'lamp' }, 'InvalidRequest'],
  ['wait', 300_000],
  ['deleteThingType', { thingTypeName: 'old' }],
  ['deleteThingType', { thingTypeName: 'old' }, missing],

  ['createBillingGroup', { billingGroupName: 'house' }],
  ['createBillingGroup', { billingGroupName: 'shed' }],
  [
    'createBillingGroup',
    { billingGroupName: 'house', billingGroupProperties: { billingGroupDescription: 'x' } },
    exists,
  ],
  ['describeBillingGroup', { billingGroupName: 'house' }],
  ['describeBillingGroup', { billingGroupName: 'none' }, missing],
  ['updateBillingGroup', { billingGroupName: 'house', billingGroupProperties: {} }],
  ['updateBillingGroup', { billingGroupName: 'none', billingGroupProperties: {} }, missing],
  [
    'updateBillingGroup',
    { billingGroupName: 'house', billingGroupProperties: {}, expectedVersion: 9 },
    'VersionConflict',
  ],
  ['listBillingGroups', { maxResults: 1 }],

  ['createThingGroup', { thingGroupName: 'all' }],
  ['createThingGroup', { thingGroupName: 'hall', parentGroupName: 'all' }],
  ['createThingGroup', { thingGroupName: 'hall' }, exists],
  ['describeThingGroup', { thingGroupName: 'hall' }],
  ['describeThingGroup', { thingGroupName: 'none' }, missing],
  ['updateThingGroup', { thingGroupName: 'all', thingGroupProperties: {} }],
  ['updateThingGroup', { thingGroupName: 'none', thingGroupProperties: {} }, missing],
  [
    'updateThingGroup',
    { thingGroupName: 'all', thingGroupProperties: {}, expectedVersion: 9 },
    'VersionConflict',
  ],
  ['listThingGroups', { maxResults: 1 }],
  ['listThingGroups', { parentGroup: 'none' }, missing],

  ['createThing', { thingName: 'a', thingTypeName: 'lamp', billingGroupName: 'house' }],
  ['createThing', { thingName: 'b' }],
  ['createThing', { thingName: 'a' }, exists],
  ['createThing', { thingName: 'c', thingTypeName: 'none' }, missing],
  ['describeThing', { thingName: 'a' }],
  ['describeThing', { thingName: 'none' }, missing],
  ['updateThing', { thingName: 'a', expectedVersion: 1 }],
  ['updateThing', { thingName: 'a', expectedVersion: 1 }, 'VersionConflict'],
  ['updateThing', { thingName: 'none' }, missing],
  ['listThings', { maxResults: 1 }],
  ['addThingToThingGroup', { thingGroupName: 'hall', thingName: 'a' }],
  ['addThingToThingGroup', { thingGroupName: 'hall', thingName: 'b' }],
  ['addThingToThingGroup', { thingGroupName: 'none', thingName: 'b' }, missing],
  ['listThingsInThingGroup', { thingGroupName: 'hall', maxResults: 1 }],
  ['listThingsInThingGroup', { thingGroupName: 'none' }, missing],
  ['listThingGroupsForThing', { thingName: 'a', maxResults: 1 }],
  ['listThingGroupsForThing', { thingName: 'none' }, missing],
  ['updateThingGroupsForThing', { thingName: 'a', thingGroupsToRemove: ['hall'] }],
  ['updateThingGroupsForThing', { thingName: 'none' }, missing],
  ['removeThingFromThingGroup', { thingGroupName: 'hall', thingName: 'b' }],
  ['removeThingFromThingGroup', { thingGroupName: 'hall', thingName: 'none' }, missing],
  ['deleteThingGroup', { thingGroupName: 'hall', expectedVersion: 9 }, 'VersionConflict'],
  ['deleteThingGroup', { thingGroupName: 'hall' }],
  ['addThingToBillingGroup', { billingGroupName: 'house', thingName: 'b' }],
  ['addThingToBillingGroup', { billingGroupName: 'none', thingName: 'b' }, missing],
  ['listThingsInBillingGroup', { billingGroupName: 'house', maxResults: 1 }],
  ['listThingsInBillingGroup', { billingGroupName: 'none' }, missing],
  ['removeThingFromBillingGroup', { billingGroupName: 'house', thingName: 'b' }],
  ['removeThingFromBillingGroup', { billingGroupName: 'none', thingName: 'b' }, missing],
  ['deleteBillingGroup', { billingGroupName: 'house', expectedVersion: 9 }, 'VersionConflict'],
  ['deleteBillingGroup', { billingGroupName: 'shed' }],

  [
    'createProvisioningTemplate',
    { templateName: 'jitp', templateBody, provisioningRoleArn, type: 'JITP' },
  ],
  [
    'createProvisioningTemplate',
    {
      templateName: 'fleet',
      templateBody,
      provisioningRoleArn,
      description: 'x',
      preProvisioningHook: { targetArn: 'arn:aws:lambda:x' },
    },
  ],
  [
    'createProvisioningTemplate',
    { templateName: 'jitp', templateBody, provisioningRoleArn },
    exists,
  ],
  ['describeProvisioningTemplate', { templateName: 'fleet' }],
  ['describeProvisioningTemplate', { templateName: 'none' }, missing],
  ['updateProvisioningTemplate', { templateName: 'fleet', enabled: true }],
  ['updateProvisioningTemplate', { templateName: 'none' }, missing],
  ['listProvisioningTemplates', { maxResults: 1 }],
  ...times(4, () => ['createProvisioningTemplateVersion', { templateName: 'fleet', templateBody }]),
  [
    'createProvisioningTemplateVersion',
    { templateName: 'fleet', templateBody },
    'VersionsLimitExceeded',
  ],
  ['createProvisioningTemplateVersion', { templateName: 'none', templateBody }, missing],
  ['describeProvisioningTemplateVersion', { templateName: 'fleet', versionId: 1 }],
  ['describeProvisioningTemplateVersion', { templateName: 'fleet', versionId: 9 }, missing],
  ['listProvisioningTemplateVersions', { templateName: 'fleet', maxResults: 1 }],
  ['listProvisioningTemplateVersions', { templateName: 'none' }, missing],
  ['deleteProvisioningTemplateVersion', { templateName: 'fleet', versionId: 2 }],
  ['deleteProvisioningTemplateVersion', { templateName: 'fleet', versionId: 2 }, missing],
  ['deleteProvisioningTemplateVersion', { templateName: 'fleet', versionId: 1 }, 'DeleteConflict'],
  ['deleteProvisioningTemplate', { templateName: 'fleet' }],
  ['deleteProvisioningTemplate', { templateName: 'fleet' }, missing],
  ...times(255, at => [
    'createProvisioningTemplate',
    { templateName: `t${at}`, templateBody, provisioningRoleArn },
  ]),
  [
    'createProvisioningTemplate',
    { templateName: 'more', templateBody, provisioningRoleArn },
    'LimitExceeded',
  ],

  ['deleteRegistrationCode', {}, missing],
  ['getRegistrationCode', {}],
  [
    'registerCACertificate',
    { caCertificate: signer.pem, verificationCertificate: device.pem },
    'RegistrationCodeValidation',
  ],
  ['deleteRegistrationCode', {}],
  ['registerCACertificate', { caCertificate: 'x', ...sniOnly }, 'CertificateValidation'],
  [
    'registerCACertificate',
    { caCertificate: signer.pem, ...sniOnly, registrationConfig: { templateName: 'none' } },
    missing,
  ],
  [
    'registerCACertificate',
    {
      caCertificate: signer.pem,
      ...sniOnly,
      setAsActive: true,
      registrationConfig: { templateName: 'jitp' },
    },
  ],
  ['registerCACertificate', { caCertificate: signer.pem, ...sniOnly }, exists],
  ['deleteProvisioningTemplate', { templateName: 'jitp' }, 'DeleteConflict'],
  ['describeCACertificate', { certificateId: id(signer) }],
  ['describeCACertificate', { certificateId: NOBODY }, missing],
  ['updateCACertificate', { certificateId: id(signer), newAutoRegistrationStatus: 'ENABLE' }],
  ['updateCACertificate', { certificateId: NOBODY }, missing],
  ['deleteCACertificate', { certificateId: id(signer) }, 'CertificateState'],
  ['deleteCACertificate', { certificateId: NOBODY }, missing],

  ['registerCertificate', { certificatePem: device.pem, status: 'ACTIVE' }],
  ['registerCertificate', { certificatePem: device3.pem }],
  ['registerCertificate', { certificatePem: device.pem }, exists],
  ['registerCertificate', { certificatePem: 'x' }, 'CertificateValidation'],
  ['registerCertificate', { certificatePem: stranger.device.pem }, 'CertificateState'],
  ['registerCACertificate', { caCertificate: impostors.otherKey.pem, ...sniOnly }],
  ['registerCertificate', { certificatePem: device2.pem }, 'CertificateConflict'],
  ['listCACertificates', { pageSize: 1 }],
  ['deleteCACertificate', { certificateId: id(impostors.otherKey) }],
  ...times(10, () => ['registerCACertificate', { caCertificate: sameName(), ...sniOnly }]),
  ['registerCACertificate', { caCertificate: sameName(), ...sniOnly }, 'LimitExceeded'],
  ['registerCertificateWithoutCA', { certificatePem: device2.pem }],
  ['registerCertificateWithoutCA', { certificatePem: device2.pem }, exists],
  ['registerCertificateWithoutCA', { certificatePem: 'x' }, 'CertificateValidation'],
  [
    'registerCertificateWithoutCA',
    { certificatePem: gift.pem, status: 'PENDING_ACTIVATION' },
    'CertificateState',
  ],
  ['createKeysAndCertificate', {}],
  ['createCertificateFromCsr', { certificateSigningRequest: requestPem() }],
  ['describeCertificate', { certificateId: id(device) }],
  ['describeCertificate', { certificateId: NOBODY }, missing],
  ['listCertificates', { pageSize: 1 }],
  ['listCertificatesByCA', { caCertificateId: id(signer), pageSize: 1 }],
  ['updateCertificate', { certificateId: id(device2), newStatus: 'ACTIVE' }],
  ['updateCertificate', { certificateId: NOBODY, newStatus: 'ACTIVE' }, missing],
  [
    'updateCertificate',
    { certificateId: id(device2), newStatus: 'PENDING_TRANSFER' },
    'CertificateState',
  ],

  ['attachThingPrincipal', { thingName: 'a', principal: cert(device) }],
  ['attachThingPrincipal', { thingName: 'a', principal: cert(device2) }],
  ['attachThingPrincipal', { thingName: 'b', principal: cert(device) }],
  ['attachThingPrincipal', { thingName: 'b', principal: nobody }, missing],
  ['listThingPrincipals', { thingName: 'a', maxResults: 1 }],
  ['listThingPrincipals', { thingName: 'none' }, missing],
  ['listThingPrincipalsV2', { thingName: 'a', maxResults: 1 }],
  ['listThingPrincipalsV2', { thingName: 'none' }, missing],
  ['listPrincipalThings', { principal: cert(device), maxResults: 1 }],
  ['listPrincipalThings', { principal: nobody }, missing],
  ['listPrincipalThingsV2', { principal: cert(device), maxResults: 1 }],
  ['listPrincipalThingsV2', { principal: nobody }, missing],
  ['detachThingPrincipal', { thingName: 'b', principal: cert(device) }],
  ['detachThingPrincipal', { thingName: 'b', principal: nobody }, missing],
  ['deleteThing', { thingName: 'b', expectedVersion: 9 }, 'VersionConflict'],
  ['deleteThing', { thingName: 'b' }],

  ...times(11, at => ['createPolicy', { policyName: `p${at}`, policyDocument }]),
  ['createPolicy', { policyName: 'p0', policyDocument }, exists],
  ['createPolicy', { policyName: 'p11', policyDocument: '{' }, 'MalformedPolicy'],
  ['getPolicy', { policyName: 'p0' }],
  ['getPolicy', { policyName: 'none' }, missing],
  ['listPolicies', { pageSize: 1 }],
  ...times(4, () => ['createPolicyVersion', { policyName: 'p0', policyDocument }]),
  ['createPolicyVersion', { policyName: 'p0', policyDocument }, 'VersionsLimitExceeded'],
  ['createPolicyVersion', { policyName: 'p1', policyDocument: '{' }, 'MalformedPolicy'],
  ['createPolicyVersion', { policyName: 'none', policyDocument }, missing],
  ['getPolicyVersion', { policyName: 'p0', policyVersionId: '2' }],
  ['getPolicyVersion', { policyName: 'p0', policyVersionId: '9' }, missing],
  ['listPolicyVersions', { policyName: 'p0' }],
  ['listPolicyVersions', { policyName: 'none' }, missing],
  ['setDefaultPolicyVersion', { policyName: 'p0', policyVersionId: '2' }],
  ['setDefaultPolicyVersion', { policyName: 'p0', policyVersionId: '9' }, missing],
  ['deletePolicyVersion', { policyName: 'p0', policyVersionId: '2' }, 'DeleteConflict'],
  ['deletePolicyVersion', { policyName: 'p0', policyVersionId: '1' }],
  ['deletePolicyVersion', { policyName: 'p0', policyVersionId: '1' }, missing],
  ...times(10, at => ['attachPolicy', { policyName: `p${at}`, target: cert(device) }]),
  ['attachPolicy', { policyName: 'p10', target: cert(device) }, 'LimitExceeded'],
  ['attachPolicy', { policyName: 'p0', target: nobody }, missing],
  ['attachPrincipalPolicy', { policyName: 'p0', principal: cert(device2) }],
  ['attachPrincipalPolicy', { policyName: 'p10', principal: cert(device) }, 'LimitExceeded'],
  ['attachPrincipalPolicy', { policyName: 'p0', principal: nobody }, missing],
  ['listAttachedPolicies', { target: cert(device), pageSize: 1 }],
  ['listAttachedPolicies', { target: nobody }, missing],
  ['listTargetsForPolicy', { policyName: 'p0', pageSize: 1 }],
  ['listTargetsForPolicy', { policyName: 'none' }, missing],
  ['listPrincipalPolicies', { principal: cert(device), pageSize: 1 }],
  ['listPrincipalPolicies', { principal: nobody }, missing],
  ['listPolicyPrincipals', { policyName: 'p0', pageSize: 1 }],
  ['listPolicyPrincipals', { policyName: 'none' }, missing],
  ['getEffectivePolicies', { principal: cert(device) }],
  ['getEffectivePolicies', { principal: nobody }, missing],
  ['testAuthorization', { principal: cert(device), authInfos }],
  ['testAuthorization', { principal: nobody, authInfos }, missing],
  ['deletePolicy', { policyName: 'p0' }, 'DeleteConflict'],
  ['deletePolicy', { policyName: 'p10' }],
  ['deletePolicy', { policyName: 'p10' }, missing],
  ['detachPolicy', { policyName: 'p9', target: cert(device) }],
  ['detachPrincipalPolicy', { policyName: 'p0', principal: cert(device2) }],
  ['detachPrincipalPolicy', { policyName: 'p0', principal: nobody }, missing],

  ['registerThing', { templateBody: registers('c') }],
  ['registerThing', { templateBody: registers('c') }, 'ConflictingResourceUpdate'],
  ['registerThing', { templateBody: registers('a b') }, 'ResourceRegistrationFailure'],

  ['deleteCertificate', { certificateId: id(device2) }, 'CertificateState'],
  ['transferCertificate', { certificateId: id(device2), targetAwsAccount }, 'CertificateState'],
  ['updateCertificate', { certificateId: id(device2), newStatus: 'INACTIVE' }],
  ['deleteCertificate', { certificateId: id(device2) }, 'DeleteConflict'],
  ['transferCertificate', { certificateId: id(device2), targetAwsAccount }, 'TransferConflict'],
  ['detachThingPrincipal', { thingName: 'a', principal: cert(device2) }],
  ['deleteCertificate', { certificateId: id(device2) }],
  ['deleteCertificate', { certificateId: id(device2) }, missing],
  ['transferCertificate', { certificateId: id(device2), targetAwsAccount }, missing],
  ...[gift, present, loan].flatMap(({ pem, certificate: { sha256 } }): Step[] => [
    ['registerCertificateWithoutCA', { certificatePem: pem }],
    ['transferCertificate', { certificateId: sha256, targetAwsAccount }],
  ]),
  ['listOutgoingCertificates', { pageSize: 1 }],
  ...(
    [
      ['acceptCertificateTransfer', gift],
      ['rejectCertificateTransfer', present],
      ['cancelCertificateTransfer', loan],
    ] as const
  ).flatMap(([operation, of]): Step[] => [
    [operation, { certificateId: id(of) }],
    [operation, { certificateId: id(of) }, 'TransferAlreadyCompleted'],
    [operation, { certificateId: NOBODY }, missing],
  ]),
]

t.test('every operation of AWS is there', async t => {
  const { registry } = await testRegistry()
  const names = [...model.keys()].filter(name => !absent.includes(name))
  t.same(Object.keys(controlPlane(registry)).sort(), names.sort())
})

t.test('every field of its input is checked', async t => {
  const { registry } = await testRegistry()
  for (const [name, act] of Object.entries(controlPlane(registry))) {
    for (const field of model.get(name)?.inputs ?? []) {
      if (unread.includes(field)) continue
      // Of no kind that any field has.
      const answer: Answer<unknown> = await act({ [field]: Number.NaN } as never)
      const refusal = {
        exception: 'InvalidRequestException',
        message: new RegExp(`'NaN' at '${field}'`),
      }
      t.match(answer, { ok: false, refusal }, `${name}: ${field}`)
    }
  }
})

t.test('every field of its output and every exception is given, and no other', async t => {
  const { registry, clock } = await testRegistry()
  const operations: {
    [name: string]: (input: never) => Answer<unknown> | Promise<Answer<unknown>>
  } = controlPlane(registry)
  const seen = new Map<string, Set<string>>()
  for (const [name, input, exception] of life) {
    if (typeof input === 'number') {
      clock.advance(input)
      continue
    }
    const answer = await operations[name]?.(input as never)
    const what = `${name} ${JSON.stringify(input).slice(0, 100)}`
    if (answer === undefined) throw new Error(`${what}: there is no such operation`)
    const got = answer.ok ? '' : answer.refusal.exception
    t.equal(got, exception === undefined ? '' : `${exception}Exception`, what)
    const all = seen.get(name) ?? new Set()
    seen.set(name, all)
    if (!answer.ok) all.add(answer.refusal.exception)
    else for (const field of Object.keys(answer.value as object)) all.add(field)
  }
  for (const [name, { outputs, exceptions }] of model) {
    if (absent.includes(name)) continue
    const left = never[name] ?? []
    const wanted = [...outputs, ...exceptions].filter(one => !left.includes(one))
    const got = [...(seen.get(name) ?? [])].filter(one => one !== 'InvalidRequestException')
    t.same(got.sort(), wanted.sort(), name)
  }
})
