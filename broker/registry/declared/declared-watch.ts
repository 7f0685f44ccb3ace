/**
 * Tells when something that is declared may have changed. The system's file events are quick but
 * not sure (editors that rename, folders that come and go, mounted volumes without any events), so
 * a slow look at the files stands behind them.
 */

import { createHash } from 'node:crypto'
import { type BigIntStats, type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Clock } from '../../world.ts'
import { byText } from './declared-files.ts'

/** None of them need exist. */
export type WatchedPaths = {
  files: string[]
  /** With all that is in them, four levels deep. */
  folders: string[]
  /** Folders in those folders that don't count. */
  except?: string[]
}

export type DeclaredWatch = {
  /** Looks at once where something has stirred, and calls `onChange` before it returns. */
  hurry(): void
  /** The same, whether something has stirred or not. */
  now(): void
  close(): void
}

/**
 * Calls `onChange` about 100 ms after the files have come to rest, or once a second while they
 * don't. Start watching first and read then: so no change falls between. Never throws, and never
 * keeps the process alive.
 */
export function watchDeclared(
  paths: WatchedPaths,
  onChange: () => void,
  clock: Clock,
): DeclaredWatch {
  const settings = absolute(paths)
  let view = look(settings)
  let waiting: { cancel: () => void; since: number } | undefined
  let closed = false

  const stir = () => {
    if (closed) return
    const since = waiting?.since ?? clock.elapsed()
    const rest = Math.max(0, Math.min(restMs, since + longestMs - clock.elapsed()))
    waiting?.cancel()
    waiting = { since, cancel: clock.after(rest, settle) }
  }
  const settle = () => {
    waiting = undefined
    if (closed) return
    const now = look(settings)
    // INVARIANT: watchers stand before onChange reads, so what is written after that read makes an
    // event.
    events.follow(now.folders)
    if (now.print === view.print) return
    view = now
    onChange()
  }
  const poll = () => {
    if (closed) return
    const started = clock.elapsed()
    if (look(settings).print !== view.print) stir()
    // Many files take their time to look at: a fiftieth of all time is given to it.
    cancelPoll = clock.after(Math.max(pollMs, 50 * (clock.elapsed() - started)), poll)
  }
  const events = fileEvents(stir)
  events.follow(view.folders)
  let cancelPoll = clock.after(pollMs, poll)
  return {
    hurry() {
      if (waiting === undefined) return
      waiting.cancel()
      settle()
    },
    now() {
      waiting?.cancel()
      settle()
    },
    close() {
      closed = true
      waiting?.cancel()
      cancelPoll()
      events.follow([])
    },
  }
}

/**
 * `names`: only events about these count; absent: all do. `id` changes when a folder is made anew.
 */
type WatchedFolder = { path: string; id: string; names?: Set<string> }

/** Listens to the system's events about some folders; where it can't, it stays silent. */
function fileEvents(tell: () => void): { follow(folders: WatchedFolder[]): void } {
  const watchers = new Map<string, FSWatcher>()
  const drop = (id: string) => {
    watchers.get(id)?.close()
    watchers.delete(id)
  }
  return {
    follow(folders) {
      const wanted = new Set(folders.map(({ id }) => id))
      for (const id of watchers.keys()) if (!wanted.has(id)) drop(id)
      for (const { path, id, names } of folders) {
        if (watchers.has(id)) continue
        try {
          const watcher = watch(path, { persistent: false }, (_, name) => {
            if (!names || name === null || names.has(name)) tell()
          })
          watchers.set(id, watcher)
          watcher.on('error', () => {
            drop(id)
            tell()
          })
        } catch {
          // Gone meanwhile, no right to it, or no watchers left: the slow look finds its changes.
        }
      }
    },
  }
}

/**
 * All paths absolute; `near` are the folders around the files and folders, by the names that matter
 * in each.
 */
type Settings = {
  files: string[]
  folders: string[]
  except: Set<string>
  near: Map<string, Set<string>>
}

function absolute({ files, folders, except }: WatchedPaths): Settings {
  const near = new Map<string, Set<string>>()
  const [filePaths, folderPaths] = [files, folders].map(list => list.map(path => resolve(path)))
  for (const path of [...(filePaths ?? []), ...(folderPaths ?? [])]) {
    near.set(dirname(path), (near.get(dirname(path)) ?? new Set()).add(basename(path)))
  }
  return {
    files: filePaths ?? [],
    folders: folderPaths ?? [],
    except: new Set((except ?? []).map(path => resolve(path))),
    near,
  }
}

/**
 * What there is now: the folders to watch, and a print of all files that changes when one of them
 * does.
 */
function look(settings: Settings): { folders: WatchedFolder[]; print: string } {
  const folders = new Map<string, WatchedFolder>()
  const hash = createHash('sha256')
  const note = (path: string, found: BigIntStats | undefined) =>
    hash.update(
      found
        ? `${path}\0${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}\0`
        : `${path}\0-\0`,
    )
  const enter = (path: string, depth: number) => {
    const found = statOf(path)
    if (!found?.isDirectory()) {
      note(path, found)
      return
    }
    folders.set(path, { path, id: `${path}\0${found.ino}` })
    for (const name of namesOf(path)) {
      const child = join(path, name)
      if (name.startsWith('.') || settings.except.has(child)) continue
      if (depth < deepest) enter(child, depth + 1)
    }
  }
  for (const path of settings.folders) enter(path, 1)
  for (const path of settings.files) note(path, statOf(path))
  for (const [path, names] of settings.near) {
    const found = folders.has(path) ? undefined : statOf(path)
    if (found?.isDirectory()) folders.set(path, { path, id: `${path}\0${found.ino} near`, names })
  }
  return { folders: [...folders.values()], print: hash.digest('hex') }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}

function namesOf(path: string): string[] {
  try {
    return readdirSync(path).sort(byText)
  } catch {
    return []
  }
}

const restMs = 100
const longestMs = 1000
const pollMs = 2000
const deepest = 4
