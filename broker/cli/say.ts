/**
 * The one way out for words: stdout for data, stderr for talk, one line each, nothing in them that
 * moves a cursor.
 */

import { escapeText } from '../diagnosis/escape.ts'
import { exits, type Io, type Output } from './io.ts'

/** A problem for people: one line, then the next command to type. */
export type Spoken = { says: string; hint?: string }

/** Data for people, line by line, on stdout. */
export function print(lines: string[], io: Io): void {
  writeLines(lines, io.stdout)
}

/** Data for programs, as one JSON document on stdout. */
export function printJson(value: unknown, io: Io): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Talk, on stderr: warnings, and what doesn't belong to the answer. */
export function talk(lines: string[], io: Io): void {
  writeLines(lines, io.stderr)
}

/**
 * Says problems on stderr, each with its hint; with `--json` also as data on stdout. Returns the
 * exit code given.
 */
export function complain(problems: Spoken[], exit: number, io: Io, json = false): number {
  talk(problems.flatMap(spokenLines), io)
  if (json) printJson({ problems }, io)
  return exit
}

/** The commonest case: wrong input. */
export function reject(problem: Spoken, io: Io, json = false): number {
  return complain([problem], exits.invalid, io, json)
}

/** A problem as its lines. */
export function spokenLines(problem: Spoken): string[] {
  return problem.hint === undefined ? [problem.says] : [problem.says, `hint: ${problem.hint}`]
}

/** Columns, as wide as their widest cell. */
export function table(rows: string[][]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/**
 * Names in certificates and files are strangers' text: what could move a cursor is shown, not
 * obeyed.
 */
function writeLines(lines: string[], output: Output): void {
  for (const line of lines) output.write(`${escapeText(line)}\n`)
}
