/** What an operation works with: the records, the transaction around it, the clock, identifiers and ARNs. */

import { createHash } from 'node:crypto'
import type { ParseOptions, Policy } from '../policy/policy.ts'
import type { World } from '../world.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type Answer, type Refusal, refuse } from './answer.ts'
import { type Account, arn, type ResourceType } from './arn.ts'
import type { Problem } from './files.ts'
import { checkInput, type Rules } from './operations/input.ts'
import type { Authority } from './pki/create-authority.ts'
import type { AuthorityRecord, CertificateRecord, PolicyRecord, Source } from './records.ts'
import type { Indexes, Tables, Views } from './tables.ts'

export type Desk = {
  world: World
  /** Of the config, which may change while running. */
  account(): Account
  /** For reading: declared and learned. */
  view: Views
  /** For writing, in a transaction. */
  tables: Tables
  indexes: Indexes
  transact<T>(act: () => Answer<T>): Answer<T>
  /** What is changed while `act` runs is told to have this cause, and that of the call around it. Not past an `await`. */
  during<T>(cause: Cause, act: () => T): T
  /** ms since 1970. */
  now(): number
  /** A random UUID, as AWS's thingId and generationId are. */
  uuid(): string
  arn(type: ResourceType, name: string): string
  /** How documents of new policies are judged: the config may change that while running. */
  policyOptions(): ParseOptions
  /** Reads the DER of a record; what is read often stays read for a while. */
  certificateOf(record: CertificateRecord | AuthorityRecord): Certificate
  derOf(record: CertificateRecord | AuthorityRecord): Buffer
  /** The default version, compiled. */
  policyOf(record: PolicyRecord): Policy
  /** The CA behind the certificates that Candid issues in AWS's stead. */
  issuer(): Promise<Authority | { problem: Problem }>
}

/** Why something has changed, for those who are told of it. */
export type Cause = {
  /** AWS's name: `UpdateCertificate`. */
  operation?: string
  /** Who asked for it, in words for people: `candid cert revoke`. */
  by?: string
}

/** An operation that changes something: checked input, one transaction. */
export function changing<I, O>(
  desk: Desk,
  rules: Rules,
  act: (input: I) => Answer<O>,
): (input: I) => Answer<O> {
  return input => {
    const checked = checkInput(input, rules)
    return checked.ok ? desk.transact(() => act(checked.value as I)) : checked
  }
}

/** An operation that only reads. */
export function reading<I, O>(rules: Rules, act: (input: I) => Answer<O>): (input: I) => Answer<O> {
  return input => {
    const checked = checkInput(input, rules)
    return checked.ok ? act(checked.value as I) : checked
  }
}

/** AWS: times of the control plane are seconds since 1970, as a JSON number. */
export function epochSeconds(ms: number): number {
  return ms / 1000
}

/**
 * DIFFERS: what a file declares is changed in that file only.
 * @param what `thing \`sensor-1\``
 */
export function ifDeclared(
  record: { source: Source } | undefined,
  what: string,
): { ok: false; refusal: Refusal } | undefined {
  if (record?.source.kind !== 'declared') return undefined
  const { file } = record.source
  return refuse('InvalidRequestException', `${what} is declared in \`${file}\``, {
    hint: `change it in \`${file}\`: a running broker takes that over`,
  })
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function deskArn(account: () => Account): Desk['arn'] {
  return (type, name) => arn(account(), type, name)
}
