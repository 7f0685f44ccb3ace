/**
 * How text that a person wrote is shown back to them, and which known word they may have meant.
 */

/**
 * User-supplied text in backticks, on one line: control characters, direction marks and lone
 * surrogates are escaped.
 * @param most what is longer is cut, in characters
 */
export function shown(text: string, most = 80): string {
  const points = [...text.slice(0, 4 * most)]
  const cut = points.length > most || text.length > 4 * most
  return `\`${points.slice(0, most).map(visible).join('')}${cut ? '...' : ''}\``
}

/** `a`, `b` or `c`, each in backticks. */
export function oneOfWords(words: readonly string[]): string {
  const quoted = words.map(word => shown(word))
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
}

/**
 * The candidate that a mistyped word most likely stands for, or undefined where none is near. Case,
 * `-` and `_` don't count; a part of a long name, or its singular, is enough where only one
 * candidate fits.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const asked = plain(word.slice(0, 80))
  if (asked.length === 0) return undefined
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(asked, plain(candidate))
    const allowed = Math.max(1, Math.floor(Math.min(asked.length, candidate.length) / 3))
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) {
      best = { candidate, distance }
    }
  }
  if (best) return best.candidate
  if (asked.length < 4) return undefined
  const stem = asked.length > 4 ? asked.slice(0, -1) : asked
  const alike = candidates.filter(candidate => {
    const name = plain(candidate)
    return name.includes(asked) || name.startsWith(stem)
  })
  return alike.length === 1 ? alike[0] : undefined
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      }
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

function visible(character: string): string {
  // Cc: control, Cf: format (direction marks, zero width), Cs: lone surrogates, Zl and Zp: line and
  // paragraph ends.
  if (!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character)) return character
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
