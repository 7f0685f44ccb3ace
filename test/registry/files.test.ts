import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { errorCode, fileProblem, writeFileWhole, writeFolder } from '../../broker/registry/files.ts'
import { createWorld, standingClock } from '../../broker/world.ts'

const world = createWorld(standingClock(0))
const files = [
  { name: 'a.pem', content: 'a' },
  { name: 'a.key', content: 'secret', secret: true as const },
]

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'candid-files-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

t.test('a folder comes whole, secrets for the owner only', async t => {
  const dir = folder(t)
  t.equal(await writeFolder(join(dir, 'devices', 'x'), files, dir, world), true)
  t.same(readdirSync(dir), ['devices'])
  t.equal(statSync(join(dir, 'devices/x/a.key')).mode & 0o777, 0o600)
})

t.test('a folder with something in it stays as it is', async t => {
  const dir = folder(t)
  mkdirSync(join(dir, 'x'))
  writeFileSync(join(dir, 'x', 'mine'), '')
  t.equal(await writeFolder(join(dir, 'x'), files, dir, world), false)
  t.same(readdirSync(join(dir, 'x')), ['mine'])
  t.same(readdirSync(dir), ['x'], 'nothing half-made is left')
})

t.test('of many writers at once one wins, whole', async t => {
  const dir = folder(t)
  const writers = ['1', '2', '3', '4'].map(content =>
    writeFolder(
      join(dir, 'x'),
      ['a', 'b'].map(name => ({ name, content })),
      dir,
      world,
    ),
  )
  const won = (await Promise.all(writers)).filter(Boolean)
  t.equal(won.length, 1)
  t.equal(readFileSync(join(dir, 'x/a'), 'utf8'), readFileSync(join(dir, 'x/b'), 'utf8'))
})

t.test('a file that fails leaves the folder away', async t => {
  const dir = folder(t)
  const bad = [...files, { name: 'no/such/folder', content: '' }]
  const failed = await writeFolder(join(dir, 'x'), bad, dir, world).catch(errorCode)
  t.equal(failed, 'ENOENT')
  t.same(readdirSync(dir), [])
})

t.test('one file is replaced, with the mode of a secret', async t => {
  const dir = folder(t)
  const path = join(dir, 'a.key')
  writeFileSync(path, 'old')
  chmodSync(path, 0o644)
  await writeFileWhole(path, { content: 'new', secret: true }, world)
  t.equal(readFileSync(path, 'utf8'), 'new')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.same(readdirSync(dir), ['a.key'])
  t.notOk(existsSync(join(dir, '.a.key')))
})

const words: [code: string, says: string, hint: RegExp][] = [
  ['EACCES', '`certs/x`: permission denied', /ls -la certs\/x/],
  ['EROFS', '`certs/x`: the file system is read-only', /`certs:`/],
  ['ENOSPC', '`certs/x`: the disk is full', /make room/],
  ['EMFILE', '`certs/x`: EMFILE', /\w/],
]
for (const [code, says, hint] of words) {
  t.test(`${code} in words`, async t => {
    const error = Object.assign(new Error(code), { code })
    t.match(fileProblem(error, 'certs/x'), { says, hint })
  })
}

t.test('what the file system did not say is a bug and stays one', async t => {
  t.equal(fileProblem(new TypeError('x'), 'certs/x'), undefined)
  const error = Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' })
  t.equal(fileProblem(error, 'certs/x'), undefined)
})
