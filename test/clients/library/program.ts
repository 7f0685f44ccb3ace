/**
 * Libraries of other languages: a small program for each, which connects with what its flags say, takes commands on stdin and
 * prints JSON lines. Words are parted by tabs:
 *
 *     subscribe FILTER QOS                         {"event":"subscribed","code":1}
 *     publish TOPIC QOS RETAIN PAYLOAD [NAME=VALUE ...]  {"event":"published","code":0}
 *
 * It begins with `connected`; `message` and `ended` (code -1: no DISCONNECT came) may come at any time. NAME is a property:
 * contentType, responseTopic, correlationData, or user:NAME; `properties` of a message has them in the same form. At the end
 * of stdin it disconnects.
 */

import { launch } from '../run.ts'
import { inbox } from './inbox.ts'
import type { Client, ConnectOptions, Hidden, Library, Message, Properties } from './library.ts'

export type Program = { command: string; args: string[] }

export function programLibrary(
  program: Program,
  name: string,
  protocol: Library['protocol'],
  hides: readonly Hidden[] = [],
): Library {
  return {
    name: `${name}, MQTT ${protocol}`,
    protocol,
    hides,
    connect: options => connect(program, protocol, options),
  }
}

type Told =
  | { event: 'connected'; sessionPresent: boolean | number }
  | { event: 'subscribed' | 'published' | 'ended'; code: number }
  | ({ event: 'message'; properties: string } & Omit<Message, 'properties'>)

async function connect(
  { command, args }: Program,
  protocol: Library['protocol'],
  options: ConnectOptions,
): Promise<Client> {
  const messages = inbox<Message>()
  const answers = {
    connected: inbox<boolean>(),
    subscribed: inbox<number>(),
    published: inbox<number>(),
  }
  let end: (code: number | undefined) => void
  const ended = new Promise<number | undefined>(resolve => {
    end = resolve
  })
  const hear = (told: Told): void => {
    if (told.event === 'message') messages.put(messageOf(told))
    else if (told.event === 'ended') end(told.code < 0 ? undefined : told.code)
    else if (told.event === 'connected') answers.connected.put(Boolean(told.sessionPresent))
    else answers[told.event].put(told.code)
  }
  let read = 0
  const running = launch(command, [...args, ...flagsOf(protocol, options)], {
    holdInput: true,
    timeoutMs: 30_000,
    onStdout(all) {
      for (let at = all.indexOf('\n', read); at >= 0; at = all.indexOf('\n', read)) {
        hear(JSON.parse(all.toString('utf8', read, at)) as Told)
        read = at + 1
      }
    },
  })
  const failed = running.done.then(({ stderr, code }) => {
    throw new Error(`${command} ended with ${code}: ${stderr}`)
  })
  failed.catch(() => undefined)
  const say = (...words: string[]): void => running.write(`${words.join('\t')}\n`)
  return {
    sessionPresent: await Promise.race([answers.connected.next(), failed]),
    ended,
    next: messages.next,
    subscribe(filter, qos) {
      say('subscribe', filter, String(qos))
      return answers.subscribed.next()
    },
    publish({ topic, payload, qos, retain, properties = {} }) {
      say('publish', topic, String(qos), retain ? '1' : '0', payload, ...wordsOf(properties))
      return answers.published.next()
    },
    async leave() {
      running.endInput()
      await running.done
    },
  }
}

function flagsOf(
  protocol: string,
  { flags, clientId, persistent, will }: ConnectOptions,
): string[] {
  const named: [string, string | number | undefined][] = [
    ['protocol', protocol],
    ['host', flags.sni],
    ['port', flags.port],
    ['ca', flags.ca],
    ['cert', flags.cert],
    ['key', flags.key],
    ['client-id', clientId],
    ['persistent', persistent ? 1 : undefined],
    ['will-topic', will?.topic],
    ['will-payload', will?.payload],
    ['will-qos', will?.qos],
    ['will-retain', will && (will.retain ? 1 : 0)],
  ]
  return named.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]))
}

function wordsOf({ userProperties = [], ...texts }: Properties): string[] {
  return [
    ...Object.entries(texts).map(([name, value]) => `${name}=${value}`),
    ...userProperties.map(([name, value]) => `user:${name}=${value}`),
  ]
}

function messageOf(told: Extract<Told, { event: 'message' }>): Message {
  const { topic, payload, qos, retain, properties } = told
  const message = { topic, payload, qos, retain }
  const words = properties.split('\t').filter(Boolean)
  if (words.length === 0) return message
  const named: Properties = {}
  for (const word of words) {
    const [name = '', value = ''] = word.split(/=(.*)/s)
    if (name.startsWith('user:')) {
      named.userProperties = [...(named.userProperties ?? []), [name.slice(5), value]]
    } else named[name as Exclude<keyof Properties, 'userProperties'>] = value
  }
  return { ...message, properties: named }
}
