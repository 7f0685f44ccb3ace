/** AWS's control plane by the names of its operations, for those who call it from outside: `CreateThing`. */

import { nearest } from '../config/words.ts'
import type { Answer } from '../registry/answer.ts'

/** The operations as functions, by AWS's names in camelCase; what is no operation is never called. */
export type OperationTable = {
  [name: string]: (input: never) => Answer<unknown> | Promise<Answer<unknown>>
}

type Operation = (input: unknown) => Answer<unknown> | Promise<Answer<unknown>>

/** @param name as AWS writes it: `CreateThing` */
export function operationOf(table: OperationTable, name: string): Operation | undefined {
  if (!/^[A-Z][A-Za-z0-9]{2,60}$/.test(name)) return undefined
  const key = name.charAt(0).toLowerCase() + name.slice(1)
  return Object.hasOwn(table, key) ? (table[key] as Operation) : undefined
}

/** AWS's names of all that there are, in order. */
export function operationNames(table: OperationTable): string[] {
  return Object.keys(table)
    .map(name => name.charAt(0).toUpperCase() + name.slice(1))
    .sort()
}

/** What helps who has called an operation that there is not. */
export function unknownHint(table: OperationTable, name: string): string {
  const near = nearest(name, operationNames(table))
  return near === undefined ? 'candid call --list' : `did you mean \`${near}\`?`
}

/**
 * The names of what an operation was about, without account and region: `cert/<id>`, `policy/device`. For the log: nothing
 * but names is taken from what came in and went out.
 */
export function resourcesOf(operation: string, input: unknown, output: unknown): string[] {
  const found = new Set<string>()
  for (const given of [input, output]) {
    if (typeof given !== 'object' || given === null) continue
    for (const [key, value] of namesIn(given)) {
      if (typeof value !== 'string' || !Object.hasOwn(kinds, key)) continue
      const kind = kinds[key]
      const name = kind === '' ? resourceIn(value) : `${kindOf(kind ?? '', operation)}/${value}`
      found.add(name.slice(0, LONGEST))
    }
  }
  return [...found]
}

const LONGEST = 200

/** AWS: `resourceArns` of RegisterThing is an object of ARNs. */
function namesIn(given: object): [string, unknown][] {
  return Object.entries(given).flatMap(([key, value]): [string, unknown][] =>
    key === 'resourceArns' && typeof value === 'object' && value !== null
      ? Object.values(value).map(arn => ['target', arn])
      : [[key, value]],
  )
}

/** Input and output that names a resource; an empty kind: the value is an ARN. */
const kinds: { [key: string]: string } = {
  thingName: 'thing',
  thingTypeName: 'thingtype',
  thingGroupName: 'thinggroup',
  billingGroupName: 'billinggroup',
  certificateId: 'cert',
  policyName: 'policy',
  templateName: 'provisioningtemplate',
  principal: '',
  target: '',
}

/** AWS: a CA's id is called `certificateId` too. */
function kindOf(kind: string, operation: string): string {
  return kind === 'cert' && operation.includes('CACertificate') ? 'cacert' : kind
}

/** `arn:aws:iot:us-east-1:123456789012:cert/abc` is `cert/abc`. */
function resourceIn(arn: string): string {
  return /^arn:(?:[^:]*:){4}(.*)$/.exec(arn)?.[1] ?? arn
}
