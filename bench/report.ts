/** The bench's table: medians, and the median of the paired ratios with the middle half of them. */

import { cpus } from 'node:os'

export type Sample = {
  perSecond: number
  /** Processor time of the server for one handshake or connect. */
  cpuMicros: number
}

/** What was measured one right after the other, so that both met the same machine. */
export type Pair = { candid: Sample; aedes: Sample }

export function heading(rounds: number, pinned: boolean): string[] {
  const where = pinned
    ? 'servers on core 0, client on core 1'
    : 'processes not bound to cores (no taskset, or one core only): expect more noise'
  return [
    `Node ${process.versions.node}, ${cpus().length} cores, loopback; ${where}`,
    `medians of ${rounds} rounds; cpu is the server's time for one; rate and cost are Candid's over the other's in the same round, with their middle half`,
    '',
  ]
}

export function columns(): string {
  return line(['', 'candid/s', 'aedes/s', 'candid cpu', 'aedes cpu', 'cost', 'middle half'])
}

export function tableLine(name: string, pairs: Pair[]): string {
  const of = (which: keyof Pair, key: keyof Sample): number =>
    quantile(
      pairs.map(pair => pair[which][key]),
      0.5,
    )
  const costs = pairs.map(({ candid, aedes }) => candid.cpuMicros / aedes.cpuMicros)
  return line([
    name,
    of('candid', 'perSecond').toFixed(0),
    of('aedes', 'perSecond').toFixed(0),
    `${of('candid', 'cpuMicros').toFixed(1)} us`,
    `${of('aedes', 'cpuMicros').toFixed(1)} us`,
    `${quantile(costs, 0.5).toFixed(2)}x`,
    `${quantile(costs, 0.25).toFixed(2)} to ${quantile(costs, 0.75).toFixed(2)}`,
  ])
}

function line(cells: string[]): string {
  const widths = [20, 9, 9, 12, 12, 7, 14]
  return cells
    .map((cell, at) => (at < 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join(' ')
    .trimEnd()
}

/** @param part 0.5 for the median */
export function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}
