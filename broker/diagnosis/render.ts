/** The whole catalogue as docs/diagnoses.md. Generated, so that words and page can't drift apart. */

import { type Code, catalogue } from './catalogue.ts'
import type { Entry, Room } from './entry.ts'
import { alertOf, awsLines, blameOf, certaintyOf, severityOf } from './explain.ts'

/** @returns markdown, with one heading per code, so that each code is an anchor */
export function renderDiagnoses(): string {
  // Seen code by code the evidence types are lost; each example fits its own entry.
  const entries = Object.entries(catalogue) as unknown as [Code, Entry<unknown>][]
  const rooms = [...new Set(entries.map(([, entry]) => entry.room))]
  const parts = rooms.map(room => [
    `## ${ROOM_TITLES[room]}`,
    '',
    ...entries
      .filter(([, entry]) => entry.room === room)
      .flatMap(([code, entry]) => section(code, entry)),
  ])
  return `${[...HEAD, ...parts.flat()].join('\n').trimEnd()}\n`
}

function section(code: string, entry: Entry<unknown>): string[] {
  const varies = (decided: unknown): string =>
    typeof decided === 'function' ? ', by the evidence' : ''
  const alert = alertOf(entry)
  return [
    `### ${code}`,
    '',
    `${entry.title}.`,
    '',
    `- **for example** ${entry.says(entry.example)}`,
    `- **what to do** ${entry.remedy(entry.example)}`,
    `- **severity** ${severityOf(entry)}${varies(entry.severity)}, **who acts** ${blameOf(entry)}${varies(entry.blame)}, **certainty** ${certaintyOf(entry)}${varies(entry.certainty)}`,
    ...(alert === undefined ? [] : [`- **we send** TLS alert ${alert}${varies(entry.alert)}`]),
    `- **AWS IoT** ${awsLines(entry.aws).join('; ')}`,
    `- **see** ${entry.references.join('; ')}`,
    '',
  ]
}

const HEAD = [
  '<!-- generated from broker/diagnosis by `npm run docs`: change the catalogue, not this page -->',
  '',
  '# Diagnoses',
  '',
  'Every connection ends with one of these codes, and may carry others as findings. A code is never renamed.',
  'The sentences are built from the evidence of the case; here they are built from an example.',
  '`candid explain CODE` prints one of them.',
  '',
  '- **severity** `info` is an ordinary end, `note` changes nothing, `warning` will bite, `error` refused.',
  '- **who acts** `device` is firmware and files, `setup` is config, policies and registry, `broker` is us.',
  '- **certainty** `proof` admits nothing else, `likely` points there, `guess` comes with ranked candidates.',
  '',
]

const ROOM_TITLES: Record<Room, string> = {
  accept: 'Before the first byte',
  hello: 'ClientHello',
  handshake: 'Handshake',
  certificate: 'Certificate and chain',
  connect: 'CONNECT',
  registration: 'Registration and provisioning',
  permission: 'Permission to connect',
  session: 'Session',
  traffic: 'Publish, subscribe and deliver',
  close: 'The end',
}
