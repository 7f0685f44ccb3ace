/**
 * What the registry needs of a place that keeps its records: all of them once at the start, then batches. Small on purpose,
 * so that another engine can stand behind it.
 */

/** One record written, or removed where there is no value. Values are JSON text. */
export type Change = { key: string; value: string | undefined }

export type Store = {
  /** All records, in the order of their keys. Read once, before the first write. */
  records(): AsyncIterable<[key: string, value: string]>
  /**
   * Writes all of it or nothing, in the order of the calls. Resolves when it would survive a crash of the machine; rejects
   * when it could not be written.
   */
  write(changes: Change[]): Promise<void>
  /** After the last write. */
  close(): Promise<void>
}
