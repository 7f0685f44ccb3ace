/** `NAME=VALUE` as flags give them. */

import { shown } from '../config/words.ts'
import type { Spoken } from './say.ts'

/** @param flag for the message: `--attribute` */
export function pairs(
  given: string[],
  flag: string,
): { pairs: { [name: string]: string } } | { problem: Spoken } {
  const found: [string, string][] = []
  for (const text of given) {
    const at = text.indexOf('=')
    if (at < 1) {
      return {
        problem: { says: `\`${flag}\`: ${shown(text)} has no \`=\``, hint: `${flag} NAME=VALUE` },
      }
    }
    found.push([text.slice(0, at), text.slice(at + 1)])
  }
  return { pairs: Object.fromEntries(found) }
}
