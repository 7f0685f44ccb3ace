/** The whole catalogue as docs/diagnoses.md. Generated, so that words and page can't drift apart. */

import { type Code, catalogue } from './catalogue.ts'
import type { Entry, Room } from './entry.ts'
import { alertOf, awsLines, blameOf, certaintyOf, severityOf, sideOf } from './explain.ts'
import { vocabulary } from './stacks.ts'

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
  return `${[...HEAD, ...parts.flat(), ...STACKS, ...vocabulary().flatMap(words)].join('\n').trimEnd()}\n`
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
    `- **severity** ${severityOf(entry)}${varies(entry.severity)}, **side** ${sideOf(entry)}${varies(entry.side)}, **who acts** ${blameOf(entry)}${varies(entry.blame)}, **certainty** ${certaintyOf(entry)}${varies(entry.certainty)}`,
    ...(alert === undefined ? [] : [`- **we send** TLS alert ${alert}${varies(entry.alert)}`]),
    `- **AWS IoT** ${awsLines(entry.aws).join('; ')}`,
    `- **see** ${entry.references.join('; ')}`,
    '',
  ]
}

function words({ stack, words }: ReturnType<typeof vocabulary>[number]): string[] {
  return [`**${stack}**`, '', ...words.map(([act, said]) => `- **${act}** ${said}`), '']
}

const STACKS = [
  '## In the words of each TLS stack',
  '',
  'A remedy ends with these words where the ClientHello tells which stack the client has.',
  'Where it does not, look your stack up here. `log` is where the device itself says why it left, `timer` what ends a slow handshake.',
  '',
  'A private key comes in several forms: PKCS#8 (`BEGIN PRIVATE KEY`), PKCS#1 (`BEGIN RSA PRIVATE KEY`) and SEC1 (`BEGIN EC PRIVATE KEY`).',
  'Some modems and secure elements read only one of them, or stumble over a block `BEGIN EC PARAMETERS` before the key.',
  '`openssl pkey -in KEY -out NEW` writes PKCS#8 without that block, and `-outform DER` writes DER.',
  '',
  'PubSubClient says little: `state()` is -2 where the connection was not made, in TCP or in TLS, and -4 where no CONNACK came within `setSocketTimeout`, also when the broker has closed.',
  'Read the error of its TLS client instead. `setBufferSize` (256 bytes unless set) bounds a whole MQTT packet, not a TLS record: it drops longer ones in silence.',
  '',
]

const HEAD = [
  '<!-- generated from broker/diagnosis by `npm run docs`: change the catalogue, not this page -->',
  '',
  '# Diagnoses',
  '',
  'Every connection ends with one of these codes, and may carry others as findings. A code is never renamed.',
  'The sentences are built from the evidence of the case; here they are built from an example.',
  '`candid explain CODE` prints one of them. The sections are the phases of a connection, in their order; what each side had',
  'sent last stands in the `phase` of the record.',
  '',
  '- **severity** `info` is an ordinary end, `note` changes nothing, `warning` will bite, `error` refused.',
  '- **side** `we` end it, where it ends the connection; `client`: it refuses us, or leaves.',
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
