/**
 * What Candid knows of certificates, authorities (CAs), things and policies, in memory. Two layers: what the files
 * declare, replaced as a whole when a file changes, and what provisioning has learned, which stays. A declared item hides
 * a learned one of the same name, so that a user's file always wins.
 */

import type { AuthorityStatus, AutoRegistration, DeviceStatus } from '../config/shape.ts'
import { groupPolicies, type ThingGroup } from '../policy/groups.ts'
import type { Policy } from '../policy/policy.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Declared } from './declared-shape.ts'

export type Source = { kind: 'declared'; file: string } | { kind: 'learned'; how: string }

export type RegisteredCertificate = {
  certificateId: string
  certificate: Certificate
  status: DeviceStatus
  caCertificateId?: string
  source: Source
}

export type RegisteredAuthority = {
  caCertificateId: string
  certificate: Certificate
  status: AuthorityStatus
  autoRegistration: AutoRegistration
  /** With it just-in-time provisioning, without it just-in-time registration. */
  templateName?: string
  name: string
  source: Source
}

export type Thing = {
  thingName: string
  thingTypeName?: string
  attributes: Record<string, string>
}

/** AWS: `thingPrincipalType` of AttachThingPrincipal. */
export type ThingPrincipalType = 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING'

export type Template = { name: string; json: unknown; file: string }

export type AttachedPolicies = {
  names: string[]
  policies: Policy[]
  /** Attached by name, but there is no such policy. */
  missing: string[]
}

export type Registry = {
  /** Goes up with every change: what is worked out of the registry is good for one revision. */
  revision(): number
  onChange(tell: () => void): void
  /** Takes over all that the files declare, in place of what they declared before. */
  declare(declared: Declared): void

  certificate(certificateId: string): RegisteredCertificate | undefined
  certificates(): RegisteredCertificate[]
  authority(caCertificateId: string): RegisteredAuthority | undefined
  authorities(): RegisteredAuthority[]
  template(name: string): Template | undefined
  policy(name: string): Policy | undefined
  thing(thingName: string): Thing | undefined
  /** The things that a certificate is attached to. */
  thingsOf(certificateId: string): string[]
  /** The thing that a certificate is attached to exclusively: it is that thing whatever its client id. */
  exclusiveThingOf(certificateId: string): string | undefined
  /** Those of the certificate, and those of the thing's groups and of the groups above them. */
  policiesOf(certificateId: string, thingName?: string): AttachedPolicies

  registerAuthority(authority: RegisteredAuthority): void
  putTemplate(template: Template): void
  registerCertificate(certificate: RegisteredCertificate): void
  setStatus(certificateId: string, status: DeviceStatus): void
  /** Makes the thing, or merges the attributes into it. */
  putThing(thing: Thing): void
  putPolicy(policy: Policy): void
  /** Makes the group, or replaces it. */
  putGroup(group: ThingGroup): void
  attachThing(certificateId: string, thingName: string, type?: ThingPrincipalType): void
  attachPolicy(certificateId: string, policyName: string): void
}

type Layer = {
  certificates: Map<string, RegisteredCertificate>
  authorities: Map<string, RegisteredAuthority>
  templates: Map<string, Template>
  policies: Map<string, Policy>
  things: Map<string, Thing>
  thingsOf: Map<string, Set<string>>
  policiesOf: Map<string, Set<string>>
  groups: Map<string, ThingGroup>
  /** Certificate to its exclusive thing. */
  exclusive: Map<string, string>
}

export function createRegistry(): Registry {
  let declared = emptyLayer()
  const learned = emptyLayer()
  let revision = 0
  const listeners: (() => void)[] = []
  const attached = new Map<string, AttachedPolicies>()

  const both = <T>(pick: (layer: Layer) => Map<string, T>, key: string): T | undefined =>
    pick(declared).get(key) ?? pick(learned).get(key)
  const all = <T>(pick: (layer: Layer) => Map<string, T>): T[] => [
    ...new Map([...pick(learned), ...pick(declared)]).values(),
  ]
  const names = (pick: (layer: Layer) => Map<string, Set<string>>, key: string): string[] => [
    ...new Set([...(pick(declared).get(key) ?? []), ...(pick(learned).get(key) ?? [])]),
  ]

  function changed(): void {
    revision++
    attached.clear()
    for (const tell of listeners) tell()
  }

  const registry: Registry = {
    revision: () => revision,
    onChange: tell => void listeners.push(tell),
    declare(next) {
      declared = layerOf(next)
      changed()
    },
    certificate: id => both(layer => layer.certificates, id),
    certificates: () => all(layer => layer.certificates),
    authority: id => both(layer => layer.authorities, id),
    authorities: () => all(layer => layer.authorities),
    template: name => both(layer => layer.templates, name),
    policy: name => both(layer => layer.policies, name),
    thing: name => both(layer => layer.things, name),
    thingsOf: id => names(layer => layer.thingsOf, id),
    exclusiveThingOf: id => both(layer => layer.exclusive, id),
    policiesOf(id, thingName) {
      const key = `${id} ${thingName ?? ''}`
      const known = attached.get(key)
      if (known) return known
      const result: AttachedPolicies = { names: [], policies: [], missing: [] }
      const groups = new Map([...learned.groups, ...declared.groups])
      const own = names(layer => layer.policiesOf, id)
      const inherited = thingName === undefined ? [] : groupPolicies(thingName, groups)
      for (const name of new Set([...own, ...inherited])) {
        const policy = registry.policy(name)
        if (policy) result.policies.push(policy)
        result[policy ? 'names' : 'missing'].push(name)
      }
      attached.set(key, result)
      return result
    },
    registerAuthority(authority) {
      learned.authorities.set(authority.caCertificateId, authority)
      changed()
    },
    putTemplate(template) {
      learned.templates.set(template.name, template)
      changed()
    },
    registerCertificate(certificate) {
      learned.certificates.set(certificate.certificateId, certificate)
      changed()
    },
    setStatus(id, status) {
      const certificate = learned.certificates.get(id)
      if (certificate === undefined) return
      learned.certificates.set(id, { ...certificate, status })
      changed()
    },
    putThing(thing) {
      const before = learned.things.get(thing.thingName)
      const attributes = { ...before?.attributes, ...thing.attributes }
      learned.things.set(thing.thingName, { ...before, ...thing, attributes })
      changed()
    },
    putPolicy(policy) {
      learned.policies.set(policy.name, policy)
      changed()
    },
    putGroup(group) {
      learned.groups.set(group.groupName, group)
      changed()
    },
    attachThing(id, thingName, type = 'NON_EXCLUSIVE_THING') {
      add(learned.thingsOf, id, thingName)
      if (type === 'EXCLUSIVE_THING') learned.exclusive.set(id, thingName)
      changed()
    },
    attachPolicy(id, policyName) {
      add(learned.policiesOf, id, policyName)
      changed()
    },
  }
  return registry
}

function emptyLayer(): Layer {
  return {
    certificates: new Map(),
    authorities: new Map(),
    templates: new Map(),
    policies: new Map(),
    things: new Map(),
    thingsOf: new Map(),
    policiesOf: new Map(),
    groups: new Map(),
    exclusive: new Map(),
  }
}

function layerOf(declared: Declared): Layer {
  const layer = emptyLayer()
  for (const { name, policy } of declared.policies) layer.policies.set(name, policy)
  for (const template of declared.templates) layer.templates.set(template.name, template)
  for (const { id, file, templateName, ...authority } of declared.authorities) {
    layer.authorities.set(id, {
      caCertificateId: id,
      certificate: authority.certificate,
      status: authority.status,
      autoRegistration: authority.autoRegistration,
      name: authority.name,
      ...(templateName === undefined ? {} : { templateName }),
      source: { kind: 'declared', file },
    })
  }
  for (const group of declared.groups) layer.groups.set(group.groupName, group)
  for (const device of declared.devices) {
    const { certificateId, thingName } = device
    layer.certificates.set(certificateId, {
      certificateId,
      certificate: device.certificate,
      status: device.status,
      source: { kind: 'declared', file: device.file },
    })
    for (const name of device.policyNames) add(layer.policiesOf, certificateId, name)
    if (thingName === undefined) continue
    layer.things.set(thingName, { thingName, attributes: {} })
    add(layer.thingsOf, certificateId, thingName)
  }
  return layer
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}
