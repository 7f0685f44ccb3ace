/** The shape of one entry of the catalogue of diagnoses. */

import type { DisconnectReason } from './disconnect-reasons.ts'

export type Room =
  | 'accept'
  | 'hello'
  | 'handshake'
  | 'certificate'
  | 'connect'
  | 'registration'
  | 'permission'
  | 'session'
  | 'traffic'
  | 'close'

/** Who has to act: the device (its firmware, its files), the broker's set-up (config, policies, registry), or us. */
export type Blame = 'device' | 'setup' | 'broker'

/** `proof`: the evidence admits nothing else. `likely`: it points there. `guess`: ranked candidates, in the evidence. */
export type Certainty = 'proof' | 'likely' | 'guess'

/** Who ended it, or refused: we refuse the client, or the client refuses us or leaves. */
export type Side = 'we' | 'client'

/** How loud it is: `info` is an ordinary end, `note` changes nothing, `warning` will bite, `error` refused. */
export type Severity = 'info' | 'note' | 'warning' | 'error'

/** What AWS IoT Core shows in this case. Absent keys: nothing, or not known. */
export type AwsView = {
  alert?: number
  /** On MQTT 3.1.1. */
  connack?: number
  /** On MQTT 5: of the CONNACK, PUBACK, SUBACK or DISCONNECT. */
  reasonCode?: number
  /** Of a connection that had its CONNACK. */
  disconnectReason?: DisconnectReason
  logReason?: string
  /** One sentence where AWS differs from us, or is not known. */
  note?: string
}

export type Entry<E> = {
  room: Room
  /** A function where the same case refuses here and is only worth telling there. */
  severity: Severity | ((evidence: E) => Severity)
  blame: Blame | ((evidence: E) => Blame)
  /** Where it ends a connection; `we` unless told. */
  side?: Side | ((evidence: E) => Side)
  /** A function where the evidence decides how much can be claimed. */
  certainty: Certainty | ((evidence: E) => Certainty)
  /** One short title for docs/diagnoses.md: what this code means. */
  title: string
  /** One line, lower case, no full stop, user-supplied text in backticks. */
  says(evidence: E): string
  /** What to do now, in the same form. In the words of the client's own TLS stack where the evidence knows it. */
  remedy(evidence: E): string
  /** The TLS alert that we send when this refuses before the handshake is done. */
  alert?: number | ((evidence: E) => number | undefined)
  aws: AwsView
  /** Where the rule stands: RFC section, MQTT statement, AWS page. */
  references: string[]
  /** Evidence as it really looks, for docs and for the test of the sentences. */
  example: E
}

/** The entries of one room, each typed by the evidence of its code. */
export type Entries<E> = { [C in keyof E]: Entry<E[C]> }
