/** The evaluator that one writes first: for each question, each statement's patterns become regular expressions. */

export type PlainDocument = {
  Version: string
  Statement: { Effect: 'Allow' | 'Deny'; Action: string[]; Resource: string[] }[]
}

export function naiveDecision(
  documents: PlainDocument[],
  action: string,
  resource: string,
  context: Record<string, string>,
): string {
  let outcome = 'IMPLICIT_DENY'
  for (const { Statement } of documents)
    for (const { Action, Effect, Resource } of Statement) {
      if (!Action.some(pattern => regular(pattern, {}).test(action))) continue
      if (!Resource.some(pattern => regular(pattern, context).test(resource))) continue
      if (Effect === 'Deny') return 'EXPLICIT_DENY'
      outcome = 'ALLOWED'
    }
  return outcome
}

function regular(pattern: string, context: Record<string, string>): RegExp {
  const source = pattern
    .split(/(\$\{[^}]*\}|[*?])/)
    .map(part => {
      if (part === '*') return '.*'
      if (part === '?') return '.'
      const name = /^\$\{(.*)\}$/.exec(part)?.[1]
      return escaped(name === undefined ? part : (context[name] ?? part))
    })
    .join('')
  return new RegExp(`^${source}$`, 's')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
