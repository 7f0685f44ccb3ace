/** Each row of the failure matrix, acted out on both versions of MQTT against one broker. */

import { readFileSync, writeFileSync } from 'node:fs'
import { connect as dialTls, type TLSSocket } from 'node:tls'
import { generate, type Packet, parser } from 'mqtt-packet'
import t from 'tap'
import { cloudwatchWriter } from '../../broker/journal/cloudwatch.ts'
import type { LogEvent } from '../../broker/journal/event.ts'
import { stamp } from '../../broker/journal/stamp.ts'
import { type Device, start } from '../../broker/main.ts'
import { allow, connect } from '../helpers/device.ts'
import { memoryStore } from '../helpers/memory-store.ts'
import {
  type Act,
  connectBytes,
  logOf,
  type Row,
  rows,
  staysAfter,
  stop,
  type Version,
} from './failure-matrix.ts'
import { page } from './page.ts'

const PAGE = 'docs/failure-matrix.md'

t.test('the page says what the table says', async t => {
  if (process.env['WRITE_PAGE'] === '1') writeFileSync(PAGE, page())
  t.equal(
    readFileSync(PAGE, 'utf8'),
    page(),
    'WRITE_PAGE=1 npx tap test/matrix/failure-matrix.test.ts',
  )
})

const POLICY = allow(
  ['iot:Connect', 'client/row-*'],
  ['iot:Connect', 'client/$mine'],
  ['iot:Connect', 'client/xxx*'],
  ['iot:Publish', 'topic/open/*'],
  ['iot:Publish', 'topic/deaf/*'],
  ['iot:Publish', 'topic/$mine/*'],
  ['iot:Subscribe', 'topicfilter/open/*'],
  ['iot:Subscribe', 'topicfilter/deaf/*'],
  ['iot:Subscribe', 'topicfilter/$mine/*'],
  ['iot:Receive', 'topic/open/*'],
)

t.test('each row', async t => {
  const log: LogEvent[] = []
  const broker = await start({
    clock: 'manual',
    listeners: [{}, { sni: 'required' }],
    state: memoryStore(),
    logTraffic: true,
    log: event => void log.push(event),
  })
  const { clock } = broker
  t.teardown(() => broker.stop())
  const active = await broker.createDevice('active', { policy: POLICY })
  const inactive = await broker.createDevice('inactive', { status: 'INACTIVE' })
  const watcher = await connect(t, broker, await broker.createDevice('watcher'), { keepalive: 0 })
  await watcher.client.subscribeAsync(['$aws/events/presence/+/#', 'marker'])

  for (const [index, row] of rows.entries()) {
    for (const version of [4, 5] as const) {
      const expected = version === 4 ? row.on3 : row.on5
      if (expected === undefined || (version === 4 && row.on3ElsewhereIn)) continue
      const name = `${version === 4 ? '3.1.1' : '5'}: ${row.situation}`
      await t.test(name, async t => {
        const clientId = `row-${index}-${version}`
        const { saw, record } = await play(row, version, clientId, expected)
        t.equal(saw, expected, 'what the client saw')
        const own = log.filter(one => 'connection' in one && one.connection === record.connection)
        const denied = own.filter(one => one.event === 'traffic.denied').map(({ code }) => code)
        const told = denied.length > 0 ? denied : record.also.map(({ code }) => code)
        const stays = staysAfter(expected)
        t.same(stays ? told : [record.code], [row.code ?? []].flat(), 'the code')
        t.same(
          await eventsOf(record),
          stays ? [STAYED] : [row.event ?? []].flat(),
          'lifecycle event',
        )
        t.same(entriesOf(own), logOf(row, stays), 'the log')
      })
    }
  }

  async function play(row: Row, version: Version, clientId: string, expected: string) {
    const device: Device = row.inactive ? inactive : active
    const port = row.sni === false ? broker.ports[1] : broker.port
    const connecting = connectBytes(version, { clientId, ...row.connect?.(version) })
    // AWS: one CONNECT a second for each client id.
    await clock.advance(1000)
    if (row.twice) {
      const first = dial(device, port ?? 0, row.sni, version)
      first.socket.write(connecting)
      await first.next()
      first.socket.end(generate({ cmd: 'disconnect' }))
      const { clientId } = await broker.closed(one => one.remote.port === first.localPort())
      await eventsOf({ clientId })
    }
    const client = dial(device, port ?? 0, row.sni, version, row.answersTo)
    const atOnce = row.atOnce ? generate(row.atOnce, { protocolVersion: version }) : Buffer.of()
    client.socket.write(Buffer.concat([connecting, atOnce]))
    if (row.act) {
      await client.next()
      await perform(row.act(version, clientId), client, device, clientId, version)
    }
    const stays = staysAfter(expected)
    const seeing = stays ? client.until('pingresp') : client.toTheEnd()
    if (row.timeGoesBy) await goOnUntil(seeing)
    const saw = await seeing
    if (stays) client.socket.end(generate({ cmd: 'disconnect' }))
    const { localPort } = client
    const record = await broker.closed(one => one.remote.port === localPort())
    return { saw, record }
  }

  async function goOnUntil(done: Promise<unknown>): Promise<void> {
    let over = false
    void done.then(() => {
      over = true
    })
    while (!over) await clock.advance(100)
  }

  async function perform(
    act: Act,
    { socket }: Client,
    device: Device,
    clientId: string,
    version: Version,
  ): Promise<void> {
    if (act === 'takeover') {
      await clock.advance(1000)
      const other = dial(device, broker.port, undefined, version)
      other.socket.write(connectBytes(version, { clientId }))
      await other.next()
      t.teardown(() => other.socket.destroy())
    } else if ('advanceMs' in act) await clock.advance(act.advanceMs)
    else if ('bytes' in act) socket.write(act.bytes)
    else {
      const bytes = act.send.map(packet => generate(packet, { protocolVersion: version }))
      socket.write(Buffer.concat(bytes))
    }
  }

  /** Of this connection: its reasons, and `connect_failed`. */
  async function eventsOf({ clientId = '' }: { clientId?: string | undefined }): Promise<string[]> {
    const { client, seen } = watcher
    const heard = new Promise<void>(resolve => {
      const hear = (topic: string): void => {
        if (topic !== 'marker') return
        client.off('message', hear)
        resolve()
      }
      client.on('message', hear)
    })
    await client.publishAsync('marker', '', { qos: 1 })
    await heard
    const messages = seen.messages.splice(0)
    return messages.flatMap(([topic, payload]) => {
      if (!topic.endsWith(`/${clientId}`)) return []
      const { eventType, disconnectReason } = JSON.parse(payload)
      return eventType === 'connected' ? [] : [disconnectReason ?? eventType]
    })
  }
})

/** The client's own end, where the connection has stayed. */
const STAYED = 'CLIENT_INITIATED_DISCONNECT'

t.test(stop.situation, async t => {
  const broker = await start({})
  const device = await broker.createDevice('row', { policy: POLICY })
  const clients = ([4, 5] as const).map(version => {
    const client = dial(device, broker.port, undefined, version)
    client.socket.write(connectBytes(version, { clientId: `row-${version}` }))
    return { client, version }
  })
  for (const { client } of clients) await client.next()
  await broker.stop()
  for (const { client, version } of clients) {
    t.equal(await client.toTheEnd(), version === 4 ? stop.on3 : stop.on5, `MQTT ${version}`)
    const { code, aws } = await broker.closed({ clientId: `row-${version}` })
    t.equal(code, stop.code)
    t.equal(aws.disconnectReason, stop.event)
  }
})

/** `eventType reason` of what has failed. */
function entriesOf(events: LogEvent[]): string[] {
  const entries: string[] = []
  const write = cloudwatchWriter({
    write(line) {
      const { status, eventType, reason } = JSON.parse(line)
      if (status === 'Failure') entries.push(`${eventType} ${reason}`)
    },
    accountId: () => '123456789012',
    uuid: () => '',
    level: 'info',
  })
  for (const event of events) write(stamp(event, { now: () => 0 } as never))
  return entries
}

type Client = ReturnType<typeof dial>

/** TLS, and packets that are told by their names and codes. */
function dial(
  device: Device,
  port: number,
  sni: false | undefined,
  protocolVersion: Version,
  answersTo?: number,
) {
  const socket: TLSSocket = dialTls({
    host: '127.0.0.1',
    port,
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
    // To an address node sends no host name.
    ...(sni === false ? { checkServerIdentity: () => undefined } : { servername: 'localhost' }),
  })
  let localPort = 0
  socket.once('connect', () => {
    localPort = socket.localPort ?? 0
  })
  const came: string[] = []
  let over = false
  let alerted = false
  let wake = (): void => undefined
  const reader = parser({ protocolVersion })
  reader.on('packet', packet => {
    const { messageId } = packet
    // A session's first and last packets have no message id.
    if (answersTo === undefined || messageId === undefined || messageId === answersTo) {
      came.push(nameOf(packet))
    }
    wake()
  })
  socket.on('data', chunk => void reader.parse(chunk))
  socket.on('error', error => {
    alerted ||= /alert/i.test(error.message)
  })
  socket.on('close', () => {
    over = true
    wake()
  })
  const changed = (): Promise<void> =>
    new Promise(resolve => {
      wake = resolve
    })
  return {
    socket,
    localPort: () => localPort,
    /** The next packet. */
    async next(): Promise<string> {
      while (came.length === 0 && !over) await changed()
      return came.shift() ?? 'closed'
    },
    /** What comes before the answer to a PINGREQ. */
    async until(cmd: 'pingresp'): Promise<string> {
      socket.write(generate({ cmd: 'pingreq' }))
      while (!came.includes(cmd.toUpperCase()) && !over) await changed()
      const before = came.slice(0, came.indexOf(cmd.toUpperCase()))
      return over ? 'closed' : before.join(', ') || 'nothing'
    },
    async toTheEnd(): Promise<string> {
      while (!over) await changed()
      return alerted ? 'a TLS alert' : [...came, 'closed'].join(', ')
    },
  }
}

function nameOf(packet: Packet): string {
  const name = packet.cmd.toUpperCase()
  const code =
    packet.cmd === 'suback'
      ? packet.granted[0]
      : 'reasonCode' in packet
        ? packet.reasonCode
        : undefined
  return typeof code === 'number' ? `${name} 0x${code.toString(16).padStart(2, '0')}` : name
}
