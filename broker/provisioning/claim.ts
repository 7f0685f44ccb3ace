/**
 * Fleet provisioning by claim: a device connects with a certificate that all devices share, asks for one of its own, and
 * provisions it by a template. The new certificate works at the next connection.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/provision-wo-cert.html, fleet-provision-api
 */

import type { Journal } from '../journal/journal.ts'
import { issueCertificate } from '../registry/pki/issue.ts'
import { generateKeys, privateKeyPem } from '../registry/pki/keys.ts'
import type { Registry } from '../registry/registry.ts'
import type { Reply, Service, ServiceRequest } from '../service/service.ts'
import type { World } from '../world.ts'
import { readRequest } from '../x509/request.ts'
import type { Hooks } from './hook.ts'
import { registerPending, watchEnds } from './ownership.ts'
import { type Body, type Format, formats, readBody } from './payload.ts'
import { registerThing } from './register-thing.ts'
import { accepted, no, type Outcome, type Rejection, rejected } from './rejection.ts'

export type ClaimParts = {
  world: World
  registry: Registry
  journal: Journal
  /** Of the config, which may change while running. */
  hooks(): Hooks
}

/** What an operation works with. */
export type ClaimDesk = ClaimParts & {
  /** A certificate ends then, ms since 1970, if nobody provisions it. */
  ends(at: number): void
  /** Aborted when the broker stops. */
  over: AbortSignal
}

/**
 * @returns the services; `stop` ends their watch over tokens and waits for what is being answered: then nothing changes any
 *   more
 */
export function claimServices(parts: ClaimParts): { services: Service[]; stop(): Promise<void> } {
  const { registry, journal } = parts
  const watch = watchEnds(registry.desk, certificateId => {
    const tell = () => journal.write({ event: 'provisioning.expired', certificateId })
    // A store that fails has been told of already.
    registry.durable().then(tell, () => undefined)
  })
  const over = new AbortController()
  const running = new Set<Promise<Reply>>()
  const desk: ClaimDesk = { ...parts, ends: watch.look, over: over.signal }
  const service = (owns: string, rest: string, act: Operation): Service => ({
    topic: `${owns}${rest}`,
    owns,
    oneOf: { format: formats },
    answer(asked) {
      const answered = answer(asked, act, desk).finally(() => running.delete(answered))
      running.add(answered)
      return answered
    },
    failure: (asked, why) => told(asked, FAILURES[why], desk),
  })
  return {
    services: [
      service('$aws/certificates/', 'create/{format}', createKeys),
      service('$aws/certificates/', 'create-from-csr/{format}', createFromRequest),
      service('$aws/provisioning-templates/', '{templateName}/provision/{format}', registerThing),
    ],
    async stop() {
      over.abort()
      await Promise.allSettled(running)
      watch.stop()
    },
  }
}

type Operation = (body: Body, asked: ServiceRequest, desk: ClaimDesk) => Promise<Outcome>

async function answer(asked: ServiceRequest, act: Operation, desk: ClaimDesk): Promise<Reply> {
  const reading = readBody(asked.parts['format'] as Format, asked.payload)
  if (!reading.ok) {
    const remedy = `send a ${asked.parts['format']?.toUpperCase()} object, or nothing at all`
    return told(asked, { kind: 'InvalidRequest', why: reading.says, remedy, blame: 'device' }, desk)
  }
  const outcome = await act(reading.body, asked, desk)
  if (!outcome.ok) return told(asked, outcome.rejection, desk)
  try {
    // INVARIANT: what the device is told is on disk.
    await desk.registry.durable()
  } catch (error) {
    const why = `the change could not be written: ${error instanceof Error ? error.message : error}`
    return told(asked, { ...FAILURES.internal, why }, desk)
  }
  desk.journal.write(outcome.event)
  return accepted(asked, outcome.body)
}

/** AWS: CreateKeysAndCertificate; RSA of 2048 bits. Whatever the request holds, nothing of it is needed. */
async function createKeys(_body: Body, asked: ServiceRequest, desk: ClaimDesk): Promise<Outcome> {
  const { publicKey, privateKey } = await generateKeys('rsa')
  const made = await issue({ publicKey }, 'keys', asked, desk)
  return made.ok ? { ...made, body: { ...made.body, privateKey: privateKeyPem(privateKey) } } : made
}

/** AWS: CreateCertificateFromCsr; the same request twice gives two certificates. */
async function createFromRequest(
  body: Body,
  asked: ServiceRequest,
  desk: ClaimDesk,
): Promise<Outcome> {
  const { certificateSigningRequest: pem } = body
  if (typeof pem !== 'string') {
    return no(
      'InvalidRequest',
      '`certificateSigningRequest` is missing, or no string',
      'send the certificate signing request as PEM text in `certificateSigningRequest`',
    )
  }
  const reading = readRequest(pem)
  if (reading.ok) return issue(reading.request, 'csr', asked, desk)
  return badRequest(reading.says)
}

async function issue(
  wanted: Parameters<typeof issueCertificate>[0],
  how: 'keys' | 'csr',
  { asker }: ServiceRequest,
  { registry, world, ends }: ClaimDesk,
): Promise<Outcome> {
  const issuer = await registry.desk.issuer()
  if ('problem' in issuer) {
    const { says, hint } = issuer.problem
    return no('InternalFailure', says, hint, 'setup')
  }
  const issuing = issueCertificate(wanted, issuer, world)
  if (!issuing.ok) return badRequest(issuing.says)
  const { certificateId, certificatePem } = issuing.issued
  const pending = registerPending(issuing.issued, registry.desk)
  if (!pending.ok) {
    const { exception, message } = pending.refusal
    if (exception !== 'ThrottlingException')
      return { ok: false, rejection: { ...FAILURES.internal, why: message } }
    return no('Throttling', message, 'provision them, or wait until the oldest have ended')
  }
  const { token, expires } = pending.value
  ends(expires)
  return {
    ok: true,
    body: { certificateId, certificatePem, certificateOwnershipToken: token },
    event: {
      event: 'provisioning.issued',
      connection: asker.connection,
      clientId: asker.clientId,
      certificateId,
      claimCertificateId: asker.certificateId,
      how,
      status: 'PENDING_ACTIVATION',
      expires: new Date(expires).toISOString(),
    },
  }
}

function badRequest(says: string): Outcome {
  return no(
    'InvalidCertificateSigningRequest',
    `the certificate signing request is refused: ${says}`,
    'make it anew: openssl req -new -key private.pem.key -subj "/CN=NAME" -out device.csr',
  )
}

/** The log tells it too: the device sees only a code and a line. */
function told(asked: ServiceRequest, rejection: Rejection, { journal }: ClaimDesk): Reply {
  const reply = rejected(asked, rejection)
  const { asker, topic } = asked
  const { finding } = reply
  if (finding) {
    const { code, says, remedy, evidence } = finding
    journal.write({
      event: 'provisioning.failed',
      connection: asker.connection,
      clientId: asker.clientId,
      claimCertificateId: asker.certificateId,
      topic,
      ...(rejection.template === undefined ? {} : { template: rejection.template }),
      code,
      says,
      remedy,
      ...(rejection.parameter === undefined ? {} : { parameter: rejection.parameter }),
      ...(rejection.resource === undefined ? {} : { resource: rejection.resource }),
      evidence,
    })
  }
  return reply
}

const FAILURES = {
  throttled: {
    kind: 'Throttling',
    why: 'too many requests wait for their answers',
    remedy: 'let the device wait for an answer before it asks again',
    blame: 'device',
  },
  internal: {
    kind: 'InternalFailure',
    why: 'something went wrong inside Candid',
    remedy: 'look for `broker.warning` in the log',
    blame: 'broker',
  },
} as const
