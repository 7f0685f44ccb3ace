/**
 * Extensions whose form is wrong: we name the one that is, and say of no hello that OpenSSL takes that it were refused for
 * its form.
 */

import t from 'tap'
import { isRead } from '../../broker/connection/hello-conflict.ts'
import { parseClientHello } from '../../broker/tls/client-hello.ts'
import { rawVisit } from '../diagnosis/provoke/visitors.ts'
import { running } from '../helpers/device.ts'
import { type Case, createBench } from './agreement.ts'
import { captured, parsedHello } from './captured.ts'
import {
  type HelloSpec,
  handshakeMessage,
  handshakeRecord,
  helloBody,
  helloBytes,
  uint16,
  vector,
} from './hello-bytes.ts'

const base: HelloSpec = {
  versions: [0x0304, 0x0303],
  cipherSuites: [0x1301, 0xc02f, 0xc02b],
  groups: [23, 29],
  keyShares: [29],
  signatureAlgorithms: [0x0403, 0x0804, 0x0401],
  pointFormats: [0],
}
const endpoint: Case['endpoint'] = {
  securityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10',
  serverCertificates: ['rsa', 'ecdsa'],
  groups: ['x25519', 'secp256r1', 'secp384r1'],
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const without = (key: keyof HelloSpec): HelloSpec => {
  const { [key]: _, ...rest } = base
  return rest as HelloSpec
}

/** `openssl`: what it does with it, by its own code; undefined where it takes it. */
const cases: [name: string, spec: HelloSpec, extension: number, says: RegExp, refuses: boolean][] =
  [
    [
      'groups of an odd length',
      { ...without('groups'), more: [[10, hex('0003 0017 00')]] },
      10,
      /odd/,
      true,
    ],
    [
      'no groups in the list',
      { ...without('groups'), more: [[10, hex('0000')]] },
      10,
      /empty/,
      true,
    ],
    [
      'groups that end early',
      { ...without('groups'), more: [[10, hex('0008 0017')]] },
      10,
      /early/,
      true,
    ],
    [
      'groups with more behind',
      { ...without('groups'), more: [[10, hex('0002 0017 ff')]] },
      10,
      /behind/,
      true,
    ],
    [
      'signature algorithms of an odd length',
      { ...without('signatureAlgorithms'), more: [[13, hex('0003 0403 04')]] },
      13,
      /odd/,
      true,
    ],
    [
      'point formats that end early',
      {
        ...without('versions'),
        ...{ keyShares: undefined as never },
        pointFormats: undefined as never,
        more: [[11, hex('05 00')]],
      },
      11,
      /early/,
      true,
    ],
    [
      'a server name that ends early',
      { ...base, more: [[0, hex('0009 00 0004 61')]] },
      0,
      /early/,
      true,
    ],
    [
      'a server name with a zero byte',
      { ...base, more: [[0, hex('0005 00 0002 6100')]] },
      0,
      /can not/,
      true,
    ],
    [
      'versions of an odd length',
      { ...without('versions'), more: [[43, hex('03 0304 03')]] },
      43,
      /odd/,
      true,
    ],
    [
      'an ALPN name without a letter',
      { ...base, more: [[16, hex('0001 00')]] },
      16,
      /can not/,
      true,
    ],
    [
      'a length for fragments that there is not',
      { ...base, more: [[1, hex('09')]] },
      1,
      /no length/,
      true,
    ],
    ['groups twice', { ...base, more: [[10, vector(2, uint16(23))]] }, 10, /twice/, true],
    [
      'a server name twice',
      { ...base, sni: 'a', more: [[0, hex('0004 00 0001 61')]] },
      0,
      /twice/,
      true,
    ],
    // OpenSSL counts only the extensions that it knows.
    [
      'an unknown one twice',
      {
        ...base,
        more: [
          [4660, hex('')],
          [4660, hex('')],
        ],
      },
      4660,
      /twice/,
      false,
    ],
  ]

t.test('a wrong form is named, and OpenSSL refuses what we say that it refuses', async t => {
  const bench = await createBench()
  for (const [name, spec, extension, says, refuses] of cases) {
    const hello = JSON.parse(JSON.stringify({ ...spec, more: undefined })) as HelloSpec
    const sent: HelloSpec = { ...hello, more: spec.more ?? [] }
    const { faults } = parsedHello(helloBytes(sent))
    t.equal(faults.length, 1, name)
    t.equal(faults[0]?.extension, extension, name)
    t.match(faults[0]?.says, says, name)
    const answer = await bench.answer({ hello: sent, endpoint })
    t.equal(answer.accepted, !refuses, `${name}: ${JSON.stringify(answer)}`)
    if (!answer.accepted) t.match(answer.alert?.toString(), /^(47|50|70|112)$/, name)
  }
  t.equal((await bench.answer({ hello: base, endpoint })).accepted, true, 'the base itself')
})

t.test('which forms OpenSSL looks at, by extension and version', async t => {
  const bench = await createBench()
  const { versions: _, keyShares: __, ...old } = base
  const bases: [name: string, spec: HelloSpec, version: number][] = [
    ['TLS 1.3', base, 0x0304],
    ['TLS 1.2', old, 0x0303],
    ['TLS 1.2 in a list', { ...base, versions: [0x0303] }, 0x0303],
  ]
  const built: Record<number, keyof HelloSpec> = {
    10: 'groups',
    11: 'pointFormats',
    13: 'signatureAlgorithms',
    51: 'keyShares',
  }
  for (const [name, spec, version] of bases) {
    for (const id of [0, 1, 10, 11, 13, 16, 45, 50, 51]) {
      const { [built[id] ?? 'more']: ___, ...others } = spec
      const hello = { ...others, more: [[id, hex('0009ff')]] } as HelloSpec
      const parsed = parsedHello(helloBytes(hello))
      t.equal(parsed.faults.length, 1, `${name}, ${id}`)
      const { accepted } = await bench.answer({ hello, endpoint })
      t.equal(isRead(id, parsed, version), !accepted, `${name}, ${id}`)
    }
    for (const id of [
      5, 12, 14, 17, 18, 20, 21, 22, 23, 27, 28, 35, 47, 49, 4660, 13172, 0xfe0d, 0xff01,
    ]) {
      const once: [number, Buffer] = [id, id === 0xff01 ? hex('00') : hex('')]
      const twice = { ...spec, more: [once, once] }
      const parsed = parsedHello(helloBytes(twice))
      const { accepted } = await bench.answer({ hello: twice, endpoint })
      t.equal(isRead(id, parsed, version), !accepted, `${name}, ${id} twice`)
    }
  }
})

t.test('bytes behind the extensions: OpenSSL refuses them, and so do we', async t => {
  const body = Buffer.concat([helloBody(base), hex('00')])
  const parsed = parseClientHello(body)
  t.match(parsed, { ok: false, says: /behind the extensions/, at: body.length - 1 })
  const broker = await running(t)
  const saw = await rawVisit(broker, socket => {
    socket.end(handshakeRecord(handshakeMessage(1, body)))
  })
  t.equal(saw.alert, 50)
  t.match(await broker.closed(), {
    code: 'HELLO_MALFORMED',
    says: /bytes stand behind the extensions/,
    sent: { alert: 50 },
  })
})

t.test('no real client has a fault', async t => {
  for (const { name, bytes } of captured()) t.strictSame(parsedHello(bytes).faults, [], name)
})

t.test('a hello of nothing but duplicates keeps eight of them', async t => {
  const more = Array.from({ length: 2000 }, (): [number, Buffer] => [4660, Buffer.alloc(0)])
  t.equal(parsedHello(helloBytes({ cipherSuites: [0x2f], more })).faults.length, 8)
})

t.test('what a hello says of tickets, PSKs, early data and compression', async t => {
  const hello = (name: string) => {
    const found = captured().find(one => one.name === name)
    return parsedHello(found?.bytes ?? Buffer.alloc(0))
  }
  t.match(hello('openssl-3.0-psk'), { pskModes: [1], sessionTicket: 0 })
  t.equal(hello('openssl-3.0-psk').pskIdentities?.length, 1)
  t.ok((hello('openssl-3.0-ticket').sessionTicket ?? 0) > 100, 'it sends its ticket')
  t.match(hello('wolfssl-5.5-psk'), { pskIdentities: [8] }, '`sensor-1`')
  t.match(hello('openssl-3.0-mfl'), { maxFragmentLength: 512 })
  t.equal(hello('go-1.19').sessionTicket, undefined)
  const more: [number, Buffer][] = [
    [27, hex('04 0002 0001')],
    [44, hex('0003 010203')],
  ]
  t.match(parsedHello(helloBytes({ ...base, more })), { compressCertificate: [2, 1], cookie: 3 })
})
