/** Colours for a terminal, or none. */

type Brush = (text: string) => string

export type Paint = Record<'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow', Brush> & {
  /** Pads to a width that does not count the colours. */
  pad(text: string, width: number): string
}

export function painter(colours: boolean): Paint {
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
  }
}

const COLOUR = /\u001b\[\d+m/g
