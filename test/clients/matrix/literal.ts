/** A measured cell in the words of expected.ts: what to write into a table. */

import { type Cell, ours } from './expected.ts'
import type { Fault, TlsVersion } from './stack.ts'

export function literal(fault: Fault, version: TlsVersion, cell: Cell): string {
  const key = /^\w+$/.test(fault) ? fault : `'${fault}'`
  return `${key}: ${call(fault, version, cell)},`
}

function call(fault: Fault, version: TlsVersion, cell: Cell): string {
  if ('cannot' in cell) return `cannot(${text(cell.cannot)})`
  if ('refusesToStart' in cell) return `refusesToStart(${text(cell.words)})`
  if (cell.connected) return 'connects'
  const { code, certainty, phase, cause, alert, shown, words } = cell
  const [both, sure] = [`['${phase.client}', '${phase.broker}']`, `'${certainty}'`]
  const last = cell.side === 'we' ? (alert && !shown ? `, 'hidden'` : '') : shown ? `, 'shows'` : ''
  if (cell.side === 'client') {
    if (code === 'HANDSHAKE_SERVER_CERTIFICATE_REJECTED')
      return `rejects(${alert?.number}, ${sure}, '${cause}', ${text(words)}${last})`
    if (code === 'HANDSHAKE_ALERT')
      return `complains(${alert?.number}, ${sure}, ${both}, ${text(words)}${last})`
    return `leaves('${code}', ${sure}, ${both}, ${cause ? `'${cause}'` : undefined}, ${text(words)})`
  }
  if (code === ours[fault]?.[version].code) return `told(${text(words)}${last})`
  return `toldOtherwise(['${code}', ${sure}, '${phase.client}', ${alert?.number}], ${text(words)}${last})`
}

function text(words: string): string {
  return words.includes("'") ? JSON.stringify(words) : `'${words}'`
}
