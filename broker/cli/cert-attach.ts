/** Policies and things of a certificate: policies of a declared one stand in its declaration. */

import { arn } from '../registry/arn.ts'
import { editDeclared } from './declared-edit.ts'
import { need, type Outcome, type Registry, type RegistryVerb, stopped } from './in-registry.ts'
import { type NamedCertificate, namedCertificate } from './named.ts'

export type Way = 'attach' | 'detach'

export const attachVerb: RegistryVerb = verb('attach', 'puts a policy on it, or it on a thing')
export const detachVerb: RegistryVerb = verb('detach', 'takes a policy off it, or it off a thing')

function verb(way: Way, says: string): RegistryVerb {
  const operations =
    way === 'attach' ? 'AttachPolicy, AttachThingPrincipal' : 'DetachPolicy, DetachThingPrincipal'
  return {
    command: {
      usage: [`candid cert ${way} CERT [POLICY] [--thing THING]`],
      says: [`${says} (${operations})`],
      flags: { thing: { value: 'THING', says: 'the thing' } },
      takes: ['CERT', 'POLICY?'],
    },
    async act(registry) {
      const { given, call, project } = registry
      const [name = '', policyName] = given.plain
      const thingName = given.value('thing')
      if (policyName === undefined && thingName === undefined) {
        const hint = `candid cert ${way} ${name} POLICY, or --thing THING`
        return stopped([{ says: 'POLICY or `--thing` is missing', hint }])
      }
      const certificate = await namedCertificate(name, registry)
      if ('stopped' in certificate) return certificate
      const { id } = certificate
      const policy: Outcome =
        policyName === undefined
          ? { lines: [], output: {} }
          : await policyOn(way, certificate, policyName, `certificate ${id}`, registry)
      if ('stopped' in policy || thingName === undefined) return policy
      const operation = way === 'attach' ? 'AttachThingPrincipal' : 'DetachThingPrincipal'
      const principal = arn(project.config.account, 'cert', id)
      const done = await need(call(operation, { thingName, principal }))
      if ('stopped' in done) return done
      const how = way === 'attach' ? 'attached to' : 'not attached to'
      return {
        lines: [...policy.lines, `certificate ${id} is ${how} thing \`${thingName}\``],
        output: { ...policy.output, ...done.value },
      }
    },
  }
}

/** @param what for the message: `certificate ...`, `device ...` */
export async function policyOn(
  way: Way,
  { id, declared }: NamedCertificate,
  policyName: string,
  what: string,
  registry: Registry,
): Promise<Outcome> {
  const done = `policy \`${policyName}\` is ${way === 'attach' ? 'on' : 'not on'} ${what}`
  if (declared) {
    const { policies } = await registry.declared()
    if (way === 'attach' && !policies.some(one => one.name === policyName)) {
      const found = await need(registry.call('GetPolicy', { policyName }))
      if ('stopped' in found) return found
    }
    const kind = way === 'attach' ? 'add' : 'take'
    const edit = { kind, key: 'policies', value: policyName } as const
    return editDeclared(declared, 'devices', edit, done, registry)
  }
  const { call, project } = registry
  const target = arn(project.config.account, 'cert', id)
  const operation = way === 'attach' ? 'AttachPolicy' : 'DetachPolicy'
  const result = await need(call(operation, { policyName, target }))
  if ('stopped' in result) return result
  return { lines: [done], output: result.value }
}
