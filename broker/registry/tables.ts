/**
 * The tables of the registry and the indexes on them. There are two such sets: what files declare, and what was learned;
 * only the latter is kept in a store. `view` looks at both at once: what is declared hides what was learned.
 */

import { createLedger, type Index, type Ledger, type Table } from './ledger.ts'
import type {
  AuthorityRecord,
  BillingGroupRecord,
  CertificateRecord,
  GroupThingRecord,
  PolicyRecord,
  PolicyTargetRecord,
  SettingRecord,
  TemplateRecord,
  ThingGroupRecord,
  ThingPrincipalRecord,
  ThingRecord,
  ThingTypeRecord,
} from './records.ts'

export type Tables = {
  certificates: Table<CertificateRecord>
  authorities: Table<AuthorityRecord>
  things: Table<ThingRecord>
  thingTypes: Table<ThingTypeRecord>
  thingGroups: Table<ThingGroupRecord>
  billingGroups: Table<BillingGroupRecord>
  policies: Table<PolicyRecord>
  templates: Table<TemplateRecord>
  thingPrincipals: Table<ThingPrincipalRecord>
  policyTargets: Table<PolicyTargetRecord>
  groupThings: Table<GroupThingRecord>
  settings: Table<SettingRecord>
}

export type Indexes = {
  certificatesByKey: Index
  certificatesByIssuer: Index
  certificatesByAuthority: Index
  certificatesWithEnd: Index
  authoritiesBySubject: Index
  thingsByType: Index
  thingsByBillingGroup: Index
  groupsByParent: Index
  principalsByCertificate: Index
  principalsByThing: Index
  targetsByPolicy: Index
  targetsByTarget: Index
  groupThingsByGroup: Index
  groupThingsByThing: Index
}

/** The one value of an index that only tells which records have something. */
export const ALL = 'all'

export type Layer = { ledger: Ledger; tables: Tables; indexes: Indexes }

export function createLayer(): Layer {
  const ledger = createLedger()
  const tables: Tables = {
    certificates: ledger.table('certificates'),
    authorities: ledger.table('authorities'),
    things: ledger.table('things'),
    thingTypes: ledger.table('thingTypes'),
    thingGroups: ledger.table('thingGroups'),
    billingGroups: ledger.table('billingGroups'),
    policies: ledger.table('policies'),
    templates: ledger.table('templates'),
    thingPrincipals: ledger.table('thingPrincipals'),
    policyTargets: ledger.table('policyTargets'),
    groupThings: ledger.table('groupThings'),
    settings: ledger.table('settings'),
  }
  const { certificates, authorities, things, thingGroups, thingPrincipals } = tables
  const { policyTargets, groupThings } = tables
  const indexes: Indexes = {
    certificatesByKey: ledger.index(certificates, one => [one.publicKeySha256]),
    certificatesByIssuer: ledger.index(certificates, one => [one.issuerSha256]),
    certificatesByAuthority: ledger.index(certificates, one => [one.caCertificateId]),
    certificatesWithEnd: ledger.index(certificates, one => [
      one.expires === undefined ? undefined : ALL,
    ]),
    authoritiesBySubject: ledger.index(authorities, one => [one.subjectSha256]),
    thingsByType: ledger.index(things, one => [one.thingTypeName]),
    thingsByBillingGroup: ledger.index(things, one => [one.billingGroupName]),
    groupsByParent: ledger.index(thingGroups, one => [one.parentGroupName]),
    principalsByCertificate: ledger.index(thingPrincipals, one => [one.certificateId]),
    principalsByThing: ledger.index(thingPrincipals, one => [one.thingName]),
    targetsByPolicy: ledger.index(policyTargets, one => [one.policyName]),
    targetsByTarget: ledger.index(policyTargets, one => [one.target]),
    groupThingsByGroup: ledger.index(groupThings, one => [one.thingGroupName]),
    groupThingsByThing: ledger.index(groupThings, one => [one.thingName]),
  }
  return { ledger, tables, indexes }
}

/** Both layers as one, for reading. */
export type View<T> = {
  get(key: string): T | undefined
  has(key: string): boolean
  /** In order; the same list until one of the layers changes. The caller must not change it. */
  keys(): readonly string[]
  values(): T[]
}

/** Keys found by an index of both layers, in order; a learned record that a declared one hides is looked up as declared. */
export type IndexView = { keys(of: string): readonly string[]; has(of: string): boolean }

export type Views = {
  [name in keyof Tables]: View<Tables[name] extends Table<infer T> ? T : never>
} & { [name in keyof Indexes]: IndexView }

/** @param declared the declared layer of the moment: it is replaced as a whole */
export function viewOf(declared: () => Layer, learned: Layer): Views {
  const tables = Object.keys(learned.tables) as (keyof Tables)[]
  const indexes = Object.keys(learned.indexes) as (keyof Indexes)[]
  return Object.fromEntries([
    ...tables.map(name => [
      name,
      view<unknown>(() => declared().tables[name], learned.tables[name]),
    ]),
    ...indexes.map(name => [
      name,
      indexView(() => declared().indexes[name], learned.indexes[name]),
    ]),
  ]) as Views
}

function view<T>(declared: () => Table<T>, learned: Table<T>): View<T> {
  let both: { of: [readonly string[], readonly string[]]; keys: readonly string[] } | undefined
  const own: View<T> = {
    get: key => declared().get(key) ?? learned.get(key),
    has: key => declared().has(key) || learned.has(key),
    keys() {
      if (declared().size === 0) return learned.keys()
      const of: [readonly string[], readonly string[]] = [declared().keys(), learned.keys()]
      if (both?.of[0] !== of[0] || both.of[1] !== of[1]) {
        both = { of, keys: [...new Set([...of[0], ...of[1]])].sort() }
      }
      return both.keys
    },
    values: () =>
      own.keys().flatMap(key => {
        const record = own.get(key)
        return record === undefined ? [] : [record]
      }),
  }
  return own
}

function indexView(declared: () => Index, learned: Index): IndexView {
  return {
    has: of => declared().has(of) || learned.has(of),
    keys(of) {
      const [written, own] = [declared().keys(of), learned.keys(of)]
      if (written.length === 0) return own
      return own.length === 0 ? written : [...new Set([...written, ...own])].sort()
    },
  }
}
