/** A YAML text as plain values, for files whose shape others know: the case files of policies. */

import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { readYaml } from './yaml-text.ts'

/**
 * Never throws, whatever the text.
 * @returns the values, and the line (from 1) at which each item of the list under a key begins
 */
export function readYamlValue(
  text: string,
):
  | { value: unknown; linesOf(key: string): number[] }
  | { problem: { line: number; says: string } } {
  // What is broken is said in the words that config.yaml has for it.
  const [problem] = readYaml(text, {}).problems.filter(({ says }) => says !== 'unknown key')
  if (problem) return { problem }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  })
  const [error] = document.errors
  if (error)
    return { problem: { line: lines.linePos(error.pos[0]).line, says: 'a key is written twice' } }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 1000 })
  } catch {
    // References that grow without bound, or that name nothing.
    return { problem: { line: 1, says: 'the references (`*`) can not be followed' } }
  }
  return {
    value,
    linesOf(key) {
      const list = isMap(document.contents)
        ? document.contents.items.find(pair => isScalar(pair.key) && pair.key.value === key)?.value
        : undefined
      const items = isSeq(list) ? list.items : []
      return items.map(item => {
        const range = isMap(item) || isScalar(item) || isSeq(item) ? item.range : undefined
        return range ? lines.linePos(range[0]).line : 1
      })
    },
  }
}
