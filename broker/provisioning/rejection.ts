/**
 * Why a request of fleet provisioning is rejected: the code and text that the device gets, and what a person needs to know.
 * AWS: the form of the payload is documented; of the codes only a few are known.
 */

import { diagnose } from '../diagnosis/diagnosis.ts'
import { quote } from '../diagnosis/words.ts'
import type { ProvisioningEvent } from '../journal/event.ts'
import type { Reply, ServiceRequest } from '../service/service.ts'
import { type Body, type Format, writeBody } from './payload.ts'

export type Rejection = {
  kind: keyof typeof STATUS
  /** One line: what is wrong. */
  why: string
  remedy: string
  blame: 'device' | 'setup' | 'broker'
  /** AWS's text, where it is known; else the device gets `why`. */
  message?: string
  template?: string
  parameter?: string
  resource?: string
}

/** What an operation has come to: the body of the answer and what the log tells of it, or why not. */
export type Outcome =
  | { ok: true; body: Body; event: ProvisioningEvent }
  | { ok: false; rejection: Rejection }

/**
 * errorCode -> statusCode. AWS: InvalidCertificateOwnershipToken (400) and 403 were seen, ACCESS_DENIED is documented for the
 * hook, and AWS's own C library tells 404, 429 and 500 apart. DIFFERS: the other names are ours, after AWS's exceptions.
 */
const STATUS = {
  ACCESS_DENIED: 403,
  InternalFailure: 500,
  InvalidCertificateOwnershipToken: 400,
  InvalidCertificateSigningRequest: 400,
  InvalidRequest: 400,
  ResourceNotFound: 404,
  ResourceRegistrationFailure: 400,
  Throttling: 429,
} as const

/** The answer on `.../rejected`, with the finding for the record of the connection. */
export function rejected({ topic, parts }: ServiceRequest, rejection: Rejection): Reply {
  const { kind, why, message, ...about } = rejection
  const statusCode = STATUS[kind]
  const body = { statusCode, errorCode: kind, errorMessage: message ?? named(rejection) }
  return {
    outcome: 'rejected',
    payload: writeBody(parts['format'] as Format, body),
    finding: diagnose('TRAFFIC_REQUEST_REJECTED', {
      topic,
      statusCode,
      errorCode: kind,
      why,
      ...about,
    }),
  }
}

/** The device's log is all that its developer may have: it names what is at fault. */
function named({ why, parameter }: Rejection): string {
  return parameter === undefined ? why : `parameter ${quote(parameter)}: ${why}`
}

export function accepted({ parts }: ServiceRequest, body: Body): Reply {
  return { outcome: 'accepted', payload: writeBody(parts['format'] as Format, body) }
}

/** An operation's way to say no. */
export function no(
  kind: Rejection['kind'],
  why: string,
  remedy: string,
  blame: Rejection['blame'] = 'device',
  more: Pick<Rejection, 'message' | 'template' | 'parameter' | 'resource'> = {},
): { ok: false; rejection: Rejection } {
  return { ok: false, rejection: { kind, why, remedy, blame, ...more } }
}
