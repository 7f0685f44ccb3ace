import t, { type Test } from 'tap'
import { readArguments } from '../../broker/cli/flags.ts'
import type { Io } from '../../broker/cli/io.ts'
import { serve } from '../../broker/cli/serve.ts'
import { command, readOverrides } from '../../broker/cli/start.ts'
import { sandbox } from './sandbox.ts'

function overrides(...args: string[]) {
  const read = readArguments(args, command)
  return 'given' in read ? readOverrides(read.given) : read
}

t.test('flags become overrides', async t => {
  t.same(overrides(), { overrides: {} })
  t.same(overrides('--port', '0', '--log', 'json', '--state', 'memory'), {
    overrides: { port: 0, log: 'json', state: 'memory' },
  })
  t.same(overrides('--state', 'my/state'), { overrides: { state: 'my/state' } })
  t.same(overrides('--json'), { overrides: { log: 'json' } })
  for (const [given, clock] of [
    ['2049-12-31', '2049-12-31T00:00:00.000Z'],
    ['2049-12-31T23:59Z', '2049-12-31T23:59:00.000Z'],
    ['2049-12-31T23:59:01+01:00', '2049-12-31T22:59:01.000Z'],
  ] as const) {
    t.same(overrides('--clock', given), { overrides: { clock } })
  }
})

/** What surrounds a server, with a hand on the signals. */
function around(t: Test) {
  const box = sandbox(t)
  const exits: number[] = []
  const handlers = new Set<() => void>()
  let err = ''
  const io: Io = {
    ...box.io,
    stderr: { write: text => (err += text) },
    exit: code => exits.push(code),
    signals(act) {
      handlers.add(act)
      return () => handlers.delete(act)
    },
  }
  const signal = () => {
    for (const act of handlers) act()
  }
  return { io, signal, exits, handlers, err: () => err }
}

t.test('a signal stops it in order', async t => {
  const { io, signal, exits, handlers } = around(t)
  const order: string[] = []
  const ended = serve(async () => {
    order.push('begun')
    return { stop: async () => void order.push('stopped') }
  }, io)
  setImmediate(() => {
    order.push('signal')
    signal()
  })
  t.equal(await ended, 0)
  t.same(order, ['begun', 'signal', 'stopped'])
  t.same(exits, [])
  t.equal(handlers.size, 0)
})

t.test('a signal while it begins is not lost', async t => {
  const { io, signal } = around(t)
  let stopped = false
  const begin = async () => {
    signal()
    return {
      stop: async () => {
        stopped = true
      },
    }
  }
  t.equal(await serve(begin, io), 0)
  t.ok(stopped)
})

t.test('a second signal does not wait', async t => {
  const { io, signal, exits } = around(t)
  const stop = async () => signal()
  const ended = serve(async () => ({ stop }), io)
  signal()
  await ended
  t.same(exits, [130])
})

t.test('what kept it from starting is told', async t => {
  const { io, err, handlers } = around(t)
  const problems = [{ says: 'port 8883 is taken', hint: '--port 8884' }]
  t.equal(await serve(async () => ({ problems }), io), 1)
  t.equal(err(), 'port 8883 is taken\nhint: --port 8884\n')
  t.equal(handlers.size, 0)
})
