/** What is kept of MQTT: any sequence of changes, then a crash between any two writes, is what was told at that write. */

import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { Keep, Kept, KeptMessages, SessionRecord } from '../../broker/mqtt/keep.ts'
import { openKeep } from '../../broker/mqtt/keep-store.ts'
import type { Message } from '../../broker/mqtt/message.ts'
import { openState } from '../../broker/registry/open-state.ts'
import type { StoreProblem } from '../../broker/store/problem.ts'
import type { Change, Entry } from '../../broker/store/store.ts'
import { createWorld } from '../../broker/world.ts'
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts'
import { memoryStore } from '../helpers/memory-store.ts'
import { account } from '../helpers/operations.ts'

const SEED = Date.now() % 1e9
/** Names that could be taken for another's key. */
const OWNERS = ['a', 'a/b', 'a/00000000000001', '', 'ä/', '$share/g/a', '$share/g/+']
const TOPICS = ['a', 'a/b', '$aws/x', 'messages/a']

type Step =
  | { kind: 'session'; owner: string; record: Omit<SessionRecord, 'clientId'> | undefined }
  | { kind: 'message'; owner: string; number: number; message: Message | undefined }
  | { kind: 'retained'; topic: string; message: Message | undefined }
  | { kind: 'turn' }
  | { kind: 'later'; ms: number }

const bytes = fc.uint8Array({ maxLength: 20 }).map(array => Buffer.from(array))
const properties = fc.record(
  {
    payloadFormatIndicator: fc.constantFrom(0 as const, 1 as const),
    contentType: fc.string(),
    responseTopic: fc.string(),
    correlationData: bytes,
    userProperties: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 3 }),
  },
  { requiredKeys: [], noNullPrototype: true },
)
/** `expiresAt` is from the moment on when it is told. */
const message: fc.Arbitrary<Message> = fc.record(
  {
    topic: fc.constantFrom(...TOPICS),
    payload: bytes,
    qos: fc.constantFrom(0 as const, 1 as const),
    retain: fc.boolean(),
    properties,
    expiresAt: fc.integer({ min: 1, max: 5000 }),
    from: fc.constantFrom(...OWNERS),
  },
  { requiredKeys: ['topic', 'payload', 'qos', 'retain'], noNullPrototype: true },
)
const subscription = fc.record(
  {
    filter: fc.constantFrom('a', '+/b', '$share/g/a'),
    qos: fc.constantFrom(0 as const, 1 as const),
    noLocal: fc.constant(true as const),
    retainAsPublished: fc.constant(true as const),
  },
  { requiredKeys: ['filter', 'qos'], noNullPrototype: true },
)
const record = fc.record(
  {
    protocol: fc.constantFrom(4 as const, 5 as const),
    expirySeconds: fc.nat(),
    endedAt: fc.nat(),
    subscriptions: fc.array(subscription, { maxLength: 3 }),
  },
  { requiredKeys: ['protocol', 'expirySeconds', 'subscriptions'], noNullPrototype: true },
)
const owner = fc.oneof(fc.constant('a'), fc.constantFrom(...OWNERS))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('session' as const),
    owner: owner.filter(name => !name.startsWith('$share/')),
    record: fc.option(record, { nil: undefined }),
  }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      owner,
      number: fc.integer({ min: 1, max: 4 }),
      message: fc.option(message, { nil: undefined }),
    }),
  },
  fc.record({
    kind: fc.constant('retained' as const),
    topic: fc.constantFrom(...TOPICS),
    message: fc.option(message, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('turn' as const) }),
  fc.record({ kind: fc.constant('later' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
)

type Model = {
  sessions: Map<string, SessionRecord>
  messages: Map<string, Map<number, Message>>
  retained: Map<string, Message>
}

const emptyModel = (): Model => ({ sessions: new Map(), messages: new Map(), retained: new Map() })

/** One life of the broker, and the write after which it is killed. */
type Life = { steps: Step[]; letGo: boolean[]; killedAfter: number }

const life: fc.Arbitrary<Life> = fc.record({
  steps: fc.array(step, { maxLength: 30 }),
  letGo: fc.array(fc.boolean(), { minLength: 1 }),
  killedAfter: fc.nat(),
})

t.test(
  'a crash between any two writes leaves what was told: whole turns, and all that was confirmed',
  async t => {
    t.comment(`seed ${SEED}`)
    let writes = 0
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 3 }), async lives => {
        const clock = manualClock()
        let entries: Entry[] = []
        let model = emptyModel()
        for (const { steps, letGo, killedAfter } of lives) {
          const lived = await live(steps, letGo, { entries, model, clock })
          writes += lived.states.length - 1
          const kept = lived.states.map(state => shown(reopened(state, clock).kept))
          const turns = lived.turns.map(turn => shown(keptOf(turn, clock)))
          let reached = 0
          const turnOf = kept.map(one => {
            reached = turns.indexOf(one, reached)
            if (reached < 0) throw new Error(`not as told in any turn: ${one}\n${turns.join('\n')}`)
            return reached
          })
          for (const { turn, after } of lived.confirmed) {
            if (!turns.slice(turn).includes(kept[after] ?? '')) throw new Error('it was confirmed')
          }
          const at = killedAfter % lived.states.length
          entries = lived.states[at] ?? []
          model = modelOf(keptOf(lived.turns[turnOf[at] ?? 0] ?? model, clock))
        }
      }),
      { seed: SEED, numRuns: 300 },
    )
    t.ok(writes > 200, `${writes} writes`)
  },
)

const MESSAGE: Message = { topic: 'a', payload: Buffer.from('x'), qos: 1, retain: false }
const SESSION: SessionRecord = {
  clientId: 'device',
  protocol: 4,
  expirySeconds: 3600,
  subscriptions: [{ filter: 'a', qos: 1 }],
}

function opened(store = memoryStore(), clock = manualClock()) {
  const failures: Error[] = []
  const found = [...store.kept]
  return {
    ...openKeep({ store, found, clock, failed: error => failures.push(error) }),
    store,
    clock,
    failures,
    found,
  }
}

t.test('what was acknowledged before its write began is not written', async t => {
  const { keep, store } = opened()
  t.equal(keep.durable(), undefined, 'nothing is waiting')
  keep.session('device', SESSION)
  t.equal(await keep.durable(), true)
  t.equal(keep.durable(), undefined)
  t.equal(store.batches(), 1)
  const before = keep.told()
  keep.message('device', 1, MESSAGE)
  t.equal(keep.told(), before + 1)
  keep.message('device', 1, undefined)
  t.equal(await keep.durable(), true)
  t.same([store.batches(), [...store.kept.keys()]], [1, ['sessions/device']])
  t.equal(keep.told(), before + 1, 'nobody waits for what was given up')
  keep.message('device', 2, MESSAGE)
  t.equal(await keep.durable(), true)
  for (let time = 0; time < 3; time++) {
    keep.message('device', 2, undefined)
    t.equal(await keep.durable(), true)
  }
  t.equal(store.batches(), 3, 'and it is given up once')
})

t.test('a session that was not kept ends without a write', async t => {
  const { keep, store } = opened()
  keep.session('device', undefined)
  t.same([keep.told(), keep.durable()], [0, undefined])
  for (let time = 0; time < 2; time++) {
    keep.session('device', SESSION)
    await keep.durable()
    for (let ended = 0; ended < 2; ended++) {
      keep.session('device', undefined)
      await keep.durable()
    }
  }
  t.same([store.batches(), store.kept.size], [4, 0])
})

t.test('what is told in one turn, or while a write runs, is one write', async t => {
  const { keep, store } = opened()
  for (let number = 1; number <= 100; number++) keep.message('$share/g/a', number, MESSAGE)
  keep.retained('a', MESSAGE)
  await keep.durable()
  t.equal(store.batches(), 1)
  t.equal(store.kept.size, 101)
})

t.test('what has expired, or is for nobody, goes at the start', async t => {
  const { keep, store, clock } = opened()
  keep.session('device', SESSION)
  keep.message('device', 1, { ...MESSAGE, expiresAt: 1000 })
  keep.message('device', 2, { ...MESSAGE, expiresAt: 60_000 })
  keep.message('nobody', 1, MESSAGE)
  keep.retained('a', { ...MESSAGE, expiresAt: 999 })
  await keep.durable()
  t.equal(store.kept.size, 5)
  // The process begins anew, 10 s later: its elapsed time has nothing to do with that of the one before.
  const later = manualClock(clock.now() + 10_000)
  later.advance(5)
  const again = opened(store, later)
  t.same(again.kept.sessions, [
    { record: SESSION, messages: [[2, { ...MESSAGE, expiresAt: 50_005 - 5 }]] },
  ])
  t.same([again.kept.retained, again.kept.shared, again.found], [[], [], []])
  t.equal(await again.keep.durable(), true)
  t.same([...store.kept.keys()].sort(), ['messages/device/00000000000002', 'sessions/device'])
})

t.test('after a write that failed nothing is written, and whoever asks is told', async t => {
  const { keep, store, failures } = opened()
  keep.session('device', SESSION)
  t.equal(await keep.durable(), true)
  store.breakWith(new Error('the disk is full'))
  keep.message('device', 1, MESSAGE)
  const [first, second] = [keep.durable(), keep.durable()]
  t.same([await first, await second], [false, false])
  store.breakWith(undefined)
  const before = keep.told()
  keep.message('device', 2, MESSAGE)
  keep.retained('a', MESSAGE)
  keep.session('device', undefined)
  t.equal(keep.told(), before + 3)
  t.equal(await keep.durable(), false)
  t.same(failures, [new Error('the disk is full')], 'once')
  t.same([store.batches(), [...store.kept.keys()]], [1, ['sessions/device']])
})

t.test(
  'the registry and MQTT share a store, and neither takes the records of the other',
  async t => {
    const store = memoryStore()
    const parts = { world: createWorld(manualClock()), account: () => account }
    const state = async () => {
      const opened = await openState(store, parts, fail)
      if ('problem' in opened || opened.mqtt === undefined) throw new Error('no state')
      return { ...opened, mqtt: opened.mqtt }
    }
    const first = await state()
    first.registry.operations.createThing({ thingName: 'lamp' })
    const { keep } = openKeep({ ...first.mqtt, clock: parts.world.clock })
    keep.session('device', SESSION)
    await keep.durable()
    await first.registry.durable()
    const second = await state()
    t.same(second.remarks, [])
    t.ok(second.registry.thing('lamp'))
    t.same(openKeep({ ...second.mqtt, clock: parts.world.clock }).kept.sessions, [
      { record: SESSION, messages: [] },
    ])
  },
)

type Before = { entries: Entry[]; model: Model; clock: ManualClock }

async function live(steps: Step[], letGo: boolean[], { entries, model: first, clock }: Before) {
  const { store, states, next } = steppedStore(entries)
  const found = [...entries]
  const { keep } = openKeep({ store, found, clock, failed: fail })
  const model = copyOf(first)
  const turns = [copyOf(model)]
  const confirmed: { turn: number; after: number }[] = []
  const confirm = (turn: number): void => {
    const note = (): void => void confirmed.push({ turn, after: states.length - 1 })
    const durable = keep.durable()
    if (durable) void durable.then(note)
    else note()
  }
  for (const [index, one] of [...steps, { kind: 'turn' } as const].entries()) {
    apply(one, keep, model, clock)
    if (one.kind !== 'turn') continue
    turns.push(copyOf(model))
    confirm(turns.length - 1)
    if (letGo[index % letGo.length]) next()
    await turnOver()
  }
  while (keep.durable()) {
    next()
    await turnOver()
  }
  confirm(turns.length - 1)
  return { states, turns, confirmed }
}

function apply(step: Step, keep: Keep, model: Model, clock: ManualClock): void {
  if (step.kind === 'later') clock.advance(step.ms)
  if (step.kind === 'later' || step.kind === 'turn') return
  if (step.kind === 'session') {
    const { owner, record } = step
    const own = record && { clientId: owner, ...record }
    keep.session(owner, own)
    put(model.sessions, owner, own)
    if (own === undefined) model.messages.delete(owner)
    return
  }
  const told = step.message && {
    ...step.message,
    ...(step.message.expiresAt !== undefined && {
      expiresAt: clock.elapsed() + step.message.expiresAt,
    }),
  }
  if (step.kind === 'retained') {
    keep.retained(step.topic, told && { ...told, topic: step.topic })
    put(model.retained, step.topic, told && { ...told, topic: step.topic })
    return
  }
  keep.message(step.owner, step.number, told)
  const own = model.messages.get(step.owner) ?? new Map<number, Message>()
  model.messages.set(step.owner, own)
  put(own, step.number, told)
}

function put<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

/** What a start is to find of it now. */
function keptOf(model: Model, clock: ManualClock): Required<Kept> {
  const fresh = ({ expiresAt }: Message): boolean =>
    expiresAt === undefined || expiresAt > clock.elapsed()
  const messagesOf = (owner: string): KeptMessages =>
    [...(model.messages.get(owner) ?? [])].filter(([, one]) => fresh(one)).sort(([a], [b]) => a - b)
  return {
    sessions: [...model.sessions].map(([clientId, record]) => ({
      record,
      messages: messagesOf(clientId),
    })),
    shared: [...model.messages.keys()]
      .filter(name => name.startsWith('$share/') && messagesOf(name).length > 0)
      .map(name => ({ name, messages: messagesOf(name) })),
    retained: [...model.retained.values()].filter(fresh),
  }
}

function modelOf({ sessions, shared, retained }: Required<Kept>): Model {
  const model = emptyModel()
  for (const { record, messages } of sessions) {
    model.sessions.set(record.clientId, record)
    model.messages.set(record.clientId, new Map(messages))
  }
  for (const { name, messages } of shared) model.messages.set(name, new Map(messages))
  for (const one of retained) model.retained.set(one.topic, one)
  return model
}

function copyOf({ sessions, messages, retained }: Model): Model {
  return {
    sessions: new Map(sessions),
    messages: new Map([...messages].map(([owner, own]) => [owner, new Map(own)])),
    retained: new Map(retained),
  }
}

/** As text, whatever the order of the sessions and topics. */
function shown(kept: Kept): string {
  const lines = [
    ...kept.sessions.map(one => ['session', one.record.clientId, one]),
    ...(kept.shared ?? []).map(one => ['shared', one.name, one]),
    ...kept.retained.map(one => ['retained', one.topic, one]),
  ]
  return lines
    .map(line => inspect(line, { depth: 9, sorted: true }))
    .sort()
    .join('\n')
}

function reopened(entries: Entry[], clock: ManualClock) {
  return openKeep({ store: memoryStore(entries), found: [...entries], clock, failed: fail })
}

/** A store that holds each write up until the next is let go, and remembers what it held after each. */
function steppedStore(entries: Entry[]) {
  const store = memoryStore(entries)
  const states: Entry[][] = [entries]
  const held: (() => void)[] = []
  return {
    states,
    next: () => held.shift()?.(),
    store: {
      ...store,
      async write(changes: Change[]) {
        await new Promise<void>(resolve => held.push(resolve))
        await store.write(changes)
        states.push([...store.kept].sort(([a], [b]) => (a < b ? -1 : 1)))
      },
    },
  }
}

async function turnOver(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}

function fail(problem: Error | StoreProblem): never {
  throw problem instanceof Error ? problem : new Error(problem.says)
}
