/** Rounds of the crash test: a process changes the state under load, is killed, and what it has confirmed is looked for. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { danglingReferences } from '../../broker/registry/consistency.ts'
import { openState } from '../../broker/registry/open-state.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { plainJs } from '../helpers/plain-js.ts'
import { type DeviceState, type Line, noDevice, stateIn } from './crash-device.ts'
import { randomFrom } from './random.ts'

export type Figures = {
  rounds: number
  killedAtStart: number
  confirmed: number
  devices: number
  /** What was confirmed and isn't there. */
  lost: string[]
  /** What is neither as it was before a change nor as it was after it, or leads nowhere. */
  halfMade: string[]
}

type Expected = { certificateId: string; state: DeviceState; tried?: DeviceState }

/** The child is killed at most so long after it is ready, or after its start. */
const MOST_MS = 500

/** @param told of each round, for long runs */
export async function crashRounds(
  rounds: number,
  seed: number,
  told: (line: string) => void = () => undefined,
): Promise<Figures> {
  const random = randomFrom(seed)
  const js = plainJs(CHILD.map(name => `test/store/${name}.ts`))
  const state = mkdtempSync(join(tmpdir(), 'candid-crash-'))
  const expected = new Map<string, Expected>()
  const figures: Figures = {
    rounds,
    killedAtStart: 0,
    confirmed: 0,
    devices: 0,
    lost: [],
    halfMade: [],
  }
  try {
    for (let round = 1; round <= rounds; round++) {
      const atStart = random(5) === 0
      if (atStart) figures.killedAtStart++
      const log = join(js, `log-${round}`)
      const script = join(js, 'test/store/crash-child.js')
      const args = [script, join(state, 'state'), log, String(seed + round)]
      await killedRun(args, atStart, random(MOST_MS))
      const confirmed = readLog(log, expected)
      figures.confirmed += confirmed
      await verify(state, expected, figures, `round ${round}`)
      told(`round ${round}: ${confirmed} confirmed, ${figures.devices} devices`)
    }
    return figures
  } finally {
    rmSync(state, { recursive: true, force: true })
    rmSync(js, { recursive: true, force: true })
  }
}

const CHILD = ['crash-child', 'crash-device', 'random']

async function killedRun(args: string[], atStart: boolean, ms: number): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  if (!atStart) await Promise.race([once(child.stdout, 'data'), ended])
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  const [code] = await ended
  clearTimeout(timer)
  if (code !== null) throw new Error(`the child ended by itself, with code ${code}`)
}

/** @returns how many changes were confirmed */
function readLog(log: string, expected: Map<string, Expected>): number {
  if (!existsSync(log)) return 0
  let confirmed = 0
  for (const text of readFileSync(log, 'utf8').split('\n').slice(0, -1)) {
    const line: Line = JSON.parse(text)
    const known = expected.get(line.device)
    if (line.kind === 'try') {
      const { certificateId, state } = line
      expected.set(line.device, { certificateId, state: known?.state ?? noDevice, tried: state })
    } else if (known?.tried) {
      confirmed++
      expected.set(line.device, { certificateId: known.certificateId, state: known.tried })
    }
  }
  return confirmed
}

/** Looks at a copy, so that the next child opens the folder as the kill has left it. */
async function verify(
  state: string,
  expected: Map<string, Expected>,
  figures: Figures,
  when: string,
): Promise<void> {
  const copy = join(state, 'copy')
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy)
  if (existsSync(join(state, 'state'))) cpSync(join(state, 'state'), copy, { recursive: true })
  const world = createWorld(runningClock())
  const account = () => ({ id: '123456789012', region: 'us-east-1' })
  const opened = await openState({ folder: copy }, { world, account }, () => undefined)
  if ('problem' in opened) {
    figures.lost.push(`${when}: ${opened.problem.says}`)
    return
  }
  const { registry } = opened
  const { view } = registry.desk
  for (const [device, { certificateId, state: before, tried }] of expected) {
    const found = stateIn(registry, device, certificateId)
    const isBefore = same(found, before)
    if (!isBefore && !(tried && same(found, tried))) {
      const list = tried ? figures.halfMade : figures.lost
      const [is, was] = [JSON.stringify(found), JSON.stringify(before)]
      list.push(
        `${when}: ${device} is ${is}, and was ${was}${tried ? `, then tried ${JSON.stringify(tried)}` : ''}`,
      )
    }
    if (same(found, noDevice)) expected.delete(device)
    else expected.set(device, { certificateId, state: found })
  }
  figures.devices = expected.size
  const known = new Set([...expected.values()].map(({ certificateId }) => certificateId))
  for (const id of view.certificates.keys())
    if (!known.has(id)) figures.halfMade.push(`${when}: nobody has made certificate ${id}`)
  for (const name of view.things.keys())
    if (!expected.has(name)) figures.halfMade.push(`${when}: nobody has made thing ${name}`)
  figures.halfMade.push(...danglingReferences(view).map(says => `${when}: ${says}`))
  await opened.close()
}

function same(one: DeviceState, other: DeviceState): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
