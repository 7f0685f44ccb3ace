/** What the registry learns stays, where it has a place to stay; and what can't be written is refused aloud. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LogEvent } from '../../broker/journal/journal.ts'
import { type Broker, type StartOptions, start } from '../../broker/main.ts'
import { createMemoryStore } from '../../broker/store/memory.ts'
import type { Store } from '../../broker/store/store.ts'
import { allow, connect } from '../helpers/device.ts'

async function broker(t: Test, options: StartOptions): Promise<Broker> {
  const started = await start(options)
  t.teardown(() => started.stop())
  return started
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'candid-state-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('a device outlives its broker: stopped, or killed', async t => {
  const state = folderOf(t)
  const first = await broker(t, { state })
  const device = await first.createDevice('sensor-1')
  const killed = folderOf(t)
  cpSync(state, killed, { recursive: true })
  await first.stop()
  for (const folder of [state, killed]) {
    const next = await broker(t, { state: folder })
    t.same(next.registry.thingsOf(device.certificateId), ['sensor-1'])
    const { seen, client } = await connect(t, next, { ...device, ca: next.ca })
    t.equal(seen.connack, 0)
    await client.endAsync()
    await next.stop()
  }
})

t.test('two brokers on one folder: the second does not start', async t => {
  const state = folderOf(t)
  await broker(t, { state })
  await t.rejects(start({ state }), {
    message: new RegExp(
      `the state folder \`${state}\` is in use by process ${process.pid}; hint: `,
    ),
  })
})

t.test('a stored policy that can not be read is told at the start: it allows nothing', async t => {
  const state = folderOf(t)
  const first = await broker(t, { state })
  const device = await first.createDevice('sensor-1')
  const { desk, operations } = first.registry
  operations.createPolicy({ policyName: 'good', policyDocument: GOOD })
  desk.transact(() => {
    const record = desk.tables.policies.get('sensor-1-policy')
    if (!record) throw new Error('no policy')
    const versions = { 1: { policyDocument: '{"Version": "2012-10-17"}', createDate: 0 } }
    desk.tables.policies.put(record.policyName, { ...record, versions })
    return { ok: true, value: undefined }
  })
  await first.stop()
  const events: LogEvent[] = []
  const next = await broker(t, { state, log: event => events.push(event) })
  const warnings = events.filter(({ event }) => event === 'broker.warning')
  t.equal(warnings.length, 1)
  t.match(warnings[0], {
    says: /a policy that can't be read, so it allows nothing: `sensor-1-policy`: .*Statement/,
    hint: /CreatePolicyVersion/,
  })
  const { seen, closed } = await connect(t, next, { ...device, ca: next.ca })
  await closed
  t.equal(seen.connack, undefined)
  t.match(await next.closed(), { code: 'PERMISSION_CONNECT_DENIED' })
})

t.test('of a thousand policies that can not be read, ten are told', async t => {
  const first = createMemoryStore()
  const broken = await broker(t, { state: first })
  const { desk, operations } = broken.registry
  desk.transact(() => {
    for (let index = 0; index < 1500; index++) {
      const policyName = `p${index}`
      operations.createPolicy({ policyName, policyDocument: GOOD })
      const record = desk.tables.policies.get(policyName)
      if (!record) throw new Error('no policy')
      const policyDocument = JSON.stringify({ Version: policyName })
      desk.tables.policies.put(policyName, {
        ...record,
        versions: { 1: { policyDocument, createDate: 0 } },
      })
    }
    return { ok: true, value: undefined }
  })
  await broken.stop()
  const events: LogEvent[] = []
  await broker(t, { state: first, log: event => events.push(event) })
  const warnings = events.filter(({ event }) => event === 'broker.warning')
  t.equal(warnings.length, 11)
  t.match(warnings.at(-1), {
    says: /holds 990 more policies, at least, that can't be read/,
  })
})

const GOOD = JSON.stringify(allow(['iot:*', '*']))

t.test('memory forgets', async t => {
  const first = await broker(t, {})
  await first.createDevice('sensor-1')
  const second = await broker(t, {})
  t.equal(second.registry.thing('sensor-1'), undefined)
})

t.test('a port that is taken lets go of the folder', async t => {
  const state = folderOf(t)
  const { port } = await broker(t, {})
  await t.rejects(start({ state, port }), /port/)
  await broker(t, { state })
})

/** Its `nth` write fails, and it counts what comes after. */
function failing(nth: number): { store: Store; writes(): number } {
  const store = createMemoryStore()
  let writes = 0
  return {
    writes: () => writes,
    store: {
      ...store,
      async write(changes) {
        writes++
        if (writes >= nth) throw new Error('ENOSPC: no space left on device, write')
        await store.write(changes)
      },
    },
  }
}

t.test('a disk that fails: later changes are refused, and one warning says why', async t => {
  const warnings: LogEvent[] = []
  const { store, writes } = failing(2)
  const { registry } = await broker(t, {
    state: store,
    log: event => void (event.event === 'broker.warning' && warnings.push(event)),
  })
  const { createThing } = registry.operations
  t.ok(createThing({ thingName: 'first' }).ok)
  await registry.durable()
  t.ok(createThing({ thingName: 'second' }).ok, 'it is taken, since nobody knows yet')
  await t.rejects(registry.durable(), /ENOSPC/, 'but never confirmed')
  for (const thingName of ['third', 'fourth']) {
    t.match(createThing({ thingName }), {
      ok: false,
      refusal: { exception: 'InternalFailureException', message: /ENOSPC/ },
    })
    await t.rejects(registry.durable(), /ENOSPC/)
  }
  t.equal(writes(), 2)
  t.match(warnings, [
    {
      says: /a change could not be written to the store: ENOSPC.*no change is taken/,
      hint: /start the broker again/,
    },
  ])
})

t.test('records of a newer version stay, and are told', async t => {
  const store = createMemoryStore([['shadows/sensor-1', '{"version":3}']])
  const warnings: LogEvent[] = []
  await broker(t, { state: store, log: event => warnings.push(event) })
  t.match(warnings, [
    { says: /holds a record that this version doesn't know: `shadows\/sensor-1`/ },
  ])
})
