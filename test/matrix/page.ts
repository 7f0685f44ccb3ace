/** docs/failure-matrix.md, printed from the table. */

import { logOf, type Row, rows, type Saw, staysAfter, stop } from './failure-matrix.ts'

export function page(): string {
  const lines = [...rows, stop].map(row => [
    row.situation,
    sawOf(row.on3),
    sawOf(row.on5),
    row.code === undefined ? 'none' : `[${row.code}](diagnoses.md#${row.code.toLowerCase()})`,
    row.event === undefined ? '' : `\`${row.event}\``,
    entriesOf(row),
  ])
  const head = [
    'situation',
    'MQTT 3.1.1: the client sees',
    'MQTT 5: the client sees',
    'code',
    'lifecycle event',
    'entries with `--log cloudwatch`',
  ]
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map(cells => cells[column]?.length ?? 0)),
  )
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [
    INTRODUCTION,
    line(head),
    line(widths.map(width => '-'.repeat(width))),
    ...lines.map(line),
    '',
  ].join('\n')
}

function sawOf(saw: Saw | undefined): string {
  return saw ?? 'does not exist'
}

function entriesOf(row: Row): string {
  const told = (entries: string[]): string => entries.map(entry => `\`${entry}\``).join(', ')
  const { log } = row
  const kept = logOf(row, true)
  const seen = [row.on3, row.on5].filter(saw => saw !== undefined)
  const [some, all] = [seen.some(staysAfter), seen.every(staysAfter)]
  if (all) return told(kept)
  return some && kept.length > 0 ? `${told(log)}; where it stays ${told(kept)}` : told(log)
}

const INTRODUCTION = `# What a client sees when something goes wrong

On MQTT 3.1.1 nearly each mistake looks the same to a device: the connection is closed. This is AWS IoT's way, row by row, and
what says more: the code in [the log](log.md), the [lifecycle event](lifecycle-events.md), and the entry of
[AWS's own log](cloudwatch.md). Where AWS is not known, [differences-from-aws.md](differences-from-aws.md) says what was chosen.

The page is printed from \`test/matrix/failure-matrix.ts\`, and each row is acted out with real bytes by
\`test/matrix/failure-matrix.test.ts\`.

- A lifecycle event is a \`disconnectReason\`, or \`connect_failed\`. A connection that stays has none.
- \`nothing\`: no answer comes, and the connection stays.
`
