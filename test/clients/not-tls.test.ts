/** What comes to the TLS port and isn't TLS: told by name, with what helps to find the device that sent it. */

import net from 'node:net'
import t from 'tap'
import { connectPacket } from '../helpers/mqtt-bytes.ts'
import { local } from './local.ts'
import { mosquittoPub } from './mosquitto.ts'
import { run } from './run.ts'
import { toolOrSkip } from './skip.ts'

const refused = {
  verdict: 'refused',
  side: 'we',
  phase: { client: 'nothing of TLS', broker: 'nothing' },
  room: 'hello',
  code: 'HELLO_NOT_TLS',
  blame: 'device',
  certainty: 'proof',
  sent: { close: 'fin' },
}

t.test('mosquitto_pub without TLS: the client id is named', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
  const { broker, server } = await local(t)
  const { port } = server
  const seen = await mosquittoPub({ port, clientId: 'sensor-1', topic: 'a', message: 'x' })
  t.not(seen.code, 0)
  const record = await broker.closed()
  t.match(record, { ...refused, evidence: { protocol: 'MQTT', clientId: 'sensor-1' } })
  t.equal(record.says, 'the client speaks plain MQTT on the TLS port (client id `sensor-1`)')
  t.match(record.remedy, /mosquitto_pub: `--cafile`/)
})

const ESC = '\u001b[31m'
const cases: [name: string, bytes: Buffer, evidence: object, says: string | RegExp][] = [
  [
    'MQTT with a client id that is no text for a terminal',
    connectPacket({ clientId: `a${ESC}\n` }),
    { protocol: 'MQTT', clientId: `a${ESC}\n` },
    /^the client speaks plain MQTT on the TLS port \(client id `a[ -~]+`\)$/,
  ],
  [
    'HTTP GET',
    Buffer.from('GET /things/sensor-1/shadow HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    { protocol: 'HTTP', requestLine: 'GET /things/sensor-1/shadow HTTP/1.1' },
    'the client speaks plain HTTP on the TLS port: `GET /things/sensor-1/shadow HTTP/1.1`',
  ],
  [
    'HTTP/2 without TLS',
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    { protocol: 'HTTP' },
    /plain HTTP/,
  ],
  [
    'a PROXY header, version 1',
    Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 40000 8883\r\n'),
    { protocol: 'PROXY' },
    'a PROXY protocol header came before TLS',
  ],
  [
    'a PROXY header, version 2',
    Buffer.from('0d0a0d0a000d0a515549540a21110000', 'hex'),
    { protocol: 'PROXY' },
    'a PROXY protocol header came before TLS',
  ],
  [
    'SSH',
    Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
    { protocol: 'SSH' },
    'the client speaks SSH on the TLS port',
  ],
  [
    'garbage',
    Buffer.from('deadbeef00112233445566778899aabbccddeeff', 'hex'),
    { protocol: 'unknown', firstBytes: 'deadbeef00112233445566778899aabb' },
    'the first bytes are not TLS: `deadbeef00112233445566778899aabb`',
  ],
]

for (const [name, bytes, evidence, says] of cases) {
  t.test(name, async t => {
    const { broker } = await local(t)
    for (const pieces of [[bytes], [...bytes].map(byte => Buffer.of(byte))]) {
      const heard = await talk(broker.port, pieces)
      t.equal(heard.length, 0, 'nothing is answered: the client would not understand it')
      const record = await broker.closed()
      t.match(record, { ...refused, evidence })
      t.match(record.says, says)
      t.notOk(record.hello || record.tls || record.mqtt)
    }
  })
}

t.test('curl http: what a browser would see', async t => {
  const { notFound } = await run('curl', ['--version'])
  if (notFound) {
    t.pass('no curl here', { skip: 'apt-get install curl' })
    return
  }
  const { broker } = await local(t)
  const seen = await run('curl', ['-sS', '--noproxy', '*', `http://127.0.0.1:${broker.port}/`])
  t.equal(seen.code, 52, 'empty reply from server')
  const requestLine = 'GET / HTTP/1.1'
  t.match(await broker.closed(), { ...refused, evidence: { protocol: 'HTTP', requestLine } })
})

/** Sends the pieces one after the other, each in a segment of its own, and hears until the broker's FIN. */
function talk(port: number, pieces: Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const heard: Buffer[] = []
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const next = (): void => {
      const piece = pieces.shift()
      if (piece) socket.write(piece, () => setImmediate(next))
    }
    socket.on('connect', next)
    socket.on('data', bytes => heard.push(bytes))
    socket.on('end', () => resolve(Buffer.concat(heard)))
    socket.on('error', reject)
  })
}
