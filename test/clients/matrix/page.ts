/**
 * docs/client-matrix.md, made of the expected-*.ts tables: for people who have a line of their device's log in hand, and look for
 * what it means. A test holds the page against the tables, so it is right for stacks too that are not on this machine.
 */

import { alertName } from '../../../broker/tls/names.ts'
import { type Alert, type Cell, cellsOf, type Outcome, type Row } from './expected.ts'
import { type Fault, faults, type TlsVersion, versions } from './stack.ts'

/** @param measured when and where, in one line */
export function page(rows: Row[], measured: string): string {
  return [HEAD, measured, '', ...body(rows)].join('\n')
}

/** All of the page but the line that says when and where it was measured. */
export function body(rows: Row[]): string[] {
  return [
    '## At a glance',
    '',
    ...GLANCE,
    '',
    ...versions.flatMap(version => [`### TLS ${version}`, '', ...glance(rows, version), '']),
    ...faults.filter(fault => fault !== 'none').flatMap(fault => section(rows, fault)),
    '## The stacks',
    '',
    ...rows.map(({ title, users, about }) => `- **${title}** (${users}). ${about}`),
    '',
  ]
}

const HEAD = `<!-- written by \`npm run matrix\` from test/clients/matrix/expected-*.ts: change those, not this page -->

# Client matrix

What eleven TLS stacks show their users for one fault each, and what Candid says of it. Every line was measured with the real
stack; the tests measure it again. Look for the line of your device's log, and read the code beside it in
[diagnoses.md](diagnoses.md). Where the evidence allows more than one cause, the record ranks them: \`first trust\` means that
the CA is named first (\`name\` is the host name, \`clock\` the device's clock, \`outdated\` our own dates).

\`npm run matrix\` measures all stacks that this machine has, in about three minutes, and writes this page.
`

const GLANCE = [
  '- **sends 48**: the client sends this alert to Candid, and Candid tells what it means.',
  '- **gets 42**: Candid sends this alert, and the client shows it; **gets (116)**: it does not show it.',
  '- **leaves**: the client closes the connection without an alert.',
  '- **closed**: Candid closes the connection after CONNECT without an alert, as AWS IoT does.',
  '- **no start**: the client sees the fault by itself and opens no connection.',
  '- **-**: the client can not have this fault; the section of the fault says why.',
]

const TITLES: Record<Fault, [title: string, what: string]> = {
  none: ['Nothing is wrong', 'A registered certificate, its key, and the CA of the broker.'],
  'unknown-ca': ['The device has another CA', "Its CA file does not hold the broker's CA."],
  'wrong-host': [
    'The device expects another host name',
    'It dials and checks a name that our certificate does not have.',
  ],
  'server-expired': [
    'Our certificate ran out',
    'Three days ago, by the clock of the broker and of the device. The CA is still valid.',
  ],
  'server-not-yet-valid': [
    "The device's clock is behind",
    'Our certificate is valid by the clock of the broker, and begins two days from now by the clock of the device.',
  ],
  'no-certificate': [
    'The device has no certificate',
    'None is loaded. TLS 1.3 has an alert of its own for it.',
  ],
  'wrong-key': [
    'The key of another certificate',
    'Certificate and private key do not belong together.',
  ],
  'wrong-signer': [
    'Another signer of the same name',
    "The device's certificate and its signer are sent; a CA of that name is registered, and has another key.",
  ],
  'wrong-signer-in-handshake': [
    'Another signer, refused in the handshake',
    'The same, with `refuseCertificates: in-handshake`.',
  ],
  'wrong-version': [
    'Another TLS version',
    'The client offers one version only, and the security policy of the broker takes only the other.',
  ],
  'wrong-suite': [
    'No common cipher suite',
    'The client offers only `ECDHE-ECDSA-CHACHA20-POLY1305` on TLS 1.2, or `TLS_AES_128_CCM_SHA256` on TLS 1.3.',
  ],
  'wrong-group': [
    'No common group (curve)',
    'The client offers only one group that the broker does not take. On TLS 1.2 a client with suites without ECDHE gets on without a group, up to the proof of its key: that key is on a curve that it does not offer.',
  ],
}

function glance(rows: Row[], version: TlsVersion): string[] {
  const lines = rows.flatMap(row => {
    const cells = cellsOf(row, version)
    return cells ? [[row.title, ...cells.map(([, cell]) => inShort(cell))]] : []
  })
  return table(['', ...faults], lines)
}

function inShort(cell: Cell): string {
  if ('cannot' in cell) return '-'
  if ('refusesToStart' in cell) return 'no start'
  const { connected, alert, shown, side } = cell
  if (connected) return 'connects'
  if (!alert) return side === 'we' ? 'closed' : 'leaves'
  if (alert.from === 'client') return `sends ${alert.number}`
  return `gets ${shown ? alert.number : `(${alert.number})`}`
}

function section(rows: Row[], fault: Fault): string[] {
  const [title, what] = TITLES[fault]
  const lines = rows.flatMap(row => linesOf(row, fault))
  const head = ['client', 'TLS', 'the client says', 'Candid says', 'ended by', 'certainty', 'alert']
  return [`## ${title}`, '', `\`${fault}\`: ${what}`, '', ...table(head, lines), '']
}

/** One line for each TLS version, or one for both where nothing differs. */
function linesOf(row: Row, fault: Fault): string[][] {
  const lines = versions.flatMap(version => {
    const cell = cellsOf(row, version)?.find(([name]) => name === fault)?.[1]
    return cell ? [{ version, cells: inFull(cell) }] : []
  })
  const [one, other] = lines
  if (one && other && one.cells.join() === other.cells.join())
    return [[row.title, '1.2, 1.3', ...one.cells]]
  return lines.map(({ version, cells }) => [row.title, version, ...cells])
}

function inFull(cell: Cell): string[] {
  if ('cannot' in cell) return ['', `can't be: ${cell.cannot}`, '', '', '']
  if ('refusesToStart' in cell) return [code(cell.words), 'no connection', 'client', '', 'none']
  const { code: diagnosis, certainty, cause, side, words } = cell
  const first = certainty === 'guess' && cause ? `, first ${cause}` : ''
  return [
    words === '' ? 'nothing' : code(words),
    `[${diagnosis}](diagnoses.md#${diagnosis.toLowerCase()})${first}`,
    side === 'we' ? 'Candid' : 'client',
    certainty,
    alertOf(cell),
  ]
}

function alertOf({ alert, shown }: Outcome): string {
  const from = ({ from }: Alert) => (from === 'server' ? 'from Candid' : 'from the client')
  if (!alert) return 'none'
  return `${alert.number} ${alertName(alert.number)} ${from(alert)}${shown ? '' : ', not shown'}`
}

function code(words: string): string {
  return `\`${words.replaceAll('|', '\\|')}\``
}

/** Aligned, as the formatter would have it. */
function table(head: string[], lines: string[][]): string[] {
  const widths = head.map((_, at) =>
    Math.max(...[head, ...lines].map(line => line[at]?.length ?? 0)),
  )
  const line = (cells: string[], fill = ' ') =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0, fill)).join(' | ')} |`
  return [
    line(head),
    line(
      head.map(() => '-'),
      '-',
    ),
    ...lines.map(cells => line(cells)),
  ]
}
