/** The bench's table: medians, and the ratio of the medians. */

import { cpus } from 'node:os'

export type Sample = {
  perSecond: number
  /** Processor time of the server for one connect or message. */
  cpuMicros: number
}

export function heading(rounds: number, pinned: boolean): string[] {
  const where = pinned
    ? 'servers on core 0, client on core 1'
    : 'processes not bound to cores (no taskset, or one core only): expect more noise'
  return [
    `Node ${process.versions.node}, ${cpus().length} cores, loopback; ${where}`,
    `medians of ${rounds} rounds; ratio over 1: candid is faster; cpu is the server's time for one`,
    '',
    line(['', '', 'candid', 'aedes', 'ratio', 'candid cpu', 'aedes cpu', 'cpu ratio']),
  ]
}

export function tableLine(name: string, unit: string, candid: Sample[], aedes: Sample[]): string {
  const [a, b] = [median(candid, 'perSecond'), median(aedes, 'perSecond')]
  const [cpuA, cpuB] = [median(candid, 'cpuMicros'), median(aedes, 'cpuMicros')]
  return line([
    name,
    unit,
    a.toFixed(0),
    b.toFixed(0),
    (a / b).toFixed(2),
    `${cpuA.toFixed(1)} us`,
    `${cpuB.toFixed(1)} us`,
    (cpuB / cpuA).toFixed(2),
  ])
}

function line(cells: string[]): string {
  const widths = [18, 11, 8, 8, 6, 12, 12, 10]
  return cells
    .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join(' ')
    .trimEnd()
}

function median(samples: Sample[], key: keyof Sample): number {
  const sorted = samples.map(sample => sample[key]).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[middle]]
  return (low + high) / 2
}
