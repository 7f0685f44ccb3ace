/** The management door, called with real bytes on a real socket. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ask } from '../../broker/control/client.ts'
import { type Door, type DoorParts, openDoor } from '../../broker/control/door.ts'
import { type DoorFile, readDoorFile } from '../../broker/control/door-file.ts'
import type { LogEvent } from '../../broker/journal/journal.ts'
import { createRegistry, openRegistry } from '../../broker/registry/registry.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { memoryStore } from '../helpers/memory-store.ts'

const world = createWorld(runningClock())
const account = () => ({ id: '123456789012', region: 'us-east-1' })

type Opened = { folder: string; door: Door; file: DoorFile; events: LogEvent[] }

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'candid-door-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function partsOf(folder: string, events: LogEvent[], more: Partial<DoorParts> = {}): DoorParts {
  const registry = createRegistry({ world, account })
  return {
    folder,
    world,
    journal: { write: event => void events.push(event) },
    registry,
    operations: registry.operations,
    version: '1.2.3',
    status: () => ({ listeners: [{ host: '::', port: 8883 }], connections: 2 }),
    takeOver: () => Promise.resolve(),
    ...more,
  }
}

async function opened(
  t: Test,
  more: Partial<DoorParts> = {},
  folder = folderOf(t),
): Promise<Opened> {
  const events: LogEvent[] = []
  const door = await openDoor(partsOf(folder, events, more))
  if ('problem' in door) throw new Error(door.problem.says)
  t.teardown(() => door.close())
  const file = await readDoorFile(folder)
  if (!file) throw new Error('no door.json')
  return { folder, door, file, events }
}

const post = (path: string, input?: unknown) =>
  ({ method: 'POST', path, input, by: 'candid test' }) as const

/** Writes bytes, and gives everything that came back until the end. */
function raw(path: string, ...pieces: (string | Buffer)[]): Promise<string> {
  return new Promise(resolve => {
    let seen = ''
    const socket: Socket = connect(path, () => {
      for (const piece of pieces) socket.write(piece)
    })
    socket.on('data', data => (seen += data))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(seen))
  })
}

t.test('an operation is called by its name, and told', async t => {
  const { file, events } = await opened(t)
  const made = await ask(file, post('/operations/CreateThing', { thingName: 'sensor-1' }))
  t.match(made, {
    status: 200,
    body: { thingName: 'sensor-1', thingArn: 'arn:aws:iot:us-east-1:123456789012:thing/sensor-1' },
  })
  t.match(await ask(file, post('/operations/DescribeThing', { thingName: 'sensor-1' })), {
    status: 200,
    body: { version: 1 },
  })
  await ask(file, post('/operations/CreateThing', { thingName: 'sensor-1' }))
  t.same(
    events,
    [
      {
        event: 'registry.changed',
        operation: 'CreateThing',
        by: 'candid test',
        resources: ['thing/sensor-1'],
      },
    ],
    'what only reads, or changes nothing, is no change',
  )
})

t.test(
  'what somebody else changes meanwhile is not told as the change of who only reads',
  async t => {
    const registry = createRegistry({ world, account })
    const { operations } = registry
    const { file, events } = await opened(t, {
      registry,
      operations: {
        listThings(input) {
          const list = operations.listThings(input)
          queueMicrotask(() => operations.createThing({ thingName: 'of-a-device' }))
          return list
        },
      },
    })
    t.match(await ask(file, post('/operations/ListThings')), { status: 200, body: { things: [] } })
    t.ok(registry.thing('of-a-device'))
    t.same(events, [])
  },
)

t.test('a refusal has the status and the exception of AWS', async t => {
  const { file, events } = await opened(t)
  t.match(await ask(file, post('/operations/DescribeThing', { thingName: 'none' })), {
    status: 404,
    body: { exception: 'ResourceNotFoundException', message: /none/ },
  })
  t.match(await ask(file, post('/operations/CreateThing', { thingName: 'a b' })), {
    status: 400,
    body: { exception: 'InvalidRequestException', message: /regular expression/ },
  })
  t.match(await ask(file, post('/operations/CreateThing')), {
    status: 400,
    body: { message: /Value null at 'thingName'/ },
  })
  t.same(events, [])
})

for (const name of [
  'Nonsense',
  'constructor',
  'ToString',
  '__proto__',
  'createThing',
  'Create%20Thing',
]) {
  t.test(`there is no operation ${name}`, async t => {
    const { file } = await opened(t)
    t.match(await ask(file, post(`/operations/${name}`, {})), {
      status: 404,
      body: {
        exception: 'UnknownOperationException',
        hint: /candid call --list|did you mean `CreateThing`/,
      },
    })
  })
}

t.test('socket and token are for their owner only', async t => {
  const { folder, file, door } = await opened(t)
  t.equal(file.path, door.path)
  t.equal(statSync(join(folder, 'door.json')).mode & 0o777, 0o600)
  if (process.platform !== 'win32') t.equal(statSync(door.path).mode & 0o777, 0o600)
  t.equal(file.pid, process.pid)
  for (const token of ['', 'x', `${file.token}x`, file.token.slice(1), file.token.toUpperCase()]) {
    const reply = await ask({ ...file, token }, post('/operations/CreateThing', { thingName: 'a' }))
    t.match(reply, { status: 401, body: { exception: 'UnauthorizedException' } })
  }
  const bare = await raw(door.path, 'GET /status HTTP/1.1\r\nhost: x\r\n\r\n')
  t.match(bare, /^HTTP\/1\.1 401 /)
})

t.test('status', async t => {
  const { file } = await opened(t)
  t.same(await ask(file, { method: 'GET', path: '/status', by: 'test' }), {
    status: 200,
    body: {
      version: '1.2.3',
      pid: process.pid,
      listeners: [{ host: '::', port: 8883 }],
      connections: 2,
    },
  })
})

t.test('what is no request of ours is refused, and the door goes on', async t => {
  const { file, door, events } = await opened(t)
  const auth = `host: x\r\nauthorization: Bearer ${file.token}\r\n`
  const operation = (body: string | Buffer) => {
    const head = `POST /operations/CreateThing HTTP/1.1\r\n${auth}content-length: ${Buffer.byteLength(body)}\r\n\r\n`
    return [head, body]
  }
  const table: [what: string, expected: RegExp, ...bytes: (string | Buffer)[]][] = [
    ['no HTTP', /^HTTP\/1\.1 400 /, '\u0016\u0003\u0001\u0000\u0005hello\r\n\r\n'],
    ['a path of nobody', /^HTTP\/1\.1 404 /, `GET / HTTP/1.1\r\n${auth}\r\n`],
    [
      'GET of an operation',
      /^HTTP\/1\.1 405 /,
      `GET /operations/ListThings HTTP/1.1\r\n${auth}\r\n`,
    ],
    ['no JSON', /^HTTP\/1\.1 400 .*SerializationException/s, ...operation('{')],
    ['no object', /^HTTP\/1\.1 400 .*SerializationException/s, ...operation('[1]')],
    ['null', /^HTTP\/1\.1 400 .*SerializationException/s, ...operation('null')],
    [
      'no UTF-8',
      /^HTTP\/1\.1 400 .*SerializationException/s,
      ...operation(Buffer.from('{"a":"\xff"}', 'latin1')),
    ],
    [
      'a prototype',
      /^HTTP\/1\.1 400 .*Value null at 'thingName'/s,
      ...operation('{"__proto__":{"thingName":"a"}}'),
    ],
    [
      'deep',
      /^HTTP\/1\.1 400 .*InvalidRequest/s,
      ...operation(`{"thingName":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    ],
    [
      'a head without end',
      /^HTTP\/1\.1 431 /,
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
    ],
    [
      'two lengths',
      /^HTTP\/1\.1 400 /,
      `POST /files HTTP/1.1\r\n${auth}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
    ],
  ]
  for (const [what, expected, ...bytes] of table)
    t.match(await raw(door.path, ...bytes), expected, what)
  t.match(await ask(file, post('/operations/ListThings')), { status: 200 })
  t.same(events, [])
})

t.test('a body that is too long is not read', async t => {
  const { file, door } = await opened(t, { limits: { bodyBytes: 1000 } })
  const head = `POST /operations/CreateThing HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${file.token}\r\n`
  t.match(await raw(door.path, `${head}content-length: 1001\r\n\r\n`), /^HTTP\/1\.1 413 /)
  const chunk = `400\r\n${'x'.repeat(1024)}\r\n`
  t.match(
    await raw(door.path, `${head}transfer-encoding: chunked\r\n\r\n`, chunk, chunk),
    /^HTTP\/1\.1 413 /,
  )
})

t.test('who is slow is not waited for', async t => {
  const { file, door } = await opened(t, { limits: { headMs: 50, requestMs: 100, silenceMs: 200 } })
  t.match(await raw(door.path, 'POST /files HT'), /^(HTTP\/1\.1 408 .*)?$/s, 'half a head')
  t.match(await raw(door.path), /^(HTTP\/1\.1 408 .*)?$/s, 'nothing at all')
  const head = `POST /operations/CreateThing HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${file.token}\r\n`
  const half = await raw(door.path, `${head}content-length: 100\r\n\r\n{`)
  t.match(half, /^(HTTP\/1\.1 4\d\d .*)?$/s, 'half a body')
  t.match(await ask(file, post('/operations/ListThings')), { status: 200 })
})

t.test('an answer is durable, or it is none', async t => {
  const store = memoryStore()
  const { registry } = await openRegistry({ world, account }, store, () => undefined)
  const { file, events } = await opened(t, { registry, operations: registry.operations })
  t.match(await ask(file, post('/operations/CreateThing', { thingName: 'a' })), { status: 200 })
  store.breakWith(new Error('disk full'))
  const said = {
    status: 500,
    body: {
      exception: 'InternalFailureException',
      message: /^not stored: disk full$/,
      hint: /is it full\?\), then start the broker again/,
    },
  }
  t.match(await ask(file, post('/operations/CreateThing', { thingName: 'b' })), said)
  t.match(await ask(file, post('/operations/CreateThing', { thingName: 'c' })), said)
  t.match(await ask(file, post('/operations/DescribeThing', { thingName: 'a' })), { status: 200 })
  t.equal(events.length, 1)
})

t.test('a bug of ours is an answer too', async t => {
  const { file, events } = await opened(t, {
    operations: {
      breakThing() {
        throw new Error('oh dear')
      },
    },
  })
  t.match(await ask(file, post('/operations/BreakThing', {})), {
    status: 500,
    body: { exception: 'InternalFailureException' },
  })
  t.match(events, [{ event: 'broker.warning', says: /oh dear/ }])
})

t.test('files are taken over before the answer', async t => {
  const done: string[] = []
  const takeOver = async () => {
    await new Promise(resolve => setImmediate(resolve))
    done.push('read')
  }
  const { file } = await opened(t, { takeOver })
  t.match(await ask(file, post('/files')), { status: 200, body: {} })
  t.same(done, ['read'])
})

t.test('it closes with the broker, and leaves nothing', async t => {
  const { folder, door, file } = await opened(t)
  const idle = raw(door.path)
  await door.close()
  await idle
  t.notOk(existsSync(join(folder, 'door.json')))
  t.notOk(existsSync(door.path))
  t.match(await ask(file, post('/operations/ListThings')), { failed: 'closed' })
})

t.test('what a killed broker left is replaced; a living one is not', { skip: win() }, async t => {
  const folder = folderOf(t)
  const path = join(folder, 'door.sock')
  const { execFileSync } = await import('node:child_process')
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  t.throws(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' }))
  t.ok(statSync(path).isSocket())
  writeFileSync(join(folder, 'door.json'), 'half of')
  const { file } = await opened(t, {}, folder)
  t.match(await ask(file, post('/operations/ListThings')), { status: 200 })

  const second = await openDoor(partsOf(folder, []))
  t.match(second, { problem: { says: /another broker answers/ } })
  t.match(await ask(file, post('/operations/ListThings')), { status: 200 })
})

t.test('what is no socket is not removed', { skip: win() }, async t => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'door.sock'), 'mine')
  t.match(await openDoor(partsOf(folder, [])), { problem: { says: /is no socket/ } })
  t.ok(existsSync(join(folder, 'door.sock')))
})

t.test('a path that is too long for a socket', { skip: win() }, async t => {
  const folder = join(folderOf(t), 'a'.repeat(100))
  mkdirSync(folder)
  const { file, door } = await opened(t, {}, folder)
  t.notOk(door.path.startsWith(folder))
  t.equal(statSync(join(door.path, '..')).mode & 0o777, 0o700)
  t.match(await ask(file, post('/operations/ListThings')), { status: 200 })
  await door.close()
  t.notOk(existsSync(join(door.path, '..')))
})

t.test('a folder that can not be written', { skip: win() || process.getuid?.() === 0 }, async t => {
  const folder = folderOf(t)
  chmodSync(folder, 0o500)
  t.match(await openDoor(partsOf(folder, [])), { problem: { says: /permission denied|EACCES/ } })
})

t.test('a door that does not answer as one', { skip: win() }, async t => {
  const folder = folderOf(t)
  const file = { path: join(folder, 's'), token: 'x', pid: 1, version: '1' }
  const answers = ['not json', '[]', '']
  const server = createServer((request, response) => {
    if (request.url === '/silent') return
    response.end(answers.shift())
  })
  await new Promise<void>(resolve => server.listen(file.path, resolve))
  t.teardown(() => server.close())
  for (let count = answers.length; count > 0; count--) {
    t.match(await ask(file, post('/x')), { failed: 'silent', says: /no JSON/ })
  }
  t.match(await ask(file, { ...post('/silent'), timeoutMs: 50 }), { failed: 'silent' })
  server.closeAllConnections()
})

function win(): boolean {
  return process.platform === 'win32'
}
