/** `candid ca`: the verbs on registered CAs. What a file declares is changed there. */

import { pemOf } from './cert-new.ts'
import { editDeclared, removeDeclared } from './declared-edit.ts'
import { need, type RegistryVerb, stopped } from './in-registry.ts'
import { namedAuthority } from './named.ts'
import { cell, day, describeLines, listLines, sourcesOf } from './tell.ts'

export const caList: RegistryVerb = {
  command: {
    usage: ['candid ca list'],
    says: ['all CAs, and where each comes from (ListCACertificates)'],
    flags: {},
    takes: [],
  },
  reads: true,
  async act({ all, declared }) {
    const found = await need(all('ListCACertificates', 'certificates'))
    if ('stopped' in found) return found
    const files = await declared()
    const sources = sourcesOf(files)
    const certificates = found.value['certificates'] as { [key: string]: unknown }[]
    const rows = certificates.map(one => [
      cell(one['certificateId']),
      cell(files.authorities.find(({ id }) => id === one['certificateId'])?.name),
      cell(one['status']),
      day(one['creationDate']),
      sources.of('cacert', one['certificateId']),
    ])
    const head = ['CA', 'NAME', 'STATUS', 'SINCE', 'FROM']
    return { lines: listLines(head, rows, 'there are no CAs'), output: found.value }
  },
}

export const caDescribe: RegistryVerb = {
  command: {
    usage: ['candid ca describe CA'],
    says: ['one CA: status, auto-registration, template (DescribeCACertificate)'],
    flags: {},
    takes: ['CA'],
  },
  reads: true,
  async act(registry) {
    const { given, call, declared } = registry
    const authority = await namedAuthority(given.plain[0] ?? '', registry)
    if ('stopped' in authority) return authority
    const { id } = authority
    const found = await need(call('DescribeCACertificate', { certificateId: id }))
    if ('stopped' in found) return found
    const { certificateDescription, registrationConfig } = found.value
    const shown = {
      ...(certificateDescription as object),
      ...(registrationConfig === undefined ? {} : { registrationConfig }),
    }
    const lines = describeLines(shown, sourcesOf(await declared()).of('cacert', id))
    return { lines, output: found.value }
  },
}

/** @param value of `status`, or of `autoRegistration` in a declaration */
function changing(
  verb: string,
  says: string,
  [key, value]: ['status' | 'autoRegistration', string],
  done: string,
): RegistryVerb {
  return {
    command: {
      usage: [`candid ca ${verb} CA`],
      says: [`${says} (UpdateCACertificate)`],
      flags: {},
      takes: ['CA'],
    },
    async act(registry) {
      const authority = await namedAuthority(registry.given.plain[0] ?? '', registry)
      if ('stopped' in authority) return authority
      const { id, declared } = authority
      const says = `CA ${id} ${done}`
      if (declared) {
        return editDeclared(declared, 'authorities', { kind: 'set', key, value }, says, registry)
      }
      const what = key === 'status' ? 'newStatus' : 'newAutoRegistrationStatus'
      const input = { certificateId: id, [what]: value }
      const result = await need(registry.call('UpdateCACertificate', input))
      if ('stopped' in result) return result
      return { lines: [says], output: result.value }
    },
  }
}

export const caActivate = changing(
  'activate',
  'lets it register certificates again',
  ['status', 'ACTIVE'],
  'is ACTIVE',
)
export const caDeactivate = changing(
  'deactivate',
  'stops new registrations; devices that are registered go on',
  ['status', 'INACTIVE'],
  'is INACTIVE',
)
export const caEnable = changing(
  'enable-registration',
  'its devices are registered at their first connect',
  ['autoRegistration', 'ENABLE'],
  'registers devices at their first connect',
)
export const caDisable = changing(
  'disable-registration',
  'its devices are not registered at their first connect',
  ['autoRegistration', 'DISABLE'],
  'registers no devices by itself',
)

export const caDelete: RegistryVerb = {
  command: {
    usage: ['candid ca delete CA [--yes]'],
    says: ['deletes a CA that is INACTIVE; a declared one with its folder (DeleteCACertificate)'],
    flags: { yes: { says: 'do not ask before a declared one goes, with its folder' } },
    takes: ['CA'],
  },
  async act(registry) {
    const authority = await namedAuthority(registry.given.plain[0] ?? '', registry)
    if ('stopped' in authority) return authority
    const { id, declared } = authority
    if (declared)
      return removeDeclared(declared, 'authorities', `CA \`${declared.name}\``, registry)
    const done = await need(registry.call('DeleteCACertificate', { certificateId: id }))
    if ('stopped' in done) return done
    return { lines: [`CA ${id} is gone`], output: done.value }
  },
}

export const caCode: RegistryVerb = {
  command: {
    usage: ['candid ca registration-code'],
    says: ['the code that a verification certificate has as its common name (GetRegistrationCode)'],
    flags: {},
    takes: [],
  },
  async act({ call }) {
    const found = await need(call('GetRegistrationCode', {}))
    if ('stopped' in found) return found
    return { lines: [String(found.value['registrationCode'])], output: found.value }
  },
}

export const caVerify: RegistryVerb = {
  command: {
    usage: ['candid ca verify FILE --verification FILE [--template NAME] [--inactive]'],
    says: [
      'registers a CA as AWS does, with a verification certificate or for SNI only (RegisterCACertificate)',
    ],
    flags: {
      verification: { value: 'FILE', says: 'signed by the CA, its common name is the code' },
      'sni-only': { says: 'without a verification certificate: its devices have to send SNI' },
      template: { value: 'NAME', says: 'a provisioning template: JITP (without: JITR)' },
      'no-auto-registration': { says: 'devices are not registered at their first connect' },
      inactive: { says: 'register it as INACTIVE' },
    },
    takes: ['FILE'],
  },
  async act({ given, call, io }) {
    const ca = await pemOf(given.plain[0] ?? '', io)
    if ('stopped' in ca) return ca
    const file = given.value('verification')
    if (file === undefined && !given.has('sni-only')) {
      return stopped([
        {
          says: '`--verification FILE` or `--sni-only` is missing',
          hint: 'candid ca registration-code gives the code for it',
        },
      ])
    }
    const verification = file === undefined ? undefined : await pemOf(file, io)
    if (verification && 'stopped' in verification) return verification
    const templateName = given.value('template')
    const made = await need(
      call('RegisterCACertificate', {
        caCertificate: ca.pem,
        ...(verification && { verificationCertificate: verification.pem }),
        ...(given.has('sni-only') && { certificateMode: 'SNI_ONLY' }),
        setAsActive: !given.has('inactive'),
        allowAutoRegistration: !given.has('no-auto-registration'),
        ...(templateName && { registrationConfig: { templateName } }),
      }),
    )
    if ('stopped' in made) return made
    return { lines: [`CA ${made.value['certificateId']} is registered`], output: made.value }
  },
}
