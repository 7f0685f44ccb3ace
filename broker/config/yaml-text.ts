/**
 * YAML text to a typed value, with every mistake at once. A mistake in YAML's own grammar would
 * hide all that follows, so a file that doesn't parse is read again section by section (its
 * top-level keys), and only the broken ones are left out.
 */

import { type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml'
import {
  type ConfigProblem,
  type Fields,
  group,
  keyPaths,
  type Reading,
  type ValuesOf,
} from './fields.ts'

/**
 * Reads a whole file. Never throws, whatever the text.
 * @returns what could be read, and the problems sorted by line; `whole` is false where sections had
 *   to be left out
 */
export function readYaml<F extends Fields>(
  text: string,
  keys: F,
): { values: ValuesOf<F>; whole: boolean; problems: ConfigProblem[] } {
  if (tooDeep(text)) {
    const says = `is nested more than ${deepest} levels deep`
    return { values: {}, whole: false, problems: [{ line: 1, path: '', says }] }
  }
  const problems: ConfigProblem[] = []
  let parsed = parse(text)
  const whole = parsed.mistakes.length === 0
  if (!whole) {
    const { rest, mistakes } = withoutBrokenSections(text)
    parsed = parse(rest)
    problems.push(...mistakes, ...parsed.mistakes)
  }
  const { document, lines } = parsed
  const reading: Reading = { document, lines, problems, known: keyPaths(keys) }
  const readable = parsed.mistakes.length === 0
  const values = readable ? group(keys).read(document.contents, { path: '', line: 1 }, reading) : {}
  problems.sort((a, b) => a.line - b.line)
  return { values: values ?? {}, whole, problems }
}

type Parsed = { document: Document.Parsed; lines: LineCounter; mistakes: ConfigProblem[] }

function parse(text: string): Parsed {
  const lines = new LineCounter()
  // Duplicate keys are reported by `group`, which knows their path and the line of the first.
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  } as const
  const document = parseDocument(text, options)
  // One broken line makes YAML's parser stumble several times; the first one tells.
  const first = document.errors[0] ?? document.warnings[0]
  return { document, lines, mistakes: first ? [inWords(first, text, document, lines)] : [] }
}

/**
 * The text with the lines of its broken sections emptied, so that the other lines keep their
 * numbers.
 */
function withoutBrokenSections(text: string): { rest: string; mistakes: ConfigProblem[] } {
  const lines = text.split('\n')
  const starts = lines.flatMap((line, index) => (/^[^\s#\-\]}%.]/.test(line) ? [index] : []))
  const mistakes: ConfigProblem[] = []
  starts.forEach((start, index) => {
    const end = starts[index + 1] ?? lines.length
    const section = lines.slice(start, end)
    const [mistake] = parse(section.join('\n')).mistakes
    if (!mistake) return
    mistakes.push({ ...mistake, line: start + mistake.line })
    lines.fill('', start, end)
  })
  return { rest: lines.join('\n'), mistakes }
}

function inWords(
  error: YAMLError,
  text: string,
  document: Document,
  lines: LineCounter,
): ConfigProblem {
  const at = error.pos[0]
  // Where something is not closed, the parser notices it at what follows: the line that was meant
  // is the one before.
  const before = Math.max(0, text.slice(0, at).trimEnd().length - 1)
  const line = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const problem = (offset: number, says: string, hint: string) => ({
    line: line(offset),
    path: '',
    says,
    hint,
  })
  if (error.code === 'TAB_AS_INDENT') {
    return problem(at, 'a tab stands at the start of the line', 'indent with spaces only')
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return problem(at, 'a second document starts here', 'take out the line `---`')
  }
  if (/^Flow (sequence|map)/.test(error.message)) {
    const [open, close] = error.message.includes('sequence') ? ['[', ']'] : ['{', '}']
    return problem(before, `a \`${open}\` is not closed`, `add the missing \`${close}\``)
  }
  if (/^Missing closing .*quote/.test(error.message)) {
    return problem(lastQuote(document) ?? before, 'a quote is not closed', 'add the missing quote')
  }
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') {
    const hint = 'check the indentation; put text that holds a colon in quotes'
    return problem(at, 'a colon or an indentation stands where none can', hint)
  }
  if (error.code === 'MULTILINE_IMPLICIT_KEY') {
    return problem(at, 'a colon is missing', 'write `key: value`, with a space after the colon')
  }
  if (error.code === 'BAD_SCALAR_START') {
    return problem(at, 'a text can not start with this character', 'put the text in quotes')
  }
  if (error.message.startsWith('Unresolved tag')) {
    return problem(at, 'a text that starts with `!` has no meaning here', 'put the text in quotes')
  }
  if (error.code === 'UNEXPECTED_TOKEN') {
    const hint = 'keys of one group start in the same column: check the indentation'
    return problem(at, 'this line does not belong to the lines above', hint)
  }
  const [summary = ''] = error.message.split('\n')
  const says = `is not YAML: ${summary.charAt(0).toLowerCase()}${summary.slice(1, 160)}`
  return problem(at, says.replace(/[\p{Cc}`]/gu, "'"), 'check the line and the one above')
}

function lastQuote(document: Document): number | undefined {
  let start: number | undefined
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && /^QUOTE/.test(node.type ?? '') && node.range) start = node.range[0]
    },
  })
  return start
}

/**
 * YAML's parser calls itself for each level, and some thousand levels end the process, which no
 * `catch` sees. So levels are estimated first, on the safe side: brackets over the whole text, `- `
 * and the like and indentation within a line.
 */
function tooDeep(text: string): boolean {
  let brackets = 0
  for (const line of text.split('\n')) {
    for (const character of line) {
      if (character === '[' || character === '{') brackets++
      else if ((character === ']' || character === '}') && brackets > 0) brackets--
      if (brackets > deepest) return true
    }
    const indentation = line.length - line.trimStart().length
    if (indentation + (line.match(/[-?:](?=\s|$)/g)?.length ?? 0) > deepest) return true
  }
  return false
}

const deepest = 200
