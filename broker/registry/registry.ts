/**
 * What Candid knows of certificates, authorities (CAs), things and policies. Two layers: what the files declare, replaced as
 * a whole when a file changes, and what was learned, which stays, in a store where there is one. A declared item hides a
 * learned one of the same name, so that a user's file always wins.
 *
 * Connections read facts; everything that changes something is an operation (operations.ts) or a transaction.
 */

import type { AuthorityStatus, AutoRegistration, DeviceStatus } from '../config/shape.ts'
import { compilePolicy, type ParseOptions, type Policy, readPolicy } from '../policy/policy.ts'
import type { Store } from '../store/store.ts'
import { uuidFrom, type World } from '../world.ts'
import { certificateCache } from '../x509/cache.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Answer } from './answer.ts'
import { type Account, parseOptionsOf } from './arn.ts'
import { declaredLayer, type Known } from './declared/declared-layer.ts'
import type { Declared } from './declared/declared-shape.ts'
import { type Cause, type Desk, deskArn } from './desk.ts'
import type { Problem } from './files.ts'
import { type Keeper, keepIn, restoreFrom } from './keep.ts'
import { createOperations, named, type Operations } from './operations/operations.ts'
import type { Authority } from './pki/create-authority.ts'
import { exclusiveThingOf, policyNamesOf, thingsOf } from './principals.ts'
import type {
  AuthorityRecord,
  CertificateMode,
  CertificateRecord,
  PolicyRecord,
  Source,
  TemplateRecord,
  ThingRecord,
} from './records.ts'
import { createLayer, type Layer, viewOf } from './tables.ts'

export type { Cause } from './desk.ts'
export type { Source, ThingPrincipalType } from './records.ts'

export type RegisteredCertificate = {
  certificateId: string
  readonly certificate: Certificate
  status: DeviceStatus
  certificateMode: CertificateMode
  caCertificateId?: string
  source: Source
}

export type RegisteredAuthority = {
  caCertificateId: string
  readonly certificate: Certificate
  status: AuthorityStatus
  autoRegistration: AutoRegistration
  certificateMode: CertificateMode
  /** With it, or with a body, just-in-time provisioning; without both just-in-time registration. */
  templateName?: string
  templateBody?: string
  name: string
  source: Source
}

export type Thing = Pick<ThingRecord, 'thingName' | 'thingTypeName' | 'attributes'>

/** The default version of a provisioning template. */
export type Template = { name: string; json: unknown; file: string; record: TemplateRecord }

export type AttachedPolicies = {
  names: string[]
  policies: Policy[]
  /** Attached by name, but there is no such policy. */
  missing: string[]
  /** All that were asked for policies: the thing's, and those above them. */
  groups: string[]
}

/** What has changed. */
export type Change = {
  /** Keys by table (`certificates`, ...); `all` after a change of files. */
  records: 'all' | { table: string; key: string }[]
  cause: Cause
}

export type Registry = {
  /** AWS's control plane. */
  operations: Operations
  /** For provisioning, which does several operations as one. */
  desk: Desk
  /** Resolves when all that was changed before is durable; rejects when it could not be written. */
  durable(): Promise<void>

  /** Goes up with every change: what is worked out of the registry is good for one revision. */
  revision(): number
  /** Goes up with every change of an authority: a chain that was judged is judged the same for one of these. */
  authorityRevision(): number
  onChange(tell: (change: Change) => void): void
  /** Takes over all that the files declare, in place of what they declared before. */
  declare(declared: Declared): void

  certificate(certificateId: string): RegisteredCertificate | undefined
  /** All of them: for lists only, there may be a hundred thousand. */
  certificates(): RegisteredCertificate[]
  authority(caCertificateId: string): RegisteredAuthority | undefined
  /** All of them, the same list until one changes. */
  authorities(): readonly RegisteredAuthority[]
  template(name: string): Template | undefined
  /** The default version. */
  policy(name: string): Policy | undefined
  thing(thingName: string): Thing | undefined
  /** The things that a certificate is attached to. */
  thingsOf(certificateId: string): string[]
  /** The thing that a certificate is attached to exclusively: it is that thing whatever its client id. */
  exclusiveThingOf(certificateId: string): string | undefined
  /** Those of the certificate, and those of the thing's groups and of the groups above them. */
  policiesOf(certificateId: string, thingName?: string): AttachedPolicies
}

export type RegistryParts = {
  world: World
  account(): Account
  /** How documents of new policies are judged. Default: as AWS does. */
  policyOptions?(): ParseOptions
  /** The CA behind the certificates that Candid issues. Default: there is none. */
  issuer?(): Promise<Authority | { problem: Problem }>
}

/** Certificates of learned records that stay parsed, some 10 KB each. */
const PARSED = 1000

/** Certificates whose policies stay worked out until something changes: more than connect at one time. */
const WORKED_OUT = 20_000

const NOWHERE: Keeper = { durable: () => Promise.resolve(), der: () => undefined }

/** A registry in memory. */
export function createRegistry(parts: RegistryParts): Registry {
  return build(parts, createLayer(), NOWHERE)
}

/**
 * A registry that keeps what it learns.
 * @param failed told once when a write failed; nothing can be changed from then on
 * @returns also the keys in the store that nothing here knows: they stay where they are
 */
export async function openRegistry(
  parts: RegistryParts,
  store: Store,
  failed: (error: Error) => void,
): Promise<{ registry: Registry; strange: string[] }> {
  const learned = createLayer()
  const strange = await restoreFrom(store, learned.ledger)
  const keeper = keepIn(store, learned.ledger, failed)
  return { registry: build(parts, learned, keeper), strange }
}

function build(parts: RegistryParts, learned: Layer, keeper: Keeper): Registry {
  const { world, account } = parts
  let declared = createLayer()
  let revision = 0
  let authorityRevision = 0
  let authorities: { of: number; list: RegisteredAuthority[] } | undefined
  let cause: Cause = {}
  const listeners: ((change: Change) => void)[] = []
  const known: Known = { certificates: new WeakMap(), policies: new WeakMap() }
  const templates = new WeakMap<TemplateRecord, Template>()
  const attached = new Map<string, AttachedPolicies>()
  const cache = certificateCache(PARSED)
  const view = viewOf(() => declared, learned)

  function derOf(record: CertificateRecord | AuthorityRecord): Buffer {
    const der =
      record.der ?? ('certificateId' in record ? keeper.der(record.certificateId) : undefined)
    if (der === undefined) throw new Error('a registered certificate has no bytes')
    return Buffer.from(der, 'base64')
  }

  function certificateOf(record: CertificateRecord | AuthorityRecord): Certificate {
    const declaredOne = known.certificates.get(record)
    if (declaredOne) return declaredOne
    const reading = cache.read(derOf(record))
    if (reading.ok) return reading.certificate
    throw new Error(`a registered certificate can't be read: ${reading.says}`)
  }

  const desk: Desk = {
    world,
    account,
    view,
    tables: learned.tables,
    indexes: learned.indexes,
    transact: act => learned.ledger.transact(act),
    during(more, act) {
      const before = cause
      cause = { ...before, ...more }
      try {
        return act()
      } finally {
        cause = before
      }
    },
    now: () => world.clock.now(),
    uuid: () => uuidFrom(world.random(16)),
    arn: deskArn(account),
    policyOptions:
      parts.policyOptions ?? (() => parseOptionsOf({ account: account(), policySize: 'refuse' })),
    certificateOf,
    derOf,
    policyOf,
    issuer:
      parts.issuer ??
      (() =>
        Promise.resolve({
          problem: { says: 'there is no CA to issue certificates', hint: 'give one' },
        })),
  }

  function changed(records: Change['records']): void {
    revision++
    if (records === 'all' || records.some(({ table }) => table === 'authorities')) {
      authorityRevision++
    }
    attached.clear()
    for (const tell of listeners) tell({ records, cause })
  }
  learned.ledger.onCommit(changed)

  const registered = (record: CertificateRecord): RegisteredCertificate => ({
    certificateId: record.certificateId,
    get certificate() {
      return certificateOf(record)
    },
    status: record.status,
    certificateMode: record.certificateMode,
    ...(record.caCertificateId === undefined ? {} : { caCertificateId: record.caCertificateId }),
    source: record.source,
  })

  function policyOf(record: PolicyRecord): Policy {
    const before = known.policies.get(record)
    if (before) return before
    const text = record.versions[record.defaultVersionId]?.policyDocument ?? ''
    // It was judged when it was created: today's rules don't matter any more.
    const policy =
      readPolicy(record.policyName, text, { size: 'warning' }).policy ??
      compilePolicy(record.policyName, { statements: [] })
    known.policies.set(record, policy)
    return policy
  }

  const registry: Registry = {
    operations: named(createOperations(desk), desk),
    desk,
    durable: keeper.durable,
    revision: () => revision,
    authorityRevision: () => authorityRevision,
    onChange: tell => void listeners.push(tell),
    declare(next) {
      declared = declaredLayer(next, declared, known, account().id, desk.now())
      changed('all')
    },
    certificate(id) {
      const record = view.certificates.get(id)
      return record && registered(record)
    },
    certificates: () => view.certificates.values().map(registered),
    authority(id) {
      const record = view.authorities.get(id)
      return record && authorityOf(record, certificateOf)
    },
    authorities() {
      if (authorities?.of !== authorityRevision) {
        const list = view.authorities.values().map(record => authorityOf(record, certificateOf))
        authorities = { of: authorityRevision, list }
      }
      return authorities.list
    },
    template(name) {
      const record = view.templates.get(name)
      if (record === undefined) return undefined
      const before = templates.get(record)
      if (before) return before
      const template = templateOf(record)
      templates.set(record, template)
      return template
    },
    policy(name) {
      const record = view.policies.get(name)
      return record && policyOf(record)
    },
    thing: name => view.things.get(name),
    thingsOf: id => thingsOf(view, id),
    exclusiveThingOf: id => exclusiveThingOf(view, id),
    policiesOf(id, thingName) {
      const key = `${id} ${thingName ?? ''}`
      const before = attached.get(key)
      if (before) return before
      const result: AttachedPolicies = { names: [], policies: [], missing: [], groups: [] }
      for (const name of policyNamesOf(view, id, thingName, result.groups)) {
        const policy = registry.policy(name)
        if (policy) result.policies.push(policy)
        result[policy ? 'names' : 'missing'].push(name)
      }
      const [oldest] = attached.size < WORKED_OUT ? [] : attached.keys()
      if (oldest !== undefined) attached.delete(oldest)
      attached.set(key, result)
      return result
    },
  }
  return registry
}

function authorityOf(
  record: AuthorityRecord,
  certificateOf: (record: AuthorityRecord) => Certificate,
): RegisteredAuthority {
  const { templateName, templateBody } = record.registrationConfig ?? {}
  return {
    caCertificateId: record.caCertificateId,
    get certificate() {
      return certificateOf(record)
    },
    status: record.status,
    autoRegistration: record.autoRegistrationStatus,
    certificateMode: record.certificateMode,
    ...(templateName === undefined ? {} : { templateName }),
    ...(templateBody === undefined ? {} : { templateBody }),
    name: record.name,
    source: record.source,
  }
}

function templateOf(record: TemplateRecord): Template {
  const body = record.versions[record.defaultVersionId]?.templateBody ?? ''
  const file = record.source.kind === 'declared' ? record.source.file : 'the registry'
  return { name: record.templateName, json: parsed(body), file, record }
}

/** What was taken as a template was JSON then; a broken one is nobody's template. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

export type { Answer }
