import t from 'tap'
import { refusedBySystem } from '../../broker/store/problem.ts'

/** As classic-level gives it: the database did not open, and behind it LevelDB's words. */
function fromLevel(words: string): Error {
  const cause = Object.assign(new Error(`IO error: /state/store/LOCK: ${words}`), {
    code: 'LEVEL_IO_ERROR',
  })
  return Object.assign(new Error('Database failed to open', { cause }), {
    code: 'LEVEL_DATABASE_NOT_OPEN',
  })
}

const table: [error: Error, says: RegExp, hint: RegExp][] = [
  [fromLevel('No space left on device'), /can't be used: the disk is full$/, /^make room/],
  [fromLevel('Read-only file system'), /can't be used: the file system is read-only$/, /^--state/],
  [fromLevel('Permission denied'), /can't be used: permission denied$/, /^--state/],
  [fromLevel('Too many open files'), /too many files open$/, /^--state/],
  [fromLevel('bad block'), /is damaged: LevelDB says: IO error/, /^candid store repair/],
]

for (const [error, says, hint] of table) {
  t.test(String(says), t => {
    const problem = refusedBySystem(error, '/state')
    t.match(problem?.says, says)
    t.match(problem?.hint, hint, 'a full disk is no damage: repair would only copy more onto it')
    t.end()
  })
}
