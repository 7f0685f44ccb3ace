import { PassThrough } from 'node:stream'
import t from 'tap'
import { createFront, type Front } from '../../broker/mqtt/front.ts'
import { publishPacket } from '../helpers/mqtt-bytes.ts'

function topics(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t/${index}`)
}

function frontWith(names: string[]): { front: Front; socket: PassThrough } {
  const socket = new PassThrough()
  const thrown = (error: unknown): never => {
    throw error
  }
  const front = createFront(socket, thrown, 1000)
  socket.write(Buffer.concat(names.map(topic => publishPacket({ topic }))))
  return { front, socket }
}

t.test('whoever takes a packet may ask for more at once: each is given once, in order', async t => {
  const sent = topics(2000)
  const { front } = frontWith(sent)
  const taken: string[] = []
  front.take({
    packet(packet) {
      if (packet.cmd === 'publish') taken.push(packet.topic)
      front.pump()
    },
    problem: problem => t.fail(JSON.stringify(problem)),
  })
  t.same(taken, sent)
  t.equal(front.packets.in, sent.length)
})

t.test('a taker that steps back leaves the rest to the next one', async t => {
  const { front, socket } = frontWith(topics(3))
  const taken: string[] = []
  const problem = () => t.fail('no problem expected')
  front.take({
    packet() {
      taken.push('first')
      front.take(undefined)
      front.pump()
    },
    problem,
  })
  t.same(taken, ['first'])
  front.take({ packet: packet => taken.push(packet.cmd), problem })
  t.same(taken, ['first', 'publish', 'publish'])
  socket.write(publishPacket({ topic: 'more' }))
  front.pump()
  t.equal(taken.length, 4)
})

t.test('a packet over the limit is a problem, after the packets before it', async t => {
  const { front, socket } = frontWith(topics(1))
  socket.write(publishPacket({ topic: 'long', payload: Buffer.alloc(1000) }))
  const seen: string[] = []
  front.take({
    packet: packet => seen.push(packet.cmd),
    problem: problem => seen.push(problem.kind),
  })
  t.same(seen, ['publish', 'too-large'])
})
