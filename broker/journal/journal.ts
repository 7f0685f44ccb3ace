/**
 * The journal: the one door through which the broker says anything. It takes events as data and hands them to a writer
 * that gives them their shape: JSON lines for programs, the story for people, an array for tests.
 */

import type { Clock } from '../world.ts'
import type { LogEvent } from './event.ts'
import { jsonWriter, shortened } from './json.ts'
import { type Paint, painter } from './paint.ts'
import { redact } from './redact.ts'
import { levelOf, type Stamped, stamp } from './stamp.ts'
import { storyWriter } from './story.ts'

export type { LogEvent } from './event.ts'

export type Journal = {
  write(event: LogEvent): void
  /** Somebody wants an event for each packet (`TrafficEvent`); else they are not even made. */
  traffic?: boolean
}

export type JournalOptions = {
  format: 'story' | 'json'
  /** Gets whole lines, each with its line end. Has to be synchronous, or the last lines are lost at the exit. */
  write(text: string): void
  clock: Clock
  /** Colours are for terminals only, and not where `NO_COLOR` is set (no-color.org). */
  terminal: boolean
  /** The terminal's width, where it has one. */
  columns?: number | undefined
  /** `debug` also tells of each accepted socket and each packet. */
  level?: 'debug' | 'info'
  /** Where `NO_COLOR` is looked up; the process's own without it. */
  env?: Record<string, string | undefined>
}

/** @returns the journal; its `write` never throws for what an event holds */
export function createJournal(options: JournalOptions): Journal {
  const { format, write, clock, terminal, level = 'info', env = process.env } = options
  const colours = terminal && !env['NO_COLOR']
  const put = format === 'json' ? json(write) : story(write, painter(colours, options.columns))
  return {
    traffic: level === 'debug',
    write(event) {
      if (levelOf(event) === 'debug' && level !== 'debug') return
      put(stamp(event, clock))
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
