/** `candid policy`: policies of the registry, their versions, and what they are on. A file's policy is changed in its file. */

import { basename } from 'node:path'
import { arn } from '../registry/arn.ts'
import { policyOn, type Way } from './cert-attach.ts'
import { textOf } from './cert-new.ts'
import { need, type Registry, type RegistryVerb, type Stop, stopped } from './in-registry.ts'
import { exits } from './io.ts'
import { namedCertificate } from './named.ts'
import { cell, day, describeLines, listLines, sourcesOf } from './tell.ts'

const nameFlag = { name: { value: 'NAME', says: "its name (default: the file's, without .json)" } }

export const policyCreate: RegistryVerb = {
  command: {
    usage: ['candid policy create FILE [--name NAME]'],
    says: ['puts a policy into the registry (CreatePolicy)'],
    flags: nameFlag,
    takes: ['FILE'],
  },
  act: registry => fromFile('CreatePolicy', {}, registry),
}

export const policyUpdate: RegistryVerb = {
  command: {
    usage: ['candid policy update FILE [--name NAME]'],
    says: ['a new version of it, which holds at once (CreatePolicyVersion)'],
    flags: nameFlag,
    takes: ['FILE'],
  },
  act: registry => fromFile('CreatePolicyVersion', { setAsDefault: true }, registry),
}

async function fromFile(operation: string, more: object, registry: Registry) {
  const { given, call, io } = registry
  const [file = ''] = given.plain
  const policyName = given.value('name') ?? basename(file).replace(/\.json$/i, '')
  const inFile = await ifInFile(policyName, registry)
  if (inFile) return inFile
  const document = await textOf(file, io)
  if ('stopped' in document) return document
  const made = await need(call(operation, { policyName, policyDocument: document.text, ...more }))
  if ('stopped' in made) return made
  const version = cell(made.value['policyVersionId'])
  return { lines: [`policy \`${policyName}\` is there, version ${version}`], output: made.value }
}

/** What a file holds is changed by editing it. */
async function ifInFile(
  policyName: string,
  { declared }: Registry,
): Promise<{ stopped: Stop } | undefined> {
  const { policies } = await declared()
  const there = policies.find(one => one.name === policyName)
  if (!there) return undefined
  return stopped(
    [
      {
        says: `policy \`${policyName}\` is declared in \`${there.file}\``,
        hint: 'edit that file: a running broker takes it over',
      },
    ],
    exits.refused,
  )
}

export const policyList: RegistryVerb = {
  command: {
    usage: ['candid policy list'],
    says: ['all policies, and where each comes from (ListPolicies)'],
    flags: {},
    takes: [],
  },
  reads: true,
  async act({ all, declared }) {
    const found = await need(all('ListPolicies', 'policies'))
    if ('stopped' in found) return found
    const sources = sourcesOf(await declared())
    const policies = found.value['policies'] as { policyName: string }[]
    const rows = policies.map(one => [one.policyName, sources.of('policy', one.policyName)])
    return {
      lines: listLines(['POLICY', 'FROM'], rows, 'there are no policies'),
      output: found.value,
    }
  },
}

export const policyDescribe: RegistryVerb = {
  command: {
    usage: ['candid policy describe POLICY'],
    says: ['one policy: its document, and what it is on (GetPolicy)'],
    flags: {},
    takes: ['POLICY'],
  },
  reads: true,
  async act({ given, call, all, declared }) {
    const [policyName = ''] = given.plain
    const found = await need(call('GetPolicy', { policyName }))
    if ('stopped' in found) return found
    const targets = await need(all('ListTargetsForPolicy', 'targets', { policyName }))
    if ('stopped' in targets) return targets
    const { policyDocument, ...rest } = found.value
    const from = sourcesOf(await declared()).of('policy', policyName)
    const lines = [
      ...describeLines({ ...rest, on: targets.value['targets'] }, from),
      '',
      ...String(policyDocument).trimEnd().split('\n'),
    ]
    return { lines, output: found.value }
  },
}

export const policyVersions: RegistryVerb = {
  command: {
    usage: ['candid policy versions POLICY'],
    says: ['its versions, five at most (ListPolicyVersions)'],
    flags: {},
    takes: ['POLICY'],
  },
  reads: true,
  async act({ given, call }) {
    const found = await need(call('ListPolicyVersions', { policyName: given.plain[0] }))
    if ('stopped' in found) return found
    const versions = found.value['policyVersions'] as { [key: string]: unknown }[]
    const rows = versions.map(one => [
      cell(one['versionId']),
      one['isDefaultVersion'] === true ? 'default' : '-',
      day(one['createDate']),
    ])
    return { lines: listLines(['VERSION', 'STATE', 'SINCE'], rows, 'none'), output: found.value }
  },
}

export const policySetDefault: RegistryVerb = {
  command: {
    usage: ['candid policy set-default POLICY VERSION'],
    says: ['the version that holds from now on (SetDefaultPolicyVersion)'],
    flags: {},
    takes: ['POLICY', 'VERSION'],
  },
  async act({ given, call }) {
    const [policyName = '', policyVersionId = ''] = given.plain
    const done = await need(call('SetDefaultPolicyVersion', { policyName, policyVersionId }))
    if ('stopped' in done) return done
    const lines = [`version ${policyVersionId} of policy \`${policyName}\` holds now`]
    return { lines, output: done.value }
  },
}

export const policyDelete: RegistryVerb = {
  command: {
    usage: ['candid policy delete POLICY [--version VERSION]'],
    says: [
      'deletes a policy that is on nothing, or one version of it (DeletePolicy, DeletePolicyVersion)',
    ],
    flags: { version: { value: 'VERSION', says: 'only this version' } },
    takes: ['POLICY'],
  },
  async act(registry) {
    const { given, call } = registry
    const [policyName = ''] = given.plain
    const inFile = await ifInFile(policyName, registry)
    if (inFile) return inFile
    const policyVersionId = given.value('version')
    const done = await need(
      policyVersionId === undefined
        ? call('DeletePolicy', { policyName })
        : call('DeletePolicyVersion', { policyName, policyVersionId }),
    )
    if ('stopped' in done) return done
    const what = policyVersionId === undefined ? '' : `version ${policyVersionId} of `
    return { lines: [`${what}policy \`${policyName}\` is gone`], output: done.value }
  },
}

export const policyAttach = onTarget(
  'attach',
  'puts it on a certificate or a thing group',
  'AttachPolicy',
)
export const policyDetach = onTarget('detach', 'takes it off', 'DetachPolicy')

function onTarget(way: Way, says: string, operation: string): RegistryVerb {
  return {
    command: {
      usage: [`candid policy ${way} POLICY [CERT] [--group GROUP]`],
      says: [`${says} (${operation})`],
      flags: { group: { value: 'GROUP', says: 'a thing group, instead of a certificate' } },
      takes: ['POLICY', 'CERT?'],
    },
    async act(registry) {
      const { given, call, project } = registry
      const [policyName = '', name] = given.plain
      const group = given.value('group')
      if ((name === undefined) === (group === undefined)) {
        const hint = `candid policy ${way} ${policyName} CERT, or --group GROUP`
        return stopped([{ says: 'a certificate or a group is needed', hint }])
      }
      if (name !== undefined) {
        const certificate = await namedCertificate(name, registry)
        if ('stopped' in certificate) return certificate
        return policyOn(way, certificate, policyName, `certificate ${certificate.id}`, registry)
      }
      const target = arn(project.config.account, 'thinggroup', group ?? '')
      const done = await need(call(operation, { policyName, target }))
      if ('stopped' in done) return done
      const how = way === 'attach' ? 'on' : 'not on'
      return {
        lines: [`policy \`${policyName}\` is ${how} group \`${group}\``],
        output: done.value,
      }
    },
  }
}
