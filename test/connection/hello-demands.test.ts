/**
 * Listeners that demand a host name or an ALPN protocol: what they refuse, with which alert, and that the client reads that
 * very number, with node:tls and with openssl, on TLS 1.2 and 1.3. Where nothing is demanded the same is a finding.
 */

import { type ConnectionOptions, connect as dialTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { Broker, Device, StartOptions } from '../../broker/main.ts'
import { sClient } from '../clients/openssl.ts'
import { toolOrSkip } from '../clients/skip.ts'
import { running } from '../helpers/device.ts'

type Offer = { sni?: string; alpn?: string[] }

type Version = '1.2' | '1.3'

type Row = {
  name: string
  offer: Offer
  /** Refused with this code, or taken; `alert` by version. */
  code?: string
  alert?: Record<Version, number>
  finding?: string
  /** Agreed ALPN, where it is taken. */
  agreed?: string
}

const ENDPOINT = 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com'
const NAMES = ['x-amzn-mqtt-ca']
const both = (alert: number): Record<Version, number> => ({ '1.2': alert, '1.3': alert })

const required: Row[] = [
  { name: 'all that is asked', offer: { sni: 'localhost', alpn: NAMES }, agreed: 'x-amzn-mqtt-ca' },
  {
    name: 'no host name',
    offer: { alpn: NAMES },
    code: 'HELLO_SNI_MISSING',
    alert: { '1.2': 112, '1.3': 109 },
  },
  {
    name: 'a host name that nobody has',
    offer: { sni: 'elsewhere', alpn: NAMES },
    code: 'HELLO_SNI_UNKNOWN',
    alert: both(112),
  },
  {
    name: 'an AWS endpoint that no certificate names',
    offer: { sni: ENDPOINT, alpn: NAMES },
    code: 'HELLO_SNI_UNKNOWN',
    alert: both(112),
  },
  {
    name: 'no ALPN',
    offer: { sni: 'localhost' },
    code: 'HELLO_ALPN_MISSING',
    alert: both(120),
  },
  {
    name: 'ALPN of HTTPS with a client certificate',
    offer: { sni: 'localhost', alpn: ['x-amzn-http-ca'] },
    code: 'HELLO_ALPN_UNKNOWN',
    alert: both(120),
  },
  {
    name: 'ALPN of a custom authorizer',
    offer: { sni: 'localhost', alpn: ['mqtt', 'http/1.1'] },
    code: 'HELLO_ALPN_CUSTOM_AUTHORIZER',
    alert: both(120),
  },
  {
    name: 'several ALPN names, one of them good',
    offer: { sni: 'localhost', alpn: ['mqtt', 'h2', 'x-amzn-mqtt-ca'] },
    agreed: 'x-amzn-mqtt-ca',
  },
  {
    name: 'neither name nor ALPN: the name first',
    offer: {},
    code: 'HELLO_SNI_MISSING',
    alert: { '1.2': 112, '1.3': 109 },
    finding: 'HELLO_ALPN_MISSING',
  },
]

const optional: Row[] = [
  { name: 'no host name, no ALPN', offer: {}, finding: 'HELLO_SNI_MISSING' },
  { name: 'another host name', offer: { sni: 'elsewhere' }, finding: 'HELLO_SNI_UNKNOWN' },
  {
    name: 'the ALPN of port 443',
    offer: { sni: 'localhost', alpn: NAMES },
    agreed: 'x-amzn-mqtt-ca',
  },
  {
    name: 'an unknown ALPN name: the handshake goes on without ALPN',
    offer: { sni: 'localhost', alpn: ['http/1.1'] },
    finding: 'HELLO_ALPN_UNKNOWN',
  },
  {
    name: 'the ALPN of a custom authorizer is agreed to, with a word about AWS',
    offer: { sni: 'localhost', alpn: ['mqtt'] },
    finding: 'HELLO_ALPN_CUSTOM_AUTHORIZER',
    agreed: 'mqtt',
  },
]

/** What the client saw. */
type Saw = { alert?: number; agreed?: string }

type Visit = (broker: Broker, device: Device, offer: Offer, version: Version) => Promise<Saw>

const byNode: Visit = (broker, device, { sni, alpn }, version) =>
  new Promise(resolve => {
    const saw: Saw = {}
    const options: ConnectionOptions = {
      host: '127.0.0.1',
      port: broker.port,
      ca: broker.ca,
      cert: device.certificate,
      key: device.privateKey,
      // node:tls sends no SNI for an empty name.
      servername: sni ?? '',
      checkServerIdentity: () => undefined,
      minVersion: `TLSv${version}`,
      maxVersion: `TLSv${version}`,
      ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
    }
    const socket = dialTls(options)
    socket.on('secureConnect', () => {
      if (socket.alpnProtocol) saw.agreed = socket.alpnProtocol
      socket.end()
    })
    socket.on('error', ({ message }) => {
      const alert = /SSL alert number (\d+)/.exec(message)?.[1]
      if (alert !== undefined) saw.alert = Number(alert)
    })
    socket.on('close', () => resolve(saw))
  })

const byOpenssl: Visit = async (broker, _, { sni, alpn }, tls) => {
  const offered = alpn === undefined ? {} : { alpn: alpn.join(',') }
  const { alert } = await sClient({
    port: broker.port,
    sni: sni ?? false,
    tls,
    ...offered,
    holdMs: 1,
  })
  return alert === undefined ? {} : { alert }
}

async function check(
  t: Test,
  options: StartOptions,
  rows: Row[],
  visit: Visit,
  refusedOnly: boolean,
): Promise<void> {
  const broker = await running(t, options)
  const device = await broker.createDevice('device')
  for (const { name, offer, code, alert, finding, agreed } of rows) {
    if (refusedOnly && code === undefined) continue
    for (const version of ['1.2', '1.3'] as const) {
      const saw = await visit(broker, device, offer, version)
      const record = await broker.closed()
      const number = alert?.[version]
      const what = `${name}, TLS ${version}`
      t.same(saw, { ...(number && { alert: number }), ...(agreed && { agreed }) }, what)
      t.equal(record.hello?.versions[0], `TLSv${version}`, what)
      const codes = record.also.map(one => one.code)
      t.same(codes, finding === undefined ? [] : [finding], what)
      if (code === undefined) {
        t.equal(record.code, 'CONNECT_ABANDONED', what)
        continue
      }
      t.match(record, { code, verdict: 'refused', side: 'we', level: 'error', room: 'hello' }, what)
      t.same(record.sent, { alert: number, close: 'fin' }, what)
      t.match(record.tls, { alerts: [{ from: 'broker', level: 'fatal', number }] }, what)
      t.same(record.phase, { client: 'ClientHello', broker: 'alert' }, what)
    }
  }
}

const REQUIRED: StartOptions = { tls: { sni: 'required', alpn: 'required' } }

t.test('a listener that demands both: node:tls', t => check(t, REQUIRED, required, byNode, false))
t.test('a listener that demands nothing: node:tls', t => check(t, {}, optional, byNode, false))
t.test('a listener that demands both: openssl', async t => {
  if (await toolOrSkip(t, 'openssl')) await check(t, REQUIRED, required, byOpenssl, true)
})

t.test('an AWS endpoint is known when a server certificate names it, wildcards too', async t => {
  const broker = await running(t, {
    tls: { names: ['*.iot.us-east-1.amazonaws.com'], sni: 'required' },
  })
  const device = await broker.createDevice('device')
  const wanted: [sni: string, code: string, also: string[]][] = [
    [ENDPOINT, 'CONNECT_ABANDONED', []],
    [ENDPOINT.toUpperCase(), 'CONNECT_ABANDONED', []],
    [ENDPOINT.replace('-ats', ''), 'CONNECT_ABANDONED', ['HELLO_SNI_LEGACY']],
    ['iot.us-east-1.amazonaws.com', 'HELLO_SNI_UNKNOWN', []],
    [`a.${ENDPOINT}`, 'HELLO_SNI_UNKNOWN', []],
  ]
  for (const [sni, code, also] of wanted) {
    await byNode(broker, device, { sni }, '1.3')
    const record = await broker.closed()
    t.equal(record.code, code, sni)
    t.same(
      record.also.map(one => one.code),
      also,
      sni,
    )
  }
})

t.test(
  'a hello with other faults too: versions come first, the rest is told beside the name',
  async t => {
    const broker = await running(t, {
      tls: { sni: 'required', securityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
    })
    const device = await broker.createDevice('device')
    t.same(await byNode(broker, device, {}, '1.2'), { alert: 70 })
    t.match(await broker.closed(), {
      code: 'HELLO_VERSION_UNSUPPORTED',
      also: [{ code: 'HELLO_SNI_MISSING' }],
    })
    const curve = await new Promise<string>(resolve => {
      const options = { ecdhCurve: 'P-521', minVersion: 'TLSv1.3', servername: '' } as const
      const socket = dialTls({ host: '127.0.0.1', port: broker.port, ...options })
      socket.on('error', ({ message }) => resolve(message))
    })
    t.match(curve, /alert number 109/)
    t.match(await broker.closed(), {
      code: 'HELLO_SNI_MISSING',
      also: [{ code: 'HELLO_NO_SHARED_GROUP' }],
    })
  },
)
