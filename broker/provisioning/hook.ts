/**
 * The pre-provisioning hook of fleet provisioning: on AWS a Lambda function, here a command, a module or a function of the
 * test. It is asked on each RegisterThing and has five seconds.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/pre-provisioning-hook.html
 */

import type { Clock } from '../world.ts'

/** AWS: what the Lambda function gets. */
export type HookPayload = {
  claimCertificateId: string
  certificateId: string
  certificatePem: string
  templateArn: string
  clientId: string
  parameters: { [name: string]: string }
}

/**
 * Answers `{ allowProvisioning: true, parameterOverrides: { ... } }`; anything else, a throw too, is a no.
 * @param stop aborted when its time is over: nobody waits for the answer any more
 */
export type Hook = (payload: HookPayload, stop: AbortSignal) => unknown

/** By template name. */
export type Hooks = { [templateName: string]: Hook }

export type HookAnswer =
  | { ok: true; parameterOverrides: { [name: string]: string } }
  | { ok: false; why: string; remedy: string }

/** AWS: it must answer within 5 s. */
const HOOK_MS = 5000

/**
 * Asks the hook. Never rejects, and never takes longer than its time.
 * @param over aborted when the broker stops: that is a no at once. Default: it never is
 */
export function askHook(
  hook: Hook,
  payload: HookPayload,
  clock: Clock,
  over: AbortSignal = new AbortController().signal,
): Promise<HookAnswer> {
  const stop = new AbortController()
  return new Promise(resolve => {
    const answered = (answer: HookAnswer): void => {
      cancel()
      over.removeEventListener('abort', stopped)
      resolve(answer)
    }
    const unheard = (why: string, remedy: string): void => {
      stop.abort()
      answered({ ok: false, why, remedy })
    }
    const cancel = clock.after(HOOK_MS, () => {
      const why = `its pre-provisioning hook has not answered within ${HOOK_MS / 1000} s`
      unheard(why, 'let the hook answer faster: AWS waits no longer either')
    })
    const stopped = (): void => {
      const why = 'the broker was stopped before its pre-provisioning hook had answered'
      unheard(why, 'let the device ask again')
    }
    if (over.aborted) return stopped()
    over.addEventListener('abort', stopped, { once: true })
    called(hook, payload, stop.signal).then(
      value => answered(read(value)),
      (error: unknown) => {
        const why = `its pre-provisioning hook has failed: ${words(error)}`
        answered({ ok: false, why, remedy: 'mend the hook, or what it was given' })
      },
    )
  })
}

/** A function that throws at once rejects like any other. */
async function called(hook: Hook, payload: HookPayload, stop: AbortSignal): Promise<unknown> {
  return hook(payload, stop)
}

function read(value: unknown): HookAnswer {
  const no = (why: string): HookAnswer => ({
    ok: false,
    why: `its pre-provisioning hook ${why}`,
    remedy: 'let the hook answer `{"allowProvisioning": true}` for the devices that it wants',
  })
  if (!isObject(value)) return no('has answered no JSON object')
  const { allowProvisioning, parameterOverrides = {} } = value
  if (allowProvisioning === false) return no('does not allow it')
  // AWS: whatever is not true is a no.
  if (allowProvisioning !== true) return no('has answered without `allowProvisioning: true`')
  if (!isObject(parameterOverrides)) return no('gives `parameterOverrides` that are no object')
  const odd = Object.entries(parameterOverrides).find(([, one]) => typeof one !== 'string')
  if (odd) return no(`overrides the parameter ${odd[0]} with something that is no string`)
  return { ok: true, parameterOverrides: parameterOverrides as { [name: string]: string } }
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function words(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'it threw something without a name'
  }
}
