/**
 * The journal: the one door through which the broker says anything. It takes events as data and hands them to a writer
 * that gives them their shape: JSON lines for programs, the story for people, an array for tests.
 */

import { type Clock, uuidFrom } from '../world.ts'
import { cloudwatchWriter } from './cloudwatch.ts'
import type { LogEvent } from './event.ts'
import { jsonWriter, shortened } from './json.ts'
import { type Paint, painter } from './paint.ts'
import { redact } from './redact.ts'
import { type Level, levelOf, type Stamped, stamp } from './stamp.ts'
import { storyWriter } from './story.ts'

export type { LogEvent } from './event.ts'

export type Journal = {
  write(event: LogEvent): void
  /** Somebody wants an event for each packet (`TrafficEvent`); else they are not even made. */
  traffic?: boolean
}

export type JournalOptions = {
  format: 'story' | 'json' | 'cloudwatch'
  /** Gets whole lines, each with its line end. Has to be synchronous, or the last lines are lost at the exit. */
  write(text: string): void
  clock: Clock
  /** Colours are for terminals only, and not where `NO_COLOR` is set (no-color.org). */
  terminal: boolean
  /** The terminal's width, where it has one. */
  columns?: number | undefined
  /** The least severe that is written; `debug` tells of each accepted socket and each packet too. Default: `info`. */
  level?: Level
  /** Where `NO_COLOR` is looked up; the process's own without it. */
  env?: Record<string, string | undefined>
  /** Of `cloudwatch`. */
  aws?: CloudwatchParts
}

export type CloudwatchParts = {
  accountId(): string
  random(bytes: number): Buffer
  /** Gets lines for people: of what AWS has no entry for. */
  aside(text: string): void
}

/** @returns the journal; its `write` never throws for what an event holds */
export function createJournal(options: JournalOptions): Journal {
  const { format, write, clock, terminal, aws, env = process.env } = options
  if (format === 'cloudwatch') {
    if (aws === undefined) throw new Error('a journal in the form of CloudWatch needs `aws`')
    return cloudwatch(options, aws)
  }
  const { level = 'info' } = options
  const colours = terminal && !env['NO_COLOR']
  const put = format === 'json' ? json(write) : story(write, painter(colours, options.columns))
  return {
    traffic: level === 'debug',
    write(event) {
      if (SEVERITY[levelOf(event)] >= SEVERITY[level]) put(stamp(event, clock))
    },
  }
}

const SEVERITY = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** The level of an entry is AWS's, so the writer looks at it, not we. */
function cloudwatch({ write, clock, level }: JournalOptions, aws: CloudwatchParts): Journal {
  const { accountId, random } = aws
  const uuid = () => uuidFrom(random(16))
  const put = cloudwatchWriter({ write, accountId, uuid, ...(level ? { level } : {}) })
  const aside = story(aws.aside, painter(false, undefined))
  return {
    traffic: level !== 'error' && level !== 'warn',
    write(event) {
      const stamped = stamp(event, clock)
      if (!put(stamped)) aside(stamped)
    },
  }
}

function json(write: (text: string) => void): (event: Stamped) => void {
  const put = jsonWriter(write)
  return event => put(shortened(event))
}

function story(write: (text: string) => void, paint: Paint): (event: Stamped) => void {
  const put = storyWriter(write, paint)
  return event => put(redact(event))
}
