/** What is in the way of a store, in words: a value, or carried by an error where a stream of records has to break off. */

/** One line each, as the command line prints it. */
export type StoreProblem = {
  says: string
  hint: string
  /** Another process has the folder open. */
  inUse?: true
}

/** The error that reading a damaged store ends with. */
export function storeError(problem: StoreProblem): Error {
  return Object.assign(new Error(problem.says), { problem })
}

/** The problem in an error of a store; nothing where it is another error: that is a bug, and to be thrown on. */
export function problemIn(error: unknown): StoreProblem | undefined {
  if (!(error instanceof Error) || !('problem' in error)) return undefined
  const { problem } = error
  const isOurs = typeof problem === 'object' && problem !== null && 'says' in problem
  return isOurs ? (problem as StoreProblem) : undefined
}

/** @param what goes on from "the store in `...` is damaged: " */
export function damaged(folder: string, what: string): StoreProblem {
  return {
    says: `the store in \`${folder}\` is damaged: ${what}`,
    hint: `candid store repair --state ${shellWord(folder)}   it keeps a copy of everything first`,
  }
}

/** What the file system or LevelDB refused, in words; nothing for an error that is a bug. */
export function refusedBySystem(error: unknown, folder: string): StoreProblem | undefined {
  const own = codeOf(error)
  const code = own.startsWith('LEVEL_') ? systemCodeIn(oneLine(error)) : own
  if (code === undefined) return damaged(folder, `LevelDB says: ${oneLine(error)}`)
  const says = systemErrors[code]
  if (says === undefined && !/^E[A-Z0-9]+$/.test(code)) return undefined
  return {
    says: `the state folder \`${folder}\` can't be used: ${says ?? code}`,
    hint: `${code === 'ENOSPC' ? 'make room on it; ' : ''}--state DIR takes another folder, --state memory keeps nothing`,
  }
}

/** LevelDB has the words of the operating system, and no code. What is no fault of the files is no damage: nothing to repair. */
function systemCodeIn(words: string): string | undefined {
  return systemWords.find(([end]) => words.endsWith(end))?.[1]
}

/** The error's `code`, or that of the error behind it. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const own = 'code' in error ? String(error.code) : ''
  const behind = codeOf(error.cause)
  return behind === '' ? own : behind
}

/** LevelDB's words, without line ends. */
function oneLine(error: unknown): string {
  const deepest = (one: Error): Error => (one.cause instanceof Error ? deepest(one.cause) : one)
  return error instanceof Error ? deepest(error).message.replace(/\s+/g, ' ') : String(error)
}

function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

const systemErrors: Record<string, string> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'there is a file of that name, not a folder',
  EMFILE: 'this process has too many files open',
  ENOENT: 'it is not there, and can not be made there',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of this path is a file, not a folder',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
}

const systemWords: readonly [end: string, code: string][] = [
  [': Disk quota exceeded', 'EDQUOT'],
  [': No space left on device', 'ENOSPC'],
  [': Permission denied', 'EACCES'],
  [': Read-only file system', 'EROFS'],
  [': Too many open files', 'EMFILE'],
]
