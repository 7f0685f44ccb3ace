/** Attributes of things and thing groups, and the versions that go up with them. */

import { type Refusal, refuse } from '../answer.ts'

export type AttributePayload = { attributes?: Record<string, string>; merge?: boolean }

/**
 * What is there after an input's `attributePayload`.
 * AWS: `merge` keeps what isn't named; an empty value takes an attribute away. AttributePayload
 */
export function attributesAfter(
  before: Record<string, string>,
  payload: AttributePayload | undefined,
): Record<string, string> {
  if (payload?.attributes === undefined) return before
  const all = { ...(payload.merge === true ? before : {}), ...payload.attributes }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
}

export function sameAttributes(a: Record<string, string>, b: Record<string, string>): boolean {
  const text = (of: Record<string, string>) => JSON.stringify(Object.entries(of).sort())
  return text(a) === text(b)
}

/** @param what `thing sensor-1` */
export function unlessVersion(
  what: string,
  { version }: { version: number },
  expected: number | undefined,
): { ok: false; refusal: Refusal } | undefined {
  if (expected === undefined || expected === version) return undefined
  const says = `The version for ${what} does not match the expected version.`
  return refuse('VersionConflictException', says, { hint: `it has version ${version} now` })
}
