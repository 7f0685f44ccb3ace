/** Messages per second from one publisher to one subscriber. A message counts when it has arrived; none may be lost. */

import type { TLSSocket } from 'node:tls'
import type { Dial, Done } from './client.ts'
import { bytesOf, dial, leave } from './dial.ts'

const TOPIC = 'bench/one/data'
const PAYLOAD = Buffer.alloc(100, 'x')
/** Published and not yet arrived (QoS 1: and acknowledged). AWS takes 100 unacknowledged publishes of one client. */
const WINDOW = 100

export async function messages(from: Dial, to: Dial, qos: 0 | 1, ms: number): Promise<Done> {
  const [publisher, subscriber] = await Promise.all([dial(from), dial(to)])
  await subscribe(subscriber, qos)
  const done = await new Promise<Done>((resolve, reject) => {
    const begun = performance.now()
    const template = publish(qos)
    const idAt = template.length - PAYLOAD.length - 2
    let sent = 0
    let arrived = 0
    let acknowledged = 0
    const lost = (): void => reject(new Error(`closed after ${arrived} of ${sent} messages`))
    publisher.once('close', lost)
    subscriber.once('close', lost)

    onPackets(
      subscriber,
      (type, body) => {
        if (type !== PUBLISH) return
        arrived++
        if (qos === 0) return
        const at = 2 + body.readUInt16BE(0)
        subscriber.write(Buffer.from([PUBACK << 4, 2, body[at] ?? 0, body[at + 1] ?? 0]))
      },
      go,
    )
    onPackets(
      publisher,
      type => {
        if (type === PUBACK) acknowledged++
      },
      go,
    )
    go()

    function go(): void {
      const complete = qos === 0 ? arrived : Math.min(arrived, acknowledged)
      if (performance.now() - begun < ms) {
        while (sent - complete < WINDOW) publisher.write(next())
      } else if (complete === sent) {
        publisher.removeListener('close', lost)
        subscriber.removeListener('close', lost)
        resolve({ count: arrived, ms: performance.now() - begun })
      }
    }

    function next(): Buffer {
      sent++
      if (qos === 0) return template
      const packet = Buffer.from(template)
      packet.writeUInt16BE(1 + (sent % 0xffff), idAt)
      return packet
    }
  })
  await Promise.all([publisher, subscriber].map(leave))
  return done
}

const PUBLISH = 3
const PUBACK = 4
const SUBACK = 9

function publish(qos: 0 | 1): Buffer {
  return bytesOf({
    cmd: 'publish',
    topic: TOPIC,
    payload: PAYLOAD,
    qos,
    retain: false,
    dup: false,
    ...(qos === 1 ? { messageId: 1 } : {}),
  })
}

function subscribe(socket: TLSSocket, qos: 0 | 1): Promise<void> {
  socket.write(bytesOf({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: TOPIC, qos }] }))
  return new Promise((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => {
      if (bytes[0] === SUBACK << 4) resolve()
      else reject(new Error(`got ${bytes.toString('hex')} for a SUBACK`))
    })
  })
}

/** @param take gets each packet's type and body; `after` is called when a chunk is done */
function onPackets(
  socket: TLSSocket,
  take: (type: number, body: Buffer) => void,
  after: () => void,
): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (at + 2 <= bytes.length) {
      let length = 0
      let head = at + 1
      for (let shift = 0; head < bytes.length; shift += 7) {
        const digit = bytes[head++] ?? 0
        length |= (digit & 127) << shift
        if (digit < 128) break
      }
      if (head + length > bytes.length || (bytes[head - 1] ?? 0) > 127) break
      take((bytes[at] ?? 0) >> 4, bytes.subarray(head, head + length))
      at = head + length
    }
    rest = bytes.subarray(at)
    after()
  })
}
