/** `candid device delete`: a device that is declared goes with its folder, one that was learned step by step, as on AWS. */

import { count } from '../diagnosis/words.ts'
import { arn } from '../registry/arn.ts'
import { removeDeclared } from './declared-edit.ts'
import { certificatesOf } from './device-certificates.ts'
import { need, type Registry, type RegistryVerb, type Stop, stopped } from './in-registry.ts'
import { exits } from './io.ts'

export const deviceDelete: RegistryVerb = {
  command: {
    usage: ['candid device delete THING [--yes]'],
    says: ['deletes its certificates and its thing; of a declared one the folder'],
    flags: { yes: { says: 'do not ask' } },
    takes: ['THING'],
  },
  async act(registry) {
    const { given, io } = registry
    const [thingName = ''] = given.plain
    const held = await certificatesOf(thingName, registry)
    if ('stopped' in held) return held
    const declared = held.flatMap(one => (one.declared ? [one.declared] : []))
    const [first, second] = declared
    if (second) {
      const hint = declared.map(one => one.file).join(', ')
      return stopped([{ says: `device \`${thingName}\` is declared twice`, hint }], exits.refused)
    }
    if (first) return removeDeclared(first, 'devices', `device \`${thingName}\``, registry)
    if (!given.has('yes')) {
      const says = `device \`${thingName}\` and ${count(held.length, 'certificate')} would go`
      if (!io.ask) return stopped([{ says, hint: 'add --yes if you mean it' }], exits.refused)
      const answer = await io.ask(`${says}; delete them? (yes/no) `)
      if (!/^y(es)?$/i.test(answer.trim()))
        return stopped([{ says: 'nothing is deleted' }], exits.refused)
    }
    for (const { id } of held) {
      const failed = await deleteCertificate(id, thingName, registry)
      if (failed) return failed
    }
    const done = await need(registry.call('DeleteThing', { thingName }))
    if ('stopped' in done) return done
    return {
      lines: [`device \`${thingName}\` is gone, with ${count(held.length, 'certificate')}`],
      output: { thingName, certificateIds: held.map(({ id }) => id) },
    }
  },
}

/** What AWS wants before it deletes one: nothing attached, and not ACTIVE. */
async function deleteCertificate(
  id: string,
  thingName: string,
  { call, all, project }: Registry,
): Promise<{ stopped: Stop } | undefined> {
  const target = arn(project.config.account, 'cert', id)
  const attached = await need(all('ListAttachedPolicies', 'policies', { target }))
  if ('stopped' in attached) return attached
  const policies = attached.value['policies'] as { policyName: string }[]
  const found = await need(call('DescribeCertificate', { certificateId: id }))
  if ('stopped' in found) return found
  const { status } = found.value['certificateDescription'] as { status: string }
  const steps: [operation: string, input: object][] = [
    ...(status === 'ACTIVE' ? [inactive(id)] : []),
    ...policies.map(({ policyName }): [string, object] => ['DetachPolicy', { policyName, target }]),
    ['DetachThingPrincipal', { thingName, principal: target }],
    ['DeleteCertificate', { certificateId: id }],
  ]
  for (const [operation, input] of steps) {
    const done = await need(call(operation, input))
    if ('stopped' in done) return done
  }
  return undefined
}

function inactive(certificateId: string): [operation: string, input: object] {
  return ['UpdateCertificate', { certificateId, newStatus: 'INACTIVE' }]
}
