/**
 * What the registry needs of a place that keeps its records: all of them once at the start, then batches. Small on purpose,
 * so that another engine can stand behind it.
 */

/** One record written, or removed where there is no value. Values are JSON text. */
export type Change = { key: string; value: string | undefined }

/** A record as it is kept. */
export type Entry = [key: string, value: string]

export type Store = {
  /** All records, in the order of their keys, some at a time. Read once, before the first write. */
  records(): AsyncIterable<Entry[]>
  /**
   * One record, for what is too large to be kept in memory: undefined where there is none; throws where it isn't as it was
   * written. A store that can't give one at once has no such method: then all stays in memory.
   */
  read?(key: string): string | undefined
  /**
   * Writes all of it or nothing, in the order of the calls. Resolves when it would survive a crash of the machine; rejects
   * when it could not be written.
   */
  write(changes: Change[]): Promise<void>
  /** After the last write. */
  close(): Promise<void>
}
