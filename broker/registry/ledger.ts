/**
 * Tables in memory whose changes are made in transactions: all of one, or none. What was committed is told as records by
 * key, so that a store can keep it. Records are never changed in place: a changed one is put in the old one's stead.
 */

import { type Answer, refuse } from './answer.ts'
import { type Ordered, orderedKeys } from './ordered.ts'

export type Table<T> = {
  readonly name: string
  readonly size: number
  get(key: string): T | undefined
  has(key: string): boolean
  values(): IterableIterator<T>
  /** All keys in order; kept until the table changes. The caller must not change the list. */
  keys(): readonly string[]
  /** Inside a transaction only. */
  put(key: string, record: T): void
  /** Inside a transaction only. */
  remove(key: string): void
}

/** Keys of records, by a property that several may share. */
export type Index = {
  /** In order. The caller must not change the list. */
  keys(of: string): readonly string[]
  has(of: string): boolean
}

/** One record that a transaction has changed; `after` is undefined where it was removed. */
export type Changed = { table: string; key: string; after: unknown }

export type Ledger = {
  table<T>(name: string): Table<T>
  /** @param of the values under which a record is found */
  index<T>(table: Table<T>, of: (record: T) => readonly (string | undefined)[]): Index
  /**
   * Runs `act` as one change. A refusal, and a throw, undo all that it has done; inside another transaction only its own
   * part is undone.
   */
  transact<T>(act: () => Answer<T>): Answer<T>
  /** Told after each transaction that changed something, in order. */
  onCommit(tell: (changes: Changed[]) => void): void
  /** Refuses every later transaction, for this reason. */
  seal(why: string): void
  /** Puts a record as it was kept, without a transaction; false where there is no such table. */
  restore(table: string, key: string, record: unknown): boolean
}

type Undo = { table: string; key: string; before: unknown }
type Rows = {
  set(key: string, record: unknown): void
  get(key: string): unknown
}

export function createLedger(): Ledger {
  const tables = new Map<string, Rows>()
  const watchers = new Map<string, ((before: unknown, after: unknown, key: string) => void)[]>()
  const listeners: ((changes: Changed[]) => void)[] = []
  let log: Undo[] | undefined
  let sealed: string | undefined

  function set(table: string, key: string, record: unknown): void {
    const rows = tables.get(table)
    const before = rows?.get(key)
    rows?.set(key, record)
    for (const watch of watchers.get(table) ?? []) watch(before, record, key)
  }

  function change(table: string, key: string, record: unknown): void {
    // INVARIANT: nothing changes outside a transaction, or it would never be kept.
    if (log === undefined) throw new Error(`${table} is changed outside a transaction`)
    log.push({ table, key, before: tables.get(table)?.get(key) })
    set(table, key, record)
  }

  function undoTo(length: number): void {
    while (log && log.length > length) {
      const last = log.pop()
      if (last) set(last.table, last.key, last.before)
    }
  }

  function commit(): void {
    const done = log ?? []
    log = undefined
    if (done.length === 0) return
    const last = new Map(done.map(({ table, key }) => [`${table}/${key}`, { table, key }]))
    const changes = [...last.values()].map(one => ({
      ...one,
      after: tables.get(one.table)?.get(one.key),
    }))
    for (const tell of listeners) tell(changes)
  }

  return {
    table<T>(name: string): Table<T> {
      const rows = new Map<string, T>()
      const ordered = orderedKeys(
        () => rows.keys(),
        key => rows.has(key),
      )
      tables.set(name, {
        get: key => rows.get(key),
        set(key, record) {
          if (rows.has(key) !== (record !== undefined)) ordered.touch(key)
          if (record === undefined) rows.delete(key)
          else rows.set(key, record as T)
        },
      })
      return {
        name,
        get size() {
          return rows.size
        },
        get: key => rows.get(key),
        has: key => rows.has(key),
        values: () => rows.values(),
        keys: ordered.keys,
        put: (key, record) => change(name, key, record),
        remove: key => change(name, key, undefined),
      }
    },
    index<T>(table: Table<T>, of: (record: T) => readonly (string | undefined)[]): Index {
      // Most values have one key only: a string takes a tenth of a set with one member.
      const known = new Map<string, string | Several>()
      const add = (value: string, key: string) => {
        const there = known.get(value)
        if (there === undefined) known.set(value, key)
        else if (typeof there !== 'string') addTo(there, key)
        else if (there !== key) known.set(value, several(there, key))
      }
      const drop = (value: string, key: string) => {
        const there = known.get(value)
        if (there === key) known.delete(value)
        if (there === undefined || typeof there === 'string') return
        if (there.all.delete(key)) there.ordered?.touch(key)
        if (there.all.size === 0) known.delete(value)
      }
      const watch = (before: unknown, after: unknown, key: string) => {
        if (before !== undefined) for (const v of of(before as T)) if (v !== undefined) drop(v, key)
        if (after !== undefined) for (const v of of(after as T)) if (v !== undefined) add(v, key)
      }
      watchers.set(table.name, [...(watchers.get(table.name) ?? []), watch])
      return {
        has: value => known.has(value),
        keys(value) {
          const there = known.get(value)
          if (there === undefined) return []
          if (typeof there === 'string') return [there]
          return there.ordered?.keys() ?? [...there.all].sort()
        },
      }
    },
    transact(act) {
      if (sealed !== undefined) return refuse('InternalFailureException', sealed)
      const outermost = log === undefined
      log ??= []
      const mark = log.length
      try {
        const result = act()
        if (!result.ok) undoTo(mark)
        if (outermost) commit()
        return result
      } catch (error) {
        undoTo(mark)
        if (outermost) log = undefined
        throw error
      }
    },
    onCommit: tell => void listeners.push(tell),
    seal(why) {
      sealed = why
    },
    restore(table, key, record) {
      const rows = tables.get(table)
      if (rows === undefined) return false
      // Nothing was there before: with a hundred thousand devices the look would take a quarter of a second.
      rows.set(key, record)
      for (const watch of watchers.get(table) ?? []) watch(undefined, record, key)
      return true
    },
  }
}

/** The keys of one value of an index, where there are several; in order they are kept only where there are many. */
type Several = { all: Set<string>; ordered?: Ordered }

const MANY = 100

function several(...first: string[]): Several {
  return { all: new Set(first) }
}

function addTo(there: Several, key: string): void {
  const { all } = there
  if (all.has(key)) return
  all.add(key)
  there.ordered?.touch(key)
  if (all.size === MANY)
    there.ordered ??= orderedKeys(
      () => all,
      one => all.has(one),
    )
}
