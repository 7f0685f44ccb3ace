/**
 * Recognises the client's TLS stack by its ClientHello: which lists it sends, and above all in which order. A build with
 * other options sends less and keeps the order, so each mark that fits counts for a stack and each that doesn't against
 * it. The marks are in stack-marks.ts; how sure the answer is follows from how many of them hold.
 */

import type { Hello } from './client-hello.ts'
import { isGrease } from './names.ts'
import { type StackMarks, type StackName, stackMarks } from './stack-marks.ts'

export type Stack = {
  /** The TLS library. */
  name: StackName | 'unknown'
  /** The program or the release, where its own lists tell it: `Node`, `Python`, `mbedTLS 2`. */
  variant?: string
  confidence: 'high' | 'medium' | 'low'
  why: string
  /**
   * mbedTLS writes the device's clock into the random of a TLS 1.2 hello: seconds since 1970. Never read for other stacks,
   * and left out when it can't be a clock: a build without time writes noise there.
   */
  deviceClock?: number
}

/** INVARIANT: never `high` for a stack that another one's marks fit nearly as well. */
export function recogniseStack(hello: Hello): Stack {
  const fits = stackMarks
    .map(marks => fitOf(hello, marks))
    // A stable sort: of equals the row that stands first.
    .sort((a, b) => b.score - a.score)
  const [best] = fits
  const rival = fits.find(({ marks }) => marks.name !== best?.marks.name)
  if (best === undefined || rival === undefined) return UNKNOWN
  const confidence = confidenceOf(best, best.score - rival.score)
  if (confidence === 'low') return UNKNOWN
  const { name, variant } = best.marks
  const clock = deviceClock(name, hello)
  return {
    name,
    ...(variant === undefined ? {} : { variant }),
    confidence,
    why: `${spoken(best.held)} of ${variant ?? name}`,
    ...(clock === undefined ? {} : { deviceClock: clock }),
  }
}

const UNKNOWN: Stack = {
  name: 'unknown',
  confidence: 'low',
  why: 'the ClientHello fits none of the stacks that are known here',
}

type Fit = {
  marks: StackMarks
  score: number
  held: string[]
  /** Lists that fit, and lists that don't. */
  lists: number
  against: number
}

/** What a mark adds when it holds, and takes away when it doesn't. */
const WEIGHTS = { extensions: 4, suites: 3, signatures: 3, groups: 2 } as const

function fitOf(hello: Hello, marks: StackMarks): Fit {
  const fit: Fit = { marks, score: 0, held: [], lists: 0, against: 0 }
  const count = (says: string, weight: number, holds: boolean | undefined, list: boolean): void => {
    if (holds === undefined) return
    fit.score += holds ? weight : -weight
    if (holds) fit.held.push(says)
    if (list && holds) fit.lists++
    if (list && !holds) fit.against++
  }
  const extensions = hello.extensions.filter(id => !isGrease(id) && !PLACED.has(id))
  if (Array.isArray(marks.extensions)) {
    const holds = listHolds(extensions, marks.extensions)
    count('the extension order', WEIGHTS.extensions, holds, true)
  } else {
    const { any } = marks.extensions
    const holds = extensions.length < FEW ? undefined : extensions.every(id => any.includes(id))
    // Any order fits: that tells less than the right one.
    count('the extensions', holds ? 1 : WEIGHTS.extensions, holds, true)
  }
  count(
    'the suites',
    WEIGHTS.suites,
    listHolds(hello.cipherSuites, marks.suites && [marks.suites]),
    true,
  )
  count(
    'the signature algorithms',
    WEIGHTS.signatures,
    listHolds(hello.signatureAlgorithms, marks.signatures),
    true,
  )
  count('the groups', WEIGHTS.groups, listHolds(hello.groups, marks.groups), true)
  for (const { says, weight, holds } of marks.traits ?? []) {
    count(says, weight, holds(hello), false)
  }
  return fit
}

function confidenceOf(best: Fit, lead: number): Stack['confidence'] {
  if (best.score < 4 || best.lists < 2 || lead <= 0) return 'low'
  const sure = best.lists >= 3 && best.against === 0 && best.score >= 9 && lead >= 5
  return sure && best.marks.measured ? 'high' : 'medium'
}

/** These stand where the protocol wants them, not where the stack does. */
const PLACED = new Set([21, 41])
const FEW = 3
/** A build may know a few ids that the table doesn't. */
const SHARE = 0.8

function listHolds(sent: number[] | undefined, lists: number[][] = []): boolean | undefined {
  if (sent === undefined || lists.length === 0) return undefined
  const held = lists.map(list => inOrder(sent, list))
  return held.includes(true) || held[0]
}

/** Signalling values come last or first by other rules. */
const SIGNALS = new Set([0x00ff, 0x5600])

/** Whether what was sent is in the order of the list; undefined when that is too little to tell. */
function inOrder(sent: number[], list: number[]): boolean | undefined {
  const places = placesIn(list)
  let last = -1
  let known = 0
  let counted = 0
  let rising = true
  for (const id of sent) {
    if (isGrease(id) || SIGNALS.has(id)) continue
    counted++
    const place = places.get(id)
    if (place === undefined) continue
    known++
    if (place <= last) rising = false
    last = place
  }
  if (counted < FEW) return undefined
  return rising && known >= counted * SHARE
}

/** Where each id stands in a list of the table: worked out once, for every hello asks. */
const placesOf = new Map(
  stackMarks
    .flatMap(marks => [
      ...(Array.isArray(marks.extensions) ? marks.extensions : []),
      ...(marks.suites ? [marks.suites] : []),
      ...(marks.groups ?? []),
      ...(marks.signatures ?? []),
    ])
    .map(list => [list, new Map(list.map((id, place) => [id, place] as const))] as const),
)

function placesIn(list: number[]): Map<number, number> {
  return placesOf.get(list) ?? new Map()
}

/** The clock of a device, in seconds since 1970, where this stack shows it. On TLS 1.3 its random is random throughout. */
export function deviceClock(name: Stack['name'], hello: Hello): number | undefined {
  if (name !== 'mbedTLS' || hello.extensions.includes(SUPPORTED_VERSIONS)) return undefined
  const seconds = hello.random.length < 4 ? 0 : hello.random.readUInt32BE(0)
  return couldBeClock(seconds) ? seconds : undefined
}

const SUPPORTED_VERSIONS = 43

/** The year after a start value that real-time clocks have (1970, 1980, 2000), or the years from 2015 to 2044. */
function couldBeClock(seconds: number): boolean {
  const year = new Date(seconds * 1000).getUTCFullYear()
  return (
    seconds > 0 &&
    (year === 1970 || year === 1980 || year === 2000 || (year >= 2015 && year < 2045))
  )
}

function spoken(words: string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
