/**
 * A client that can behave badly: it can be reset, go silent with its socket open, stop reading, and keep its acknowledgements to
 * itself. MQTT 3.1.1 and 5. It checks what a broker owes any client: receive maximum, packet identifiers, topics asked for.
 */

import { connect as dial } from 'node:net'
import { connect as dialTls } from 'node:tls'
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet'
import type { Device } from '../../broker/main.ts'

export type ClientOptions = {
  port: number
  device: Device
  version: 4 | 5
  /** Whether a session of before is thrown away, and this one with the connection. */
  clean: boolean
  keepAlive: number
  /** MQTT 5 only. */
  receiveMaximum?: number
  /** Its PUBACK follows when this returns true. */
  message?(packet: IPublishPacket): boolean
  /** What the broker did that it must not do. */
  problem(says: string): void
}

export type Client = {
  sessionPresent: boolean
  alive(): boolean
  /** True when it was acknowledged; QoS 0: when it was written. False when the connection ended first. */
  publish(topic: string, payload: string, options?: PublishOptions): Promise<boolean>
  /** True when all were granted. */
  subscribe(filters: string[], qos: 0 | 1): Promise<boolean>
  /** Stops reading: the broker's bytes pile up in the sockets, then with the broker. */
  stall(): void
  resume(): void
  /** DISCONNECT; RST; or not a word more while the socket stays open for a while. */
  leave(): void
  reset(): void
  abandon(ms: number): void
  ended: Promise<void>
}

export type PublishOptions = { qos?: 0 | 1; retain?: boolean; dup?: boolean }

/** Undefined where the connection ended before its CONNACK. */
export async function connect(options: ClientOptions): Promise<Client | undefined> {
  const { port, device, version, clean, keepAlive, receiveMaximum = 65_535 } = options
  const raw = dial({ port, host: '127.0.0.1', noDelay: true })
  const { ca, certificate: cert, privateKey: key } = device
  const tls = dialTls({ socket: raw, servername: 'localhost', ca, cert, key })
  const reader = parser({ protocolVersion: version })
  const waiting = new Map<number, (granted: boolean) => void>()
  let lastId = 0
  let alive = true
  let silent = false
  let inflight = 0
  let answered: (present: boolean | undefined) => void = () => undefined
  let over: () => void = () => undefined
  const ended = new Promise<void>(resolve => {
    over = resolve
  })
  const pings = setInterval(() => write({ cmd: 'pingreq' }), keepAlive * 500)
  tls.on('error', () => undefined)
  raw.on('error', () => undefined)
  tls.once('close', end)
  raw.once('close', end)
  tls.on('data', bytes => void reader.parse(bytes))
  reader.on('error', error => options.problem(`sent what is no MQTT: ${error.message}`))
  reader.on('packet', take)

  function end(): void {
    if (!alive) return
    alive = false
    clearInterval(pings)
    answered(undefined)
    for (const tell of waiting.values()) tell(false)
    over()
  }

  function write(packet: Packet): void {
    if (alive && !silent) tls.write(generate(packet, { protocolVersion: version }))
  }

  function take(packet: Packet): void {
    if (packet.cmd === 'connack') {
      answered((packet.reasonCode ?? packet.returnCode) === 0 ? packet.sessionPresent : undefined)
    } else if (packet.cmd === 'publish') {
      takePublish(packet)
    } else if (packet.cmd === 'puback') {
      settle(packet.messageId, (packet.reasonCode ?? 0) < 128)
    } else if (packet.cmd === 'suback') {
      const codes = packet.granted as number[]
      settle(
        packet.messageId,
        codes.every(code => code < 128),
      )
    }
  }

  function takePublish(packet: IPublishPacket): void {
    const acknowledge = options.message?.(packet) ?? true
    if (packet.qos === 0) return
    if (++inflight > receiveMaximum) {
      options.problem(
        `sent ${inflight} messages without PUBACK to a client that takes ${receiveMaximum}`,
      )
    }
    if (!acknowledge) return
    inflight--
    write({ cmd: 'puback', messageId: packet.messageId ?? 0 })
  }

  function settle(id: number | undefined, granted: boolean): void {
    const tell = waiting.get(id ?? 0)
    waiting.delete(id ?? 0)
    if (tell) tell(granted)
    else options.problem(`acknowledged ${id}, which nobody waits for`)
  }

  function asked(make: (messageId: number) => Packet): Promise<boolean> {
    do lastId = (lastId % 65_535) + 1
    while (waiting.has(lastId))
    const messageId = lastId
    return new Promise(resolve => {
      if (!alive) return resolve(false)
      waiting.set(messageId, resolve)
      write(make(messageId))
    })
  }

  const present = await new Promise<boolean | undefined>(resolve => {
    answered = resolve
    const properties = {
      ...(clean ? {} : { sessionExpiryInterval: 3600 }),
      ...(options.receiveMaximum ? { receiveMaximum } : {}),
    }
    write({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: version,
      clientId: device.thingName,
      clean,
      keepalive: keepAlive,
      ...(version === 5 ? { properties } : {}),
    })
  })
  if (present === undefined) {
    raw.destroy()
    end()
    return undefined
  }
  return {
    sessionPresent: present,
    alive: () => alive,
    ended,
    async publish(topic, payload, { qos = 1, retain = false, dup = false } = {}) {
      const packet = { cmd: 'publish', topic, payload, qos, retain, dup } as const
      if (qos === 1) return asked(messageId => ({ ...packet, messageId }))
      write(packet)
      return alive
    },
    subscribe(filters, qos) {
      const subscriptions = filters.map(topic => ({ topic, qos }))
      return asked(messageId => ({ cmd: 'subscribe', messageId, subscriptions }))
    },
    stall: () => void tls.pause(),
    resume: () => void tls.resume(),
    leave() {
      write({ cmd: 'disconnect' })
      tls.end()
    },
    reset: () => void raw.resetAndDestroy(),
    abandon(ms) {
      silent = true
      tls.pause()
      const timer = setTimeout(() => raw.destroy(), ms)
      tls.once('close', () => clearTimeout(timer))
    },
  }
}
