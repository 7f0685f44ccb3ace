/** `candid cert`: device certificates, their status, and what is attached to them. */

import { arn } from '../registry/arn.ts'
import { attachVerb, detachVerb } from './cert-attach.ts'
import { certCreate, certRegister } from './cert-new.ts'
import { statusVerb } from './cert-status.ts'
import { removeDeclared } from './declared-edit.ts'
import { type Family, runFamily } from './family.ts'
import { need, type RegistryVerb } from './in-registry.ts'
import type { Io } from './io.ts'
import { namedAuthority, namedCertificate } from './named.ts'
import { cell, day, describeLines, listLines, sourcesOf } from './tell.ts'

const list: RegistryVerb = {
  command: {
    usage: ['candid cert list [--ca CA]'],
    says: ['all certificates, and where each comes from (ListCertificates)'],
    flags: { ca: { value: 'CA', says: 'only those that this CA signed (ListCertificatesByCA)' } },
    takes: [],
  },
  reads: true,
  async act(registry) {
    const { given, all, declared } = registry
    const ca = given.value('ca')
    const authority = ca === undefined ? undefined : await namedAuthority(ca, registry)
    if (authority && 'stopped' in authority) return authority
    const found = await need(
      authority
        ? all('ListCertificatesByCA', 'certificates', { caCertificateId: authority.id })
        : all('ListCertificates', 'certificates'),
    )
    if ('stopped' in found) return found
    const sources = sourcesOf(await declared())
    const certificates = found.value['certificates'] as { [key: string]: unknown }[]
    const rows = certificates.map(one => [
      cell(one['certificateId']),
      cell(one['status']),
      cell(one['certificateMode']),
      day(one['creationDate']),
      sources.of('cert', one['certificateId']),
    ])
    const head = ['CERTIFICATE', 'STATUS', 'MODE', 'SINCE', 'FROM']
    return { lines: listLines(head, rows, 'there are no certificates'), output: found.value }
  },
}

const describe: RegistryVerb = {
  command: {
    usage: ['candid cert describe CERT'],
    says: ['one certificate, its things and policies (DescribeCertificate)'],
    flags: {},
    takes: ['CERT'],
  },
  reads: true,
  async act(registry) {
    const { given, call, all, declared, project } = registry
    const certificate = await namedCertificate(given.plain[0] ?? '', registry)
    if ('stopped' in certificate) return certificate
    const { id } = certificate
    const found = await need(call('DescribeCertificate', { certificateId: id }))
    if ('stopped' in found) return found
    const target = arn(project.config.account, 'cert', id)
    const things = await need(all('ListPrincipalThings', 'things', { principal: target }))
    if ('stopped' in things) return things
    const policies = await need(all('ListAttachedPolicies', 'policies', { target }))
    if ('stopped' in policies) return policies
    const shown = {
      ...(found.value['certificateDescription'] as object),
      things: things.value['things'],
      policies: (policies.value['policies'] as { policyName: string }[]).map(one => one.policyName),
    }
    const lines = describeLines(shown, sourcesOf(await declared()).of('cert', id))
    return { lines, output: found.value }
  },
}

const remove: RegistryVerb = {
  command: {
    usage: ['candid cert delete CERT [--force] [--yes]'],
    says: ['deletes a certificate that is not ACTIVE and has nothing attached (DeleteCertificate)'],
    flags: {
      force: { says: 'also one that has policies attached' },
      yes: { says: 'do not ask before a declared one goes, with its folder' },
    },
    takes: ['CERT'],
  },
  async act(registry) {
    const { given, call } = registry
    const certificate = await namedCertificate(given.plain[0] ?? '', registry)
    if ('stopped' in certificate) return certificate
    const { id, declared } = certificate
    if (declared) return removeDeclared(declared, 'devices', `certificate ${id}`, registry)
    const input = { certificateId: id, ...(given.has('force') && { forceDelete: true }) }
    const done = await need(call('DeleteCertificate', input))
    if ('stopped' in done) return done
    return { lines: [`certificate ${id} is gone`], output: done.value }
  },
}

const verbs: Family = {
  create: certCreate,
  register: certRegister,
  list,
  describe,
  activate: statusVerb('activate', 'ACTIVE'),
  deactivate: statusVerb('deactivate', 'INACTIVE'),
  revoke: statusVerb('revoke', 'REVOKED'),
  attach: attachVerb,
  detach: detachVerb,
  delete: remove,
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('cert', verbs, args, io)
}
