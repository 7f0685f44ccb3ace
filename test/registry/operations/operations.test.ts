/**
 * Random lives: many operations in any order, over few names so that they meet. Whatever comes, what the registry says of
 * itself fits together, a refusal changes nothing, and a restart finds the same.
 */

import fc from 'fast-check'
import t from 'tap'
import type { Answer } from '../../../broker/registry/answer.ts'
import type { Registry } from '../../../broker/registry/registry.ts'
import { createLayer } from '../../../broker/registry/tables.ts'
import { ACCOUNT, testRegistry } from '../../helpers/desk.ts'
import { directly } from '../../helpers/directly.ts'
import { pki } from '../../helpers/pki.ts'
import { everything } from '../../helpers/steps.ts'

const seed = Number(process.env['CANDID_SEED'] ?? Date.now() % 1_000_000_000)
t.comment(`CANDID_SEED=${seed}`)

const certificates = [pki().device.certificate, pki().device2.certificate]
const name = fc.constantFrom('a', 'b', 'c')
const principal = fc.constantFrom(
  ...certificates.map(one => `arn:aws:iot:${ACCOUNT.region}:${ACCOUNT.id}:cert/${one.sha256}`),
)
const attributes = fc.dictionary(
  fc.constantFrom('k', 'l', '__proto__'),
  fc.constantFrom('', '1', '2'),
)
const attributePayload = fc.record({ attributes, merge: fc.boolean() }, { requiredKeys: [] })
const expectedVersion = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 })
const thingPrincipalType = fc.constantFrom(undefined, 'EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING')
const maybe = fc.option(name, { nil: undefined })

/** What changes something, with inputs of the right form. */
const inputs: { [operation: string]: fc.Arbitrary<object> } = {
  createThing: fc.record({
    thingName: name,
    thingTypeName: maybe,
    billingGroupName: maybe,
    attributePayload,
  }),
  updateThing: fc.record({
    thingName: name,
    thingTypeName: maybe,
    attributePayload,
    expectedVersion,
    removeThingType: fc.boolean(),
  }),
  deleteThing: fc.record({ thingName: name, expectedVersion }),
  createThingType: fc.record({ thingTypeName: name }),
  deprecateThingType: fc.record({ thingTypeName: name, undoDeprecate: fc.boolean() }),
  deleteThingType: fc.record({ thingTypeName: name }),
  createThingGroup: fc.record({ thingGroupName: name, parentGroupName: maybe }),
  updateThingGroup: fc.record({
    thingGroupName: name,
    expectedVersion,
    thingGroupProperties: fc.record({ attributePayload }),
  }),
  deleteThingGroup: fc.record({ thingGroupName: name, expectedVersion }),
  addThingToThingGroup: fc.record({ thingGroupName: name, thingName: name }),
  removeThingFromThingGroup: fc.record({ thingGroupName: name, thingName: name }),
  updateThingGroupsForThing: fc.record({
    thingName: name,
    thingGroupsToAdd: fc.array(name, { maxLength: 3 }),
    thingGroupsToRemove: fc.array(name, { maxLength: 3 }),
  }),
  createBillingGroup: fc.record({ billingGroupName: name }),
  deleteBillingGroup: fc.record({ billingGroupName: name }),
  addThingToBillingGroup: fc.record({ billingGroupName: name, thingName: name }),
  removeThingFromBillingGroup: fc.record({ billingGroupName: name, thingName: name }),
  attachThingPrincipal: fc.record({ thingName: name, principal, thingPrincipalType }),
  detachThingPrincipal: fc.record({ thingName: name, principal }),
}
const act = fc.oneof(
  ...Object.entries(inputs).map(([operation, input]) =>
    fc.record({ operation: fc.constant(operation), input }),
  ),
)

t.test('random operations keep the registry whole', async t => {
  const changing = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 100, maxLength: 200 }), async acts => {
      const one = await testRegistry()
      for (const certificate of certificates) {
        const source = { kind: 'learned', how: 'a test' } as const
        directly(one.registry).registerCertificate({ certificate, status: 'ACTIVE', source })
      }
      let before = everything(one.registry)
      for (const { operation, input } of acts) {
        one.clock.advance(100_000)
        const done = called(one.registry, operation, input)
        const after = everything(one.registry)
        if (done.ok) changing.add(operation)
        else same(after, before, `${operation} was refused and changed something`)
        rising(before, after)
        before = after
      }
      whole(one.registry)
      const again = await one.again()
      same(everything(again.registry), before, 'a restart')
      whole(again.registry)
    }),
    { seed, numRuns: 60 },
  )
  t.same([...changing].sort(), Object.keys(inputs).sort(), 'each of them was done at least once')
})

t.test('a transaction that is refused at its end leaves the state before it', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 30, maxLength: 60 }),
      fc.array(act, { minLength: 30, maxLength: 60 }),
      async (first, second) => {
        const { registry, store } = await testRegistry()
        for (const { operation, input } of first) called(registry, operation, input)
        await registry.durable()
        const before = everything(registry)
        const kept = new Map(store.kept)
        registry.desk.transact(() => {
          for (const { operation, input } of second) called(registry, operation, input)
          return { ok: false, refusal: { exception: 'InvalidRequestException', message: 'no' } }
        })
        await registry.durable()
        same(everything(registry), before, 'the tables')
        same([...store.kept], [...kept], 'the store')
        whole(registry)
      },
    ),
    { seed, numRuns: 60 },
  )
  t.pass('as before')
})

t.test('no input makes an operation throw', async t => {
  const { registry } = await testRegistry()
  const junk = fc.anything({ withNullPrototype: true, withBigInt: false, maxDepth: 3 })
  const shaped = fc.dictionary(
    fc.constantFrom(
      ...['thingName', 'thingGroupName', 'thingTypeName', 'billingGroupName', 'attributePayload'],
      ...['principal', 'nextToken', 'maxResults', 'thingTypeProperties', 'thingGroupProperties'],
    ),
    fc.oneof(junk, name),
  )
  const mine = Object.keys(inputs).concat(
    Object.keys(registry.operations).filter(one =>
      /^(list|describe)(Thing|Billing|Principal)/.test(one),
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...mine), fc.oneof(junk, shaped), (operation, input) => {
      const done = called(registry, operation, input)
      return done.ok || done.refusal.message !== ''
    }),
    { seed, numRuns: 2000 },
  )
  t.pass('an answer each time')
})

function called(registry: Registry, operation: string, input: unknown): Answer<unknown> {
  const act = registry.operations[operation as keyof Registry['operations']]
  return (act as (input: unknown) => Answer<unknown>)(input)
}

type State = ReturnType<typeof everything>

function same(a: unknown, b: unknown, what: string): void {
  if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(what)
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Versions of what stays the same thing never go back, and never jump. */
function rising(before: State, after: State): void {
  for (const [table, id] of [
    ['things', 'thingId'],
    ['thingGroups', 'thingGroupId'],
    ['billingGroups', 'billingGroupId'],
  ] as const) {
    for (const [key, value] of Object.entries(after[table] ?? {})) {
      const [old, now] = [before[table]?.[key], value] as (
        | { [name: string]: unknown }
        | undefined
      )[]
      if (old?.[id] !== now?.[id]) continue
      const step = Number(now?.['version']) - Number(old?.['version'])
      must(step === 0 || step === 1, `the version of ${table}/${key}`)
    }
  }
}

/** Whatever one record names is there, no group is above itself, and each index finds what a scan finds. */
function whole({ desk }: Registry): void {
  const { tables, indexes } = desk
  for (const thing of tables.things.values()) {
    const { thingTypeName: type, billingGroupName: billing } = thing
    must(type === undefined || tables.thingTypes.has(type), 'the type of a thing')
    must(billing === undefined || tables.billingGroups.has(billing), 'the billing group of a thing')
    must(
      Object.keys(thing.attributes).length <= (type === undefined ? 3 : 50),
      'too many attributes',
    )
    must(!Object.values(thing.attributes).includes(''), 'an empty attribute')
  }
  const roots = new Map<string, string>()
  for (const { thingGroupName } of tables.thingGroups.values()) {
    let root = thingGroupName
    for (let depth = 1; ; depth++) {
      must(depth <= 7, 'a circle of groups, or one that is too deep')
      const group = tables.thingGroups.get(root)
      must(group !== undefined, 'the parent of a group')
      if (group?.parentGroupName === undefined) break
      root = group.parentGroupName
    }
    roots.set(thingGroupName, root)
  }
  const places = new Set<string>()
  for (const { thingGroupName, thingName } of tables.groupThings.values()) {
    must(tables.thingGroups.has(thingGroupName), 'the group of a membership')
    must(tables.things.has(thingName), 'the thing of a membership')
    const place = `${roots.get(thingGroupName)}/${thingName}`
    must(!places.has(place), 'a thing in two groups of one hierarchy')
    places.add(place)
  }
  for (const one of tables.thingPrincipals.values()) {
    must(tables.things.has(one.thingName), 'the thing of an attachment')
    must(tables.certificates.has(one.certificateId), 'the certificate of an attachment')
    const others = indexes.principalsByCertificate.keys(one.certificateId).length
    must(one.type === 'NON_EXCLUSIVE_THING' || others === 1, 'exclusive, but not alone')
  }
  // The same records in a fresh layer: its indexes are built by a scan.
  const fresh = createLayer()
  for (const table of Object.values(tables)) {
    for (const key of table.keys()) fresh.ledger.restore(table.name, key, table.get(key))
  }
  const values = ['a', 'b', 'c', ...certificates.map(one => one.sha256)]
  for (const [index, { keys }] of Object.entries(indexes)) {
    const scanned = fresh.indexes[index as keyof typeof indexes]
    for (const value of values)
      same([...keys(value)].sort(), [...scanned.keys(value)].sort(), index)
  }
}
