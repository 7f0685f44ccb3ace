import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { watchDeclared } from '../../../broker/registry/declared/declared-watch.ts'
import type { Clock } from '../../../broker/world.ts'

async function site(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'watch-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const at = (...path: string[]) => join(folder, ...path)
  await writeFile(at('config.yaml'), 'log: json\n')
  await mkdir(at('policies'))
  await writeFile(at('policies', 'device.json'), '{}')
  await mkdir(at('certs', 'server'), { recursive: true })
  await mkdir(at('certs', 'devices', 'a'), { recursive: true })
  const paths = {
    files: [at('config.yaml')],
    folders: [at('policies'), at('certs')],
    except: [at('certs', 'server')],
  }
  return { at, paths }
}

/** Time passes only by `pass`. */
function handClock() {
  let now = 0
  let timers: { at: number; act: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act }
      timers.push(timer)
      return () => {
        timers = timers.filter(one => one !== timer)
      }
    },
  }
  const pass = (ms: number) => {
    const end = now + ms
    for (;;) {
      const [next] = timers.filter(one => one.at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      timers = timers.filter(one => one !== next)
      now = next.at
      next.act()
    }
    now = end
  }
  return { clock, pass, pending: () => timers.length }
}

/**
 * Short waits are real, the slow look never comes: what is told, was told by the system's events.
 */
const eventClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, act) {
    if (ms >= 2000) return () => {}
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

type Site = Awaited<ReturnType<typeof site>>

const steps: [name: string, act: (site: Site) => Promise<unknown>][] = [
  ['a file is written', ({ at }) => writeFile(at('policies', 'device.json'), '{"a":1}')],
  ['a file is made', ({ at }) => writeFile(at('policies', 'other.json'), '{}')],
  ['a file is removed', ({ at }) => rm(at('policies', 'device.json'))],
  [
    'an editor writes aside and renames',
    async ({ at }) => {
      await writeFile(at('.config.yaml.swp'), 'log: story\n')
      await rename(at('.config.yaml.swp'), at('config.yaml'))
    },
  ],
  [
    'a device comes as a whole folder',
    async ({ at }) => {
      await mkdir(at('certs', '.new-1'))
      await writeFile(at('certs', '.new-1', 'device.yaml'), 'thing: b')
      await rename(at('certs', '.new-1'), at('certs', 'devices', 'b'))
    },
  ],
  ['a file comes into a folder below', ({ at }) => writeFile(at('certs', 'devices', 'a', 'x'), '')],
  ['a folder goes', ({ at }) => rm(at('policies'), { recursive: true })],
]

t.test('events of the system are told', async t => {
  for (const [name, act] of steps) {
    t.test(name, async t => {
      const place = await site(t)
      await new Promise<void>((tell, fail) => {
        const watcher = watchDeclared(place.paths, tell, eventClock)
        t.teardown(() => watcher.close())
        act(place).catch(fail)
      })
      t.pass('told')
    })
  }
})

t.test('folders that come, go and come again are followed', async t => {
  const { at, paths } = await site(t)
  await rm(at('policies'), { recursive: true })
  let tell = () => {}
  const watcher = watchDeclared(paths, () => tell(), eventClock)
  t.teardown(() => watcher.close())
  const after = (act: () => Promise<unknown>) =>
    new Promise<void>((done, fail) => {
      tell = done
      act().catch(fail)
    })
  await after(async () => {
    await mkdir(at('policies'))
    await writeFile(at('policies', 'a.json'), '{}')
  })
  await after(() => writeFile(at('policies', 'b.json'), '{}'))
  await after(() => rm(at('policies'), { recursive: true }))
  await after(async () => {
    await mkdir(at('policies', 'templates'), { recursive: true })
    await writeFile(at('policies', 'templates', 'a.json'), '{}')
  })
  await after(() => writeFile(at('policies', 'templates', 'a.json'), '{ }'))
  t.pass('each was told')
})

/** Paths that nothing can watch yet: only the slow look finds what comes there. */
async function silentSite(t: Test) {
  const { at } = await site(t)
  const paths = { files: [at('no', 'config.yaml')], folders: [at('no', 'policies'), '\u0000'] }
  const appear = async () => {
    await mkdir(at('no', 'policies'), { recursive: true })
    await writeFile(at('no', 'policies', 'a.json'), '{}')
  }
  return { paths, appear }
}

t.test('without events, a slow look finds changes, and tells each once', async t => {
  const { paths, appear } = await silentSite(t)
  const { clock, pass } = handClock()
  let told = 0
  const watcher = watchDeclared(paths, () => told++, clock)
  t.teardown(() => watcher.close())
  pass(10_000)
  t.equal(told, 0, 'nothing has changed')
  await appear()
  pass(2000)
  t.equal(told, 0, 'it waits for the files to come to rest')
  pass(200)
  t.equal(told, 1)
  pass(10_000)
  t.equal(told, 1)
})

t.test('what is excepted, hidden or beside is not told', async t => {
  const { at, paths } = await site(t)
  const { clock, pass } = handClock()
  let told = 0
  const watcher = watchDeclared(paths, () => told++, clock)
  t.teardown(() => watcher.close())
  await writeFile(at('certs', 'server', 'ca.pem'), 'x')
  await writeFile(at('certs', '.new'), 'x')
  await writeFile(at('broker.log'), 'x')
  pass(10_000)
  t.equal(told, 0)
})

t.test('after close there is silence, and no timer is left', async t => {
  const { paths, appear } = await silentSite(t)
  const { clock, pass, pending } = handClock()
  const watcher = watchDeclared(paths, () => t.fail('told after close'), clock)
  await appear()
  pass(2000)
  t.equal(pending(), 2, 'about to tell')
  watcher.close()
  watcher.close()
  t.equal(pending(), 0)
  pass(10_000)
})
