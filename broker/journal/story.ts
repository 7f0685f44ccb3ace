/**
 * The log as a story for a tired person: one line for what is in order, a short block for what went wrong, one line again
 * for each repetition. All text of strangers is escaped: a client id can't forge a line or move the cursor.
 */

import { escapeText } from '../diagnosis/escape.ts'
import { awsLines } from '../diagnosis/explain.ts'
import { between, count, list, plain, quote, short } from '../diagnosis/words.ts'
import type { ClosingRecord } from './dossier.ts'
import type { ListenerRecord, TrafficEvent } from './event.ts'
import type { Paint } from './paint.ts'
import type { Stamped } from './stamp.ts'
import { type TellingLine, tellingLines } from './telling.ts'

/**
 * @param write gets whole lines
 * @param paint how it looks there
 */
export function storyWriter(write: (text: string) => void, paint: Paint): (event: Stamped) => void {
  const scenes: Scenes = new Map()
  return event => {
    const lines = tell(event, paint, scenes)
    if (lines.length > 0) write(`${lines.join('\n')}\n`)
  }
}

/** What the story keeps of a connection until its end, so that nothing is told twice. */
type Scene = {
  /** Codes that were told already. */
  told: Set<string>
  /** Until it is connected: a refusal tells them itself, in its own order. */
  held: Finding[]
  connected: boolean
}

type Scenes = Map<string, Scene>

type Connected = Extract<Stamped, { event: 'connection.connected' }>

type Finding = Extract<Stamped, { event: 'connection.finding' }>

function sceneOf(connection: string, scenes: Scenes): Scene {
  const scene = scenes.get(connection) ?? { told: new Set(), held: [], connected: false }
  scenes.set(connection, scene)
  return scene
}

function tell(event: Stamped, paint: Paint, scenes: Scenes): string[] {
  switch (event.event) {
    case 'broker.ready':
      return [
        head(event, paint.green('ready'), `${bracketed(event.host)}:${event.port}`, paint, []),
        ...reachable(event, paint),
      ]
    case 'broker.warning': {
      const place = [event.file, event.line].filter(part => part !== undefined).join(':')
      const says = place === '' ? event.says : `${place}: ${event.says}`
      return [
        head(event, paint.yellow('warning'), escapeText(says), paint, []),
        ...details(event.hint === undefined ? [] : [['hint', escapeText(event.hint)]], paint),
      ]
    }
    case 'broker.declared':
      return [
        head(event, paint.dim('files'), '', paint, [
          `devices ${event.devices}, CAs ${event.authorities}`,
          `policies ${event.policies}, templates ${event.templates}`,
        ]),
        ...details(
          event.changed === undefined
            ? []
            : [['changed', `${list(event.changed.policies)}: ${escapeText(event.changed.says)}`]],
          paint,
        ),
      ]
    case 'broker.stopped':
      return [head(event, paint.dim('stopped'), '', paint, [])]
    case 'connection.accepted':
      return []
    case 'traffic.published':
    case 'traffic.delivered':
    case 'traffic.queued':
    case 'traffic.subscribed':
    case 'traffic.unsubscribed':
    case 'traffic.ping':
      return [trafficLine(event, paint)]
    case 'connection.finding': {
      if (event.severity === 'info' || event.severity === 'note') return []
      const scene = sceneOf(event.connection, scenes)
      if (scene.connected) return remark(event, paint.yellow('finding'), paint, scene)
      scene.held.push(event)
      return []
    }
    case 'traffic.denied':
      return remark(event, paint.yellow('denied'), paint, sceneOf(event.connection, scenes))
    case 'connection.connected': {
      const scene = sceneOf(event.connection, scenes)
      scene.connected = true
      const line = head(event, paint.green('connected'), who(event), paint, [
        `MQTT ${event.protocol}`,
        event.policies.length === 0 ? 'no policy' : `policies ${list(event.policies)}`,
        `keep-alive ${event.keepAlive} s`,
        ...(event.tls === undefined ? [] : [event.tls.version]),
      ])
      const { refusals } = event
      const before = refusals === undefined ? [] : details([['it got in', gotIn(refusals)]], paint)
      const held = scene.held.splice(0)
      return [
        line,
        ...before,
        ...held.flatMap(one => remark(one, paint.yellow('finding'), paint, scene)),
      ]
    }
    case 'provisioning.registered':
      return [
        head(event, paint.cyan('registered'), who(event), paint, [
          `certificate ${short(event.certificateId)}`,
          escapeText(event.status),
        ]),
      ]
    case 'provisioning.provisioned':
      return [
        head(event, paint.cyan('provisioned'), who(event), paint, [
          `template ${quote(event.template)}`,
          event.policies.length === 0 ? 'no policy' : `policies ${list(event.policies)}`,
        ]),
      ]
    case 'registry.changed':
      return [
        head(event, paint.cyan('changed'), list(event.resources.map(brief)), paint, [
          escapeText(event.operation),
          `by ${quote(event.by)}`,
        ]),
      ]
    case 'provisioning.issued':
      return [
        head(event, paint.cyan('issued'), who(event), paint, [
          `certificate ${short(event.certificateId)}`,
          event.how === 'csr' ? 'from its request' : 'with a new key',
          `waits to be provisioned until ${clockOf(event.expires)}`,
        ]),
      ]
    case 'provisioning.expired':
      return [
        head(event, paint.dim('expired'), who(event), paint, [
          'it was never provisioned, and is deleted',
        ]),
      ]
    case 'provisioning.failed': {
      const { connection, evidence } = event
      // Of a first connection the closing record tells it, with all that belongs to it.
      if (connection === undefined || evidence === undefined) return []
      const told = { ...event, connection, evidence }
      return remark(told, paint.yellow('rejected'), paint, sceneOf(connection, scenes))
    }
    case 'connection.closed': {
      const scene = sceneOf(event.connection, scenes)
      scenes.delete(event.connection)
      return closing(event, paint, scene)
    }
    default:
      return event satisfies never
  }
}

/** A long identifier is cut: `cert/0123456789abcdef...`. */
function brief(resource: string): string {
  return resource.replace(/([0-9a-f]{16})[0-9a-f]{48}/g, '$1...')
}

function trafficLine(event: Stamped & TrafficEvent, paint: Paint): string {
  const verb = paint.dim(event.event.slice('traffic.'.length))
  return head(event, verb, who(event), paint, trafficFacts(event))
}

function trafficFacts(event: TrafficEvent): string[] {
  switch (event.event) {
    case 'traffic.ping':
      return []
    case 'traffic.subscribed':
      return event.subscriptions.map(({ filter, reasonCode }) => {
        return `${quote(filter)} ${reasonCode < 0x80 ? `QoS ${reasonCode}` : 'refused'}`
      })
    case 'traffic.unsubscribed':
      return event.filters.map(filter => quote(filter))
    default:
      return [
        `${quote(event.topic)} QoS ${event.qos}`,
        count(event.bytes, 'byte'),
        ...('retain' in event && event.retain ? ['retained'] : []),
        ...('dropped' in event ? [`dropped: ${event.dropped}`] : []),
      ]
  }
}

/** How a device gets here, with commands to copy: never folded. */
function reachable(event: Extract<Stamped, { event: 'broker.ready' }>, paint: Paint): string[] {
  const { endpoint, ca, config, next, listeners } = event
  const lines: [label: string, text: string | undefined][] = [
    ...listeners.slice(1).map((one): [string, string] => ['also', listening(one)]),
    ['endpoint', endpoint],
    ['CA file', ca === undefined ? undefined : `${ca}   devices need it to trust this broker`],
    ['config', config],
    ['new device', next?.createDevice],
    ['connect it', next?.publish],
  ]
  return lines.flatMap(([label, text]) =>
    text === undefined ? [] : [detail(label, escapeText(text), paint)],
  )
}

function listening({ host, port, securityPolicy, sni, alpn }: ListenerRecord): string {
  const needs = [
    ...(sni === 'required' ? ['needs SNI'] : []),
    ...(alpn === 'required' ? ['needs ALPN'] : []),
  ]
  return [`${bracketed(host)}:${port}`, securityPolicy, ...needs].join('  ')
}

/** A finding, or a packet that was refused: the block without an end. */
function remark(
  event:
    | Finding
    | Extract<Stamped, { event: 'traffic.denied' }>
    | (Extract<Stamped, { event: 'provisioning.failed' }> & { evidence: Record<string, unknown> }),
  verb: string,
  paint: Paint,
  { told }: Scene,
): string[] {
  const title = head(event, verb, who(event), paint, [paint.bold(escapeText(event.code))])
  if (told.has(event.code)) return [`${title}  ${escapeText(event.says)}`]
  told.add(event.code)
  const telling = tellingLines(event.code, event.evidence)
  const lines = [...telling, toDo(event.remedy), hint(event.code)]
  return [title, sentence(event.says, paint), ...details(lines, paint)]
}

function closing(event: ClosingRecord, paint: Paint, { told, held }: Scene): string[] {
  const { code, level, repeat } = event
  if (repeat.sameAs !== undefined && !ordinary(event)) {
    return worthALine(event) ? [again(event, paint)] : []
  }
  if (level === 'info') {
    const line = head(event, paint.dim('closed'), who(event), paint, [escapeText(event.says)])
    if (event.room === 'close') return [line]
    return [line, ...details([...held.map(also), toDo(event.remedy)], paint)]
  }
  const colour = level === 'error' ? paint.red : paint.yellow
  const title = head(event, colour(event.verdict), who(event), paint, [
    paint.bold(escapeText(code)),
  ])
  if (told.has(code)) return [title, ...details(outside(event), paint)]
  const others = event.also.filter(one => one.code !== code && !told.has(one.code)).slice(0, 3)
  return [
    title,
    sentence(event.says, paint),
    ...details(
      [
        ...tellingLines(code, event.evidence),
        ...others.map(also),
        toDo(event.remedy),
        ...outside(event),
        hint(code),
      ],
      paint,
    ),
  ]
}

/** An end of a session that refused nothing: one quiet line each, beside the line of its beginning. */
function ordinary({ level, verdict }: ClosingRecord): boolean {
  return level === 'info' && verdict === 'closed'
}

/** Of a fast loop the 2nd, 5th, 10th, 20th, 50th ... ; of a slow one each: a person or a long wait stands between. */
function worthALine({ time, repeat }: ClosingRecord): boolean {
  const pauseMs = Date.parse(time) - Date.parse(repeat.last ?? time)
  return pauseMs >= SLOW_MS || /^[125]0*$/.test(String(repeat.count))
}

const SLOW_MS = 20_000

function again(event: ClosingRecord, paint: Paint): string {
  const { code, says, time, level, repeat } = event
  const { count, since, perMinute, addresses } = repeat
  const how = perMinute === undefined ? '' : ` (${perMinute}/min)`
  const times = `${count} times in ${between(since, time)}${how}`
  const colour = level === 'error' ? paint.red : paint.yellow
  const title = head(event, colour('again'), who(event), paint, [paint.bold(escapeText(code))])
  const from = addresses === undefined ? '' : `, from ${list(addresses)}`
  return `${title}  ${times}${from}: ${plain(says, 120)}`
}

function gotIn({ count, since, code }: NonNullable<Connected['refusals']>): string {
  const times = count === 1 ? 'one refusal' : `${count} refusals since ${clockOf(since)}`
  return `after ${times}, the last was ${escapeText(code)}`
}

function also({ code, says }: { code: string; says: string }): TellingLine {
  return ['also', `${escapeText(code)}: ${escapeText(says)}`]
}

function toDo(remedy: string): TellingLine {
  return ['to do', escapeText(remedy)]
}

/** Where the code is explained: by a command, and on the page, whose anchors are the codes in small letters. */
function hint(code: string): TellingLine {
  const safe = escapeText(code)
  return ['hint', `\`candid explain ${safe}\`, or docs/diagnoses.md#${safe.toLowerCase()}`]
}

/** What could be seen from outside: here, and on AWS IoT. */
function outside(event: ClosingRecord): TellingLine[] {
  const { alert, connack, reasonCode, close } = event.sent
  const shown = [
    ...(alert === undefined ? [] : [`TLS alert ${alert}${seenLate(event) ? LATE : ''}`]),
    // CONNACK 0 was its welcome, long before: of the end it says nothing.
    ...(connack === undefined || connack === 0 ? [] : [`CONNACK ${connack}`]),
    ...(reasonCode === undefined ? [] : [`reason code 0x${reasonCode.toString(16)}`]),
  ]
  const end = close === 'reset' ? 'a reset' : 'a closed connection'
  const lines: TellingLine[] = []
  if (event.side === 'we') {
    lines.push(['client saw', shown.length === 0 ? `${end} and no reason` : shown.join(', ')])
  }
  if (Object.keys(event.aws).length > 0) lines.push(['on AWS IoT', awsLines(event.aws).join('; ')])
  return lines
}

/** On TLS 1.3 a client is done with its Finished: before we have judged its certificate. */
function seenLate({ tls, phase, room }: ClosingRecord): boolean {
  const judging = room === 'certificate' || room === 'handshake'
  return judging && tls?.version === 'TLSv1.3' && phase.client === 'Finished'
}

const LATE = ' at its first read: on TLS 1.3 it took itself for connected before'

function head(event: Stamped, verb: string, subject: string, paint: Paint, rest: string[]): string {
  const line = `${paint.dim(clockOf(event.time))}  ${paint.pad(verb, 11)} ${subject}`
  return rest.length === 0 ? line.trimEnd() : `${line}  ${rest.join(', ')}`
}

function sentence(says: string, paint: Paint): string {
  return `${INDENT}${paint.fold(escapeText(says), INDENT.length)}`
}

function details(lines: TellingLine[], paint: Paint): string[] {
  return lines.map(([label, text]) => detail(label, paint.fold(text, INDENT.length + 12), paint))
}

function detail(label: string, text: string, paint: Paint): string {
  return `${INDENT}${paint.dim(label.padEnd(11))} ${text}`
}

/** The name that a person knows: thing, client id, subject of the certificate, address. */
function who(event: {
  thingName?: string
  clientId?: string
  certificateId?: string
  chain?: { subject: string }[]
  remote?: { address: string; port: number }
}): string {
  const { thingName, clientId, certificateId, chain, remote } = event
  if (thingName !== undefined) {
    const also =
      clientId === undefined || clientId === thingName ? '' : ` (client id ${quote(clientId, 60)})`
    return `${escapeText(thingName)}${also}`
  }
  if (clientId !== undefined) return escapeText(clientId).slice(0, 80)
  const subject = chain?.[0]?.subject
  if (subject !== undefined && subject !== '') return escapeText(subject).slice(0, 80)
  if (remote !== undefined) return `${escapeText(remote.address)}:${remote.port}`
  return certificateId === undefined ? 'a client' : short(certificateId)
}

/** `[::]:8883` (RFC 3986 3.2.2): the colons of an IPv6 address are not the port's. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** The time of day, UTC, as in the record. */
function clockOf(iso: string): string {
  return iso.slice(11, 19)
}

const INDENT = ' '.repeat(10)
