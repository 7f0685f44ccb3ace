/**
 * Ownership tokens of fleet provisioning: who has made a certificate may provision it, once and within the hour. What is
 * known of a token stands in the record of its certificate, so a restart forgets none; the token itself is kept nowhere.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { type Answer, answer, refuse } from '../registry/answer.ts'
import { recordOfCertificate } from '../registry/certificate-record.ts'
import type { Desk } from '../registry/desk.ts'
import type { Issued } from '../registry/pki/issue.ts'
import type { CertificateRecord } from '../registry/records.ts'
import { ALL } from '../registry/tables.ts'

/** AWS: a token lives for an hour. */
const TOKEN_MS = 60 * 60 * 1000

/** Certificates that wait at one time. DIFFERS: AWS bounds the rate instead. */
const PENDING_LIMIT = 10_000

/**
 * Registers a certificate as PENDING_ACTIVATION until its token is redeemed, or ends.
 * @returns the token, and when it ends (ms since 1970)
 */
export function registerPending(
  { certificate }: Issued,
  desk: Desk,
): Answer<{ token: string; expires: number }> {
  const { tables, indexes } = desk
  if (indexes.certificatesWithEnd.keys(ALL).length >= PENDING_LIMIT) {
    return refuse('ThrottlingException', `${PENDING_LIMIT} new certificates wait to be provisioned`)
  }
  // DIFFERS: AWS's token is longer than one needs too: a device with a small buffer is to notice it here.
  const id = Buffer.from(certificate.sha256, 'hex')
  const token = Buffer.concat([id, desk.world.random(RANDOM_BYTES)]).toString('base64url')
  const expires = desk.now() + TOKEN_MS
  return desk.transact(() => {
    tables.certificates.put(certificate.sha256, {
      ...recordOfCertificate(certificate, {
        ownedBy: desk.account().id,
        now: desk.now(),
        generationId: desk.uuid(),
        source: { kind: 'learned', how: 'fleet provisioning' },
      }),
      status: 'PENDING_ACTIVATION',
      expires,
      tokenSha256: hashOf(token).toString('hex'),
    })
    return answer({ token, expires })
  })
}

/** The certificate that a token stands for, while it holds. */
export function ownedBy(token: string, desk: Desk): CertificateRecord | undefined {
  // Long enough to be one; a stranger's megabyte is not hashed.
  if (token.length !== TOKEN_LENGTH) return undefined
  const id = Buffer.from(token, 'base64url').subarray(0, ID_BYTES).toString('hex')
  const record = desk.tables.certificates.get(id)
  const { tokenSha256, expires = 0 } = record ?? {}
  if (record === undefined || tokenSha256 === undefined) return undefined
  if (expires <= desk.now() || record.ownedBy !== desk.account().id) return undefined
  return timingSafeEqual(hashOf(token), Buffer.from(tokenSha256, 'hex')) ? record : undefined
}

/** Uses the token up, in a transaction: the certificate stays from now on. */
export function redeem(certificateId: string, desk: Desk): void {
  const record = desk.tables.certificates.get(certificateId)
  if (record) desk.tables.certificates.put(certificateId, lasting(record))
}

/**
 * Deletes what was never provisioned, now and whenever a token ends.
 * @param gone told of each certificate that was deleted
 */
export function watchEnds(
  desk: Desk,
  gone: (certificateId: string) => void,
): { look(end: number): void; stop(): void } {
  const { tables, indexes } = desk
  let cancel: (() => void) | undefined
  let at = Number.POSITIVE_INFINITY

  function ending(): CertificateRecord[] {
    return indexes.certificatesWithEnd.keys(ALL).flatMap(key => tables.certificates.get(key) ?? [])
  }

  function sweep(): void {
    const now = desk.now()
    const due = ending().filter(({ expires = now }) => expires <= now)
    const deleted: string[] = []
    desk.transact(() => {
      for (const record of due) {
        const { certificateId } = record
        if (isInUse(record)) tables.certificates.put(certificateId, lasting(record))
        else {
          tables.certificates.remove(certificateId)
          deleted.push(certificateId)
        }
      }
      return answer(undefined)
    })
    deleted.forEach(gone)
  }

  /** AWS: it stays if it was activated, or attached to something. */
  function isInUse({ certificateId, status }: CertificateRecord): boolean {
    return (
      status !== 'PENDING_ACTIVATION' ||
      indexes.principalsByCertificate.has(certificateId) ||
      indexes.targetsByTarget.has(`cert/${certificateId}`)
    )
  }

  /** @param next ms since 1970; infinite where nothing ends */
  function arm(next: number): void {
    if (next >= at) return
    cancel?.()
    at = next
    // A clock that stands still comes here before its time: not at once again, then.
    cancel = desk.world.clock.after(Math.max(next - desk.now(), SHORTEST), again)
  }

  function again(): void {
    cancel = undefined
    at = Number.POSITIVE_INFINITY
    sweep()
    arm(ending().reduce((least, { expires = least }) => Math.min(least, expires), at))
  }

  again()
  return { look: arm, stop: () => cancel?.() }
}

function lasting({ expires: _, tokenSha256: __, ...record }: CertificateRecord): CertificateRecord {
  return record
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

const ID_BYTES = 32
const RANDOM_BYTES = 316
/** Base64 of both. */
const TOKEN_LENGTH = ((ID_BYTES + RANDOM_BYTES) * 4) / 3
const SHORTEST = 1000
