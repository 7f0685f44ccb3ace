/**
 * The mistakes that people make in resource patterns, each as a mended request or pattern to try again: if that
 * matches, the mistake is found.
 */

import { quote } from '../diagnosis/words.ts'
import { resourceTypes } from './actions.ts'
import type { AuthorizationRequest } from './decision.ts'
import { fromTokens, matches, type Pattern, type Token } from './pattern.ts'

export type Mistake = { kind: 'type' | 'head' | 'case' | 'filter' | 'slash'; why: string }

/**
 * Why a pattern failed, where it is one of the common mistakes.
 * @param pattern without variables, and not matching
 */
export function commonMistake(
  pattern: Pattern,
  { action, resource: asked }: AuthorizationRequest,
): Mistake | undefined {
  // Texts longer than any topic are not worth a second look.
  if (asked.length > 2000) return undefined
  return (
    wrongType(pattern, action, asked) ??
    wrongHead(pattern, asked) ??
    wrongCase(pattern, asked) ??
    filterInPolicy(pattern, asked) ??
    wrongSlash(pattern, asked)
  )
}

function wrongType(pattern: Pattern, action: string, asked: string): Mistake | undefined {
  const parts = /^((?:[^:]*:){5})([a-z]+)(\/.*)$/s.exec(asked)
  if (!parts) return undefined
  const [, head, type, rest] = parts
  for (const other of ['topic', 'topicfilter', 'client', 'thing'])
    if (other !== type && matches(pattern, `${head}${other}${rest}`, {})) {
      const want = resourceTypes.get(action) ?? type
      return {
        kind: 'type',
        why: `${quote(action)} is checked against \`${want}/\`, and this resource is a \`${other}/\``,
      }
    }
  return undefined
}

function wrongHead(pattern: Pattern, asked: string): Mistake | undefined {
  const theirs = pattern.text.split(':', 5)
  const ours = asked.split(':')
  if (theirs.length < 5 || ours.length < 6 || theirs.some(part => /[*?$]/.test(part)))
    return undefined
  if (!matches(pattern, [...theirs, ...ours.slice(5)].join(':'), {})) return undefined
  const names = ['start', 'partition', 'service', 'region', 'account']
  const differing = names.flatMap((name, index) =>
    theirs[index] === ours[index]
      ? []
      : [`the ${name} is ${quote(ours[index]!)} here and ${quote(theirs[index]!)} in the policy`],
  )
  return differing.length === 0 ? undefined : { kind: 'head', why: differing.join(', ') }
}

function wrongCase(pattern: Pattern, asked: string): Mistake | undefined {
  const lower = retext(pattern, text => [{ kind: 'text', text: text.toLowerCase() }])
  if (!matches(lower, asked.toLowerCase(), {})) return undefined
  return { kind: 'case', why: 'only upper and lower case differ' }
}

function filterInPolicy(pattern: Pattern, asked: string): Mistake | undefined {
  if (!/[#+]/.test(pattern.text)) return undefined
  const widened = retext(pattern, text =>
    text
      .split(/([#+])/)
      .map(part =>
        part === '#' || part === '+' ? { kind: 'star' } : { kind: 'text', text: part },
      ),
  )
  if (!matches(widened, asked, {})) return undefined
  return {
    kind: 'filter',
    why: '`+` and `#` are ordinary characters in a policy: its wildcard is `*`',
  }
}

function wrongSlash(pattern: Pattern, asked: string): Mistake | undefined {
  const slash = (why: string): Mistake => ({ kind: 'slash', why })
  if (matches(pattern, `${asked}/`, {}))
    return slash('it asks for a `/` at the end, so it covers only what lies below')
  const name = asked.indexOf('/') + 1
  if (name === 0) return undefined
  const [head, rest] = [asked.slice(0, name), asked.slice(name)]
  if (rest.startsWith('/') && matches(pattern, head + rest.slice(1), {}))
    return slash('the name asked for begins with a `/`, and the one in the policy does not')
  if (matches(pattern, `${head}/${rest}`, {}))
    return slash('the name in the policy begins with a `/`, and the one asked for does not')
  return undefined
}

function retext(pattern: Pattern, change: (text: string) => Token[]): Pattern {
  return fromTokens(
    pattern.text,
    pattern.tokens.flatMap(token => (token.kind === 'text' ? change(token.text) : [token])),
  )
}
