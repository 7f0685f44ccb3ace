/** The status of a certificate: in its declaration where it has one, else by UpdateCertificate. */

import { editDeclared } from './declared-edit.ts'
import { need, type Outcome, type Registry, type RegistryVerb } from './in-registry.ts'
import { type NamedCertificate, namedCertificate } from './named.ts'

export type NewStatus = 'ACTIVE' | 'INACTIVE' | 'REVOKED'

export const statusWords: { [status in NewStatus]: string } = {
  ACTIVE: 'lets it connect',
  INACTIVE: 'keeps it out, and ends its connection, until it is activated again',
  REVOKED: 'keeps it out, and ends its connection',
}

export function statusVerb(verb: string, status: NewStatus): RegistryVerb {
  return {
    command: {
      usage: [`candid cert ${verb} CERT`],
      says: [`${statusWords[status]} (UpdateCertificate)`],
      flags: {},
      takes: ['CERT'],
    },
    async act(registry) {
      const certificate = await namedCertificate(registry.given.plain[0] ?? '', registry)
      if ('stopped' in certificate) return certificate
      return setStatus(certificate, status, `certificate ${certificate.id}`, registry)
    },
  }
}

/** @param what for the message: `certificate ...`, `device ...` */
export async function setStatus(
  { id, declared }: NamedCertificate,
  status: NewStatus,
  what: string,
  registry: Registry,
): Promise<Outcome> {
  const done = `${what} is ${status}`
  if (declared) {
    const edit = { kind: 'set', key: 'status', value: status } as const
    return editDeclared(declared, 'devices', edit, done, registry)
  }
  const changed = await need(
    registry.call('UpdateCertificate', { certificateId: id, newStatus: status }),
  )
  if ('stopped' in changed) return changed
  return { lines: [done], output: changed.value }
}
