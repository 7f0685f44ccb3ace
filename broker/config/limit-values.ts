/**
 * `limits`, as config.yaml and `start()` may give it: `aws`, `off`, or some of them by name, each a number or `off`. What is
 * not named is AWS's.
 */

import { isMap, isScalar } from 'yaml'
import {
  type Field,
  group,
  lineOf,
  oneOf,
  type Reading,
  refuse,
  type Spot,
  textOf,
  wholeNumber,
} from './fields.ts'
import { awsLimits, type Limits, noLimits } from './limits.ts'
import { nearest, shown } from './words.ts'

/** `off`: no limit, or the standard's own. */
export type LimitsOption =
  | 'aws'
  | 'off'
  | { [K in keyof Limits]?: Limits[K] extends number ? number | 'off' : boolean }

const OFF = 'off'

/**
 * The limits that an option of `start()` stands for.
 * @throws Error where a name or a value is wrong: that is a mistake of the test's
 */
export function limitsOf(option: LimitsOption = 'aws'): Limits {
  if (option === 'aws') return awsLimits
  if (option === OFF) return noLimits
  if (typeof option !== 'object' || option === null) {
    throw new Error(`limits: ${shown(String(option))} is not \`aws\`, \`off\` or a group of limits`)
  }
  const entries = Object.entries(option).filter(([, value]) => value !== undefined)
  const limits = limitsWith(
    Object.fromEntries(entries.map(([name, value]) => [name, givenValue(name, value)])),
  )
  const wrong = keepAliveProblem(limits)
  if (wrong) throw new Error(`limits: ${wrong.says}; hint: ${wrong.hint}`)
  return limits
}

/** `limits` of config.yaml. */
export const limits: Field<Limits> = {
  get keys() {
    return fields
  },
  read(node, spot, reading) {
    if (isScalar(node)) {
      const word = oneOf(['aws', OFF]).read(node, spot, reading)
      return word && limitsOf(word)
    }
    const given = group(fields).read(node, spot, reading)
    if (given === undefined) return undefined
    const all = limitsWith(given)
    const wrong = keepAliveProblem(all)
    if (wrong === undefined) return all
    return refuse(reading, lineOfKeepAlive(node, spot, reading), wrong.says, wrong.hint)
  },
}

/** Limits of which nothing at all may be left; the others are 1 at the least. */
const ZERO_IS_FINE: ReadonlySet<string> = new Set<keyof Limits>([
  'keepAliveLeastSeconds',
  'topicSlashes',
  'sessionExpirySeconds',
  'queuedMessages',
  'topicAliases',
  'contentTypeBytes',
  'correlationDataBytes',
  'userPropertiesBytes',
  'retainedMessages',
  'sharedGroups',
  'sharedQueuedMessages',
])

const names = Object.keys(awsLimits) as (keyof Limits)[]

/** For what has a least value `off` is the lowest: the highest is that of another one. */
const MOST_OF: { [Name in keyof Limits]?: keyof Limits } = {
  keepAliveLeastSeconds: 'keepAliveMostSeconds',
  maximumPacketSizeLeast: 'packetBytes',
}

const fields = Object.fromEntries(
  names.map(name => [name, typeof awsLimits[name] === 'boolean' ? truth() : amount(name)]),
) as unknown as { [K in keyof Limits]: Field<Limits[K]> }

function amount(name: keyof Limits): Field<number> {
  const [least, most] = rangeOf(name)
  return {
    read(node, spot, reading) {
      if (isScalar(node) && textOf(node) === OFF) return noLimits[name] as number
      return wholeNumber(least, most, '`off` is no limit').read(node, spot, reading)
    },
  }
}

function truth(): Field<boolean> {
  return {
    read(node, spot, reading) {
      if (isScalar(node) && typeof node.value === 'boolean') return node.value
      return refuse(reading, spot, 'must be true or false')
    },
  }
}

/** In whole numbers, both included. */
function rangeOf(name: keyof Limits): [least: number, most: number] {
  return [
    ZERO_IS_FINE.has(name) ? 0 : 1,
    Math.min(noLimits[MOST_OF[name] ?? name] as number, Number.MAX_SAFE_INTEGER),
  ]
}

function givenValue(name: string, value: unknown): number | boolean {
  const known = names.find(one => one === name)
  if (known === undefined) {
    const meant = nearest(name, names)
    throw new Error(`limits: unknown ${shown(name)}${meant ? `; did you mean \`${meant}\`?` : ''}`)
  }
  const wants = typeof awsLimits[known]
  if (wants === 'number' && value === OFF) return noLimits[known]
  const [least, most] = rangeOf(known)
  const right =
    wants === 'boolean'
      ? typeof value === 'boolean'
      : Number.isInteger(value) && Number(value) >= least && Number(value) <= most
  if (right) return value as number | boolean
  const what =
    wants === 'boolean' ? 'true or false' : `a whole number from ${least} to ${most}, or \`off\``
  throw new Error(`limits: ${name} must be ${what}, not ${shown(String(value))}`)
}

function limitsWith(given: Partial<Limits>): Limits {
  // Whoever raises the payload wants it to arrive: the packet around it grows with it.
  const around = awsLimits.packetBytes - awsLimits.payloadBytes
  const packetBytes = Math.max(awsLimits.packetBytes, (given.payloadBytes ?? 0) + around)
  return { ...awsLimits, packetBytes, ...given }
}

function keepAliveProblem(all: Limits): { says: string; hint: string } | undefined {
  const { keepAliveLeastSeconds: least, keepAliveMostSeconds: most } = all
  if (least <= most) return undefined
  return {
    says: `keepAliveLeastSeconds (${least}) is over keepAliveMostSeconds (${most})`,
    hint: 'write both, the least one not over the most',
  }
}

function lineOfKeepAlive(node: unknown, spot: Spot, reading: Reading): Spot {
  const keys = isMap(node) ? node.items.map(({ key }) => key) : []
  const key = keys.find(one => isScalar(one) && textOf(one).startsWith('keepAlive'))
  return { path: spot.path, line: lineOf(key, reading) ?? spot.line }
}
