/** `candid device`: a thing with its certificates, as one. */

import { arn } from '../registry/arn.ts'
import { policyOn, type Way } from './cert-attach.ts'
import { type NewStatus, setStatus, statusWords } from './cert-status.ts'
import { certificateOf, certificatesOf } from './device-certificates.ts'
import { command as createCommand, run as runCreate } from './device-create.ts'
import { deviceDelete } from './device-delete.ts'
import { type Family, runFamily } from './family.ts'
import { need, type RegistryVerb } from './in-registry.ts'
import type { Io } from './io.ts'
import { cell, describeLines, listLines, sourcesOf } from './tell.ts'

const list: RegistryVerb = {
  command: {
    usage: ['candid device list'],
    says: ['all things with their certificates, and where each comes from'],
    flags: {},
    takes: [],
  },
  reads: true,
  async act(registry) {
    const { all, declared } = registry
    const things = await need(all('ListThings', 'things'))
    if ('stopped' in things) return things
    const certificates = await need(all('ListCertificates', 'certificates'))
    if ('stopped' in certificates) return certificates
    type Listed = { certificateId: string; status: string }
    const status = new Map(
      (certificates.value['certificates'] as Listed[]).map(one => [one.certificateId, one.status]),
    )
    const sources = sourcesOf(await declared())
    const devices: { thingName: string; certificateId?: string; status?: string; from: string }[] =
      []
    for (const { thingName } of things.value['things'] as { thingName: string }[]) {
      const held = await certificatesOf(thingName, registry)
      if ('stopped' in held) return held
      for (const { id } of held) {
        const from = sources.of('cert', id)
        devices.push({ thingName, certificateId: id, status: status.get(id) ?? '-', from })
      }
      if (held.length === 0) devices.push({ thingName, from: sources.of('thing', thingName) })
    }
    const rows = devices.map(one => [
      one.thingName,
      cell(one.certificateId?.slice(0, 16)),
      cell(one.status),
      one.from,
    ])
    const head = ['DEVICE', 'CERTIFICATE', 'STATUS', 'FROM']
    return { lines: listLines(head, rows, 'there are no devices'), output: { devices } }
  },
}

const describe: RegistryVerb = {
  command: {
    usage: ['candid device describe THING'],
    says: ['its thing, certificates and policies'],
    flags: {},
    takes: ['THING'],
  },
  reads: true,
  async act(registry) {
    const { given, call, all, declared, project } = registry
    const [thingName = ''] = given.plain
    const thing = await need(call('DescribeThing', { thingName }))
    if ('stopped' in thing) return thing
    const held = await certificatesOf(thingName, registry)
    if ('stopped' in held) return held
    const sources = sourcesOf(await declared())
    const lines = describeLines(thing.value, sources.of('thing', thingName))
    const certificates: object[] = []
    for (const { id } of held) {
      const found = await need(call('DescribeCertificate', { certificateId: id }))
      if ('stopped' in found) return found
      const target = arn(project.config.account, 'cert', id)
      const attached = await need(all('ListAttachedPolicies', 'policies', { target }))
      if ('stopped' in attached) return attached
      const names = attached.value['policies'] as { policyName: string }[]
      const shown = {
        ...(found.value['certificateDescription'] as object),
        policies: names.map(one => one.policyName),
      }
      lines.push('', ...describeLines(shown, sources.of('cert', id)))
      certificates.push(shown)
    }
    return { lines, output: { ...thing.value, certificates } }
  },
}

function statusVerb(verb: string, status: NewStatus): RegistryVerb {
  return {
    command: {
      usage: [`candid device ${verb} THING`],
      says: [statusWords[status]],
      flags: {},
      takes: ['THING'],
    },
    async act(registry) {
      const [thingName = ''] = registry.given.plain
      const certificate = await certificateOf(thingName, registry)
      if ('stopped' in certificate) return certificate
      return setStatus(certificate, status, `device \`${thingName}\``, registry)
    },
  }
}

function policyVerb(way: Way, says: string): RegistryVerb {
  return {
    command: {
      usage: [`candid device ${way} THING POLICY`],
      says: [says],
      flags: {},
      takes: ['THING', 'POLICY'],
    },
    async act(registry) {
      const [thingName = '', policyName = ''] = registry.given.plain
      const certificate = await certificateOf(thingName, registry)
      if ('stopped' in certificate) return certificate
      return policyOn(way, certificate, policyName, `device \`${thingName}\``, registry)
    },
  }
}

const verbs: Family = {
  create: { command: createCommand, run: runCreate },
  list,
  describe,
  activate: statusVerb('activate', 'ACTIVE'),
  deactivate: statusVerb('deactivate', 'INACTIVE'),
  revoke: statusVerb('revoke', 'REVOKED'),
  attach: policyVerb('attach', 'puts a policy on its certificate'),
  detach: policyVerb('detach', 'takes a policy off its certificate'),
  delete: deviceDelete,
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('device', verbs, args, io)
}
