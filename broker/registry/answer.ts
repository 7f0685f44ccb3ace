/**
 * What an operation of the control plane answers: a value, or a refusal with the name of AWS's exception. A refusal is a
 * value; a throw is a bug.
 */

export type Answer<T> = { ok: true; value: T } | { ok: false; refusal: Refusal }

export type Refusal = {
  exception: ExceptionName
  /** AWS's text where it is known. */
  message: string
  /** What helps to mend it, in our words; AWS has no such thing. */
  hint?: string
  /** AWS: of ResourceAlreadyExistsException. */
  resourceId?: string
  resourceArn?: string
}

export type ExceptionName = keyof typeof httpStatus

/** AWS: the HTTP status of each exception, from the published service model of `iot`. */
export const httpStatus = {
  CertificateConflictException: 409,
  CertificateStateException: 406,
  CertificateValidationException: 400,
  ConflictingResourceUpdateException: 409,
  DeleteConflictException: 409,
  InternalFailureException: 500,
  InvalidRequestException: 400,
  LimitExceededException: 410,
  MalformedPolicyException: 400,
  NotConfiguredException: 404,
  RegistrationCodeValidationException: 400,
  ResourceAlreadyExistsException: 409,
  ResourceNotFoundException: 404,
  ResourceRegistrationFailureException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 400,
  TransferAlreadyCompletedException: 410,
  TransferConflictException: 409,
  UnauthorizedException: 401,
  VersionConflictException: 409,
  VersionsLimitExceededException: 409,
} as const

export function answer<T>(value: T): Answer<T> {
  return { ok: true, value }
}

export function refuse(
  exception: ExceptionName,
  message: string,
  more: Omit<Refusal, 'exception' | 'message'> = {},
): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { exception, message, ...more } }
}
