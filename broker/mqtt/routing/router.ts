/**
 * aedes, and all that Candid asks of it: which filters a topic meets, and a place for retained messages. Nobody else imports
 * it. It never sees a client: the losses of aedes are in what it does with clients (docs/architecture.md), so Candid speaks
 * MQTT itself.
 *
 * What is relied on and documented nowhere: `publish` calls every listener before it returns, with the very object that was
 * given as `properties`. aedes is pinned exactly because of it, and `createRouter` tries it out before anybody connects.
 */

import { Aedes } from 'aedes'
import createPersistence from 'aedes-persistence'
import type { Message } from '../message.ts'

export type Router<Entry> = {
  /**
   * From now on the filter's entry is found by each topic that meets it.
   * @param filter a right one, without `$share/...`
   * @returns takes it out again; at once, though aedes forgets it a little later
   */
  add(filter: string, entry: Entry): () => void
  /** The entries whose filters take the topic. [MQTT-4.7.2-1]: a wildcard in front takes no topic that starts with $. */
  match(message: Message): Entry[]
  /** Retained messages, which aedes-persistence keeps. */
  retained: {
    /** Replaces the topic's message; an empty payload removes it [MQTT-3.3.1-6, 3.3.1-10]. */
    store(message: Message): void
    /** All that the filter takes. */
    read(filter: string): AsyncIterable<Message>
  }
  stop(): Promise<void>
}

/** `hashTakesParent`: whether `sensor/#` takes `sensor`, as the standard says and AWS doesn't. */
export type RouterOptions = { hashTakesParent: () => boolean }

/** @throws where aedes doesn't do what is relied on: another version of it was installed */
export async function createRouter<Entry>(
  onError: (error: Error) => void,
  { hashTakesParent }: RouterOptions,
): Promise<Router<Entry>> {
  // Under this module mode TypeScript takes the package's default export for its whole module.
  const persistence = (createPersistence as unknown as () => Persistence)()
  // Its heartbeats are for other brokers, of which there are none; 0 of `concurrency` is no bound: nothing of ours waits.
  const aedes = new Aedes({ persistence, concurrency: 0, heartbeatInterval: LONGEST_INTERVAL_MS })
  await aedes.listen()
  // Without a listener an `error` would end the process.
  ;(aedes as unknown as { on(event: 'error', told: (error: Error) => void): void }).on(
    'error',
    onError,
  )
  const router: Router<Entry> = {
    add(filter, entry) {
      let there = true
      const wildcardFirst = filter.startsWith('+') || filter.startsWith('#')
      // `a/#` takes `a` in aedes's matcher.
      const parent = filter.endsWith('/#') ? filter.slice(0, -2) : undefined
      const depth = parent?.split('/').length
      const listener = (packet: Routed<Entry>, done: () => void): void => {
        const { topic, properties: found } = packet
        const reserved = wildcardFirst && topic.startsWith('$')
        const isParent = depth !== undefined && !hashTakesParent() && levels(topic) === depth
        if (there && !reserved && !isParent) found.push(entry)
        done()
      }
      aedes.subscribe(filter, listener as never, nothing)
      return () => {
        there = false
        aedes.unsubscribe(filter, listener as never, nothing)
      }
    },
    match({ topic, payload }) {
      const found: Entry[] = []
      // Each field by its name: of `{ ...packet, properties }` V8 makes a new shape each time, at four times the cost of the rest.
      aedes.publish(
        {
          cmd: 'publish',
          topic,
          payload,
          qos: 0,
          retain: false,
          dup: false,
          properties: found,
        } as never,
        nothing,
      )
      return found
    },
    retained: {
      store(message) {
        const { topic, payload, qos } = message
        const packet = { cmd: 'publish', topic, payload, qos, retain: true, dup: false }
        persistence.storeRetained({ ...packet, properties: message }).catch(onError)
      },
      async *read(filter) {
        for await (const packet of persistence.createRetainedStream(filter)) {
          const message = packet.properties as Message
          if (!(message.topic.startsWith('$') && /^[+#]/.test(filter))) yield message
        }
      },
    },
    stop: () => new Promise(resolve => aedes.close(() => resolve())),
  }
  await selfTest(router as Router<unknown>)
  return router
}

type Routed<Entry> = { topic: string; properties: Entry[] }

type Kept = { properties: unknown }

type Persistence = {
  storeRetained(packet: object): Promise<void>
  createRetainedStream(filter: string): AsyncIterable<Kept>
}

/** The longest that a timer of Node's can be. */
const LONGEST_INTERVAL_MS = 2_147_483_647 / 4

async function selfTest(router: Router<unknown>): Promise<void> {
  const topic = 'candid/self-test'
  const message: Message = { topic, payload: Buffer.from('x'), qos: 1, retain: true }
  const entries = [{}, {}]
  const takeOut = [router.add('candid/+', entries[0]), router.add(topic, entries[1])]
  const found = router.match(message)
  for (const take of takeOut) take()
  const afterwards = router.match(message)
  router.retained.store(message)
  const read: Message[] = []
  for await (const one of router.retained.read('candid/#')) read.push(one)
  router.retained.store({ ...message, payload: Buffer.alloc(0) })
  const reached = found.length === 2 && entries.every(entry => found.includes(entry))
  if (reached && afterwards.length === 0 && read.length === 1 && read[0] === message) return
  throw new Error(
    'the aedes that is installed does not route as Candid relies on; hint: install the versions of package-lock.json with `npm ci`',
  )
}

function levels(topic: string): number {
  let count = 1
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) count++
  return count
}

function nothing(): void {}
