/**
 * Makes text from strangers safe to show. A client id may carry terminal commands, line breaks that forge log lines, or
 * marks that reverse the reading order; whatever is shown passes through here.
 */

/**
 * Writes control characters (C0, DEL, C1), line and paragraph separators, invisible and direction-changing marks, and lone
 * surrogates as `\uXXXX`. Everything else stays. Doing it twice changes nothing more.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, character => {
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

// Cc: controls. Cf: bidirectional and invisible marks, tags. Cs: lone surrogates. Zl, Zp: line breaks of Unicode.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
