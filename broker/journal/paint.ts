/** Colours and folded lines for a terminal, or none. */

type Brush = (text: string) => string

export type Paint = Record<'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow', Brush> & {
  /** Pads to a width that does not count the colours. */
  pad(text: string, width: number): string
  /** Breaks a text that begins at column `indent` between its words; the next lines begin there too. */
  fold(text: string, indent: number): string
}

/** @param columns the terminal's width; without it lines are as long as they are */
export function painter(colours: boolean, columns?: number): Paint {
  const brush =
    (on: number, off: number): Brush =>
    text =>
      colours ? `\u001b[${on}m${text}\u001b[${off}m` : text
  return {
    bold: brush(1, 22),
    cyan: brush(36, 39),
    dim: brush(2, 22),
    green: brush(32, 39),
    red: brush(31, 39),
    yellow: brush(33, 39),
    pad: (text, width) => text + ' '.repeat(Math.max(0, width - text.replace(COLOUR, '').length)),
    fold(text, indent) {
      const room = (columns ?? 0) - indent
      return room < NARROWEST ? text : foldedLines(text, room).join(`\n${' '.repeat(indent)}`)
    },
  }
}

/** A word that is longer than a line stays whole: it may have to be copied. */
function foldedLines(text: string, room: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

const NARROWEST = 40

const COLOUR = /\u001b\[\d+m/g
