/** A change in the registry, as evidence of what it has ended. */

import { either, quote } from './words.ts'

export type ChangeEvidence = {
  /** ISO. */
  at: string
  /** AWS's name of the operation. */
  operation?: string
  /** Files have changed. */
  files?: true
  /** What was changed, where it isn't the certificate: `policy fleet`, `group hall-3`, `thing sensor-1`. */
  what?: string
  /** Who asked for it. */
  by?: string
}

/**
 * `` `UpdateCertificate` (asked for by `candid cert deactivate`)``, or the files.
 * @param file where the changed thing is declared
 */
export function author({ operation, files, what, by }: ChangeEvidence, file?: string): string {
  if (operation === undefined) {
    if (file !== undefined) return `a change of ${quote(file)}`
    return files ? 'a change of the files' : 'a change'
  }
  const on = what === undefined ? '' : ` on ${quote(what)}`
  return `${quote(operation)}${on}${by === undefined ? '' : ` (asked for by ${quote(by)})`}`
}

/** One of several: which one it was is not known. */
export function authors(changes: readonly ChangeEvidence[]): string {
  return either([...new Set(changes.map(change => author(change)))])
}
