/** The pre-provisioning hook: as a function, as a command and as a module; what it may say, and what becomes of one that fails. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { askHook, type Hook, type HookPayload } from '../../broker/provisioning/hook.ts'
import { commandHook, hooksOf, moduleHook } from '../../broker/provisioning/hook-program.ts'
import { running } from '../helpers/device.ts'
import { CLAIM_POLICY, claimant, putFleetTemplate } from '../helpers/fleet.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { requestPem } from '../helpers/request.ts'

const payload: HookPayload = {
  claimCertificateId: 'a'.repeat(64),
  certificateId: 'b'.repeat(64),
  certificatePem: 'pem',
  templateArn: 'arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet',
  clientId: 'claim',
  parameters: { SerialNumber: '7' },
}

const answers: [name: string, hook: Hook, ok: boolean, why?: RegExp][] = [
  ['true', () => ({ allowProvisioning: true }), true],
  ['true, later', () => Promise.resolve({ allowProvisioning: true }), true],
  ['false', () => ({ allowProvisioning: false }), false, /does not allow/],
  ['"true"', () => ({ allowProvisioning: 'true' }), false, /without `allowProvisioning: true`/],
  ['nothing', () => undefined, false, /no JSON object/],
  ['a list', () => [true], false, /no JSON object/],
  ['a throw', () => Promise.reject(new Error('no stock')), false, /has failed: no stock/],
  ['odd overrides', () => ({ allowProvisioning: true, parameterOverrides: 1 }), false, /no object/],
  [
    'an override that is a number',
    () => ({ allowProvisioning: true, parameterOverrides: { a: 1 } }),
    false,
    /the parameter a/,
  ],
]

for (const [name, hook, ok, why] of answers) {
  t.test(`a hook that answers ${name}`, async t => {
    const answer = await askHook(hook, payload, manualClock())
    t.equal(answer.ok, ok)
    if (!answer.ok && why) t.match(answer.why, why)
  })
}

t.test('after five seconds nobody waits for it', async t => {
  const clock = manualClock()
  let stopped = false
  const asked = askHook(
    (_, stop) => new Promise(() => stop.addEventListener('abort', () => (stopped = true))),
    payload,
    clock,
  )
  clock.advance(4999)
  t.equal(stopped, false)
  clock.advance(1)
  t.match(await asked, { ok: false, why: /not answered within 5 s/ })
  t.equal(stopped, true)
  t.equal(clock.waiting(), 0)
})

t.test('commands', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'candid-hook-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const node = (code: string): Hook => commandHook([process.execPath, '-e', code], dir)
  const ask = (hook: Hook) => askHook(hook, payload, manualClock())
  const echo = `let s=''; process.stdin.on('data', d => s += d).on('end', () => { const { parameters, clientId } = JSON.parse(s);
    console.log(JSON.stringify({ allowProvisioning: true, parameterOverrides: { SerialNumber: parameters.SerialNumber + clientId } })) })`
  t.match(await ask(node(echo)), { ok: true, parameterOverrides: { SerialNumber: '7claim' } })
  const cases: [code: string, why: RegExp][] = [
    ['process.exit(3)', /has ended with exit code 3/],
    ['console.error("no stock\\nmore"); process.exit(1)', /exit code 1: no stock$/],
    ['console.log("yes")', /no JSON$/],
    ['process.stdout.write("x".repeat(1e6))', /has written over 65536 bytes/],
    ['process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)', /SIGTERM/],
  ]
  for (const [code, why] of cases) t.match(await ask(node(code)), { ok: false, why })
  const absent = await ask(commandHook([join(dir, 'absent')], dir))
  t.match(absent, { ok: false, why: /absent`: .*ENOENT/ })
})

t.test('a command that is too slow goes with all that it has started', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'candid-hook-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const clock = manualClock()
  const started = join(dir, 'pids')
  const code = `const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    require('node:fs').writeFileSync(${JSON.stringify(started)}, process.pid + ' ' + child.pid + ' ')
    setInterval(() => {}, 1000)`
  const asked = askHook(commandHook([process.execPath, '-e', code], dir), payload, clock)
  const pids = await until(() => /^(\d+) (\d+) $/.exec(readFileSync(started, 'utf8'))?.slice(1))
  clock.advance(5000)
  t.match(await asked, { ok: false, why: /5 s/ })
  for (const pid of pids) {
    await until(() => {
      try {
        process.kill(Number(pid), 0)
        return undefined
      } catch {
        return true
      }
    })
    t.pass(`${pid} is gone`)
  }
})

/** Looks again and again until there is something; a throw is nothing yet. */
async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    try {
      const found = look()
      if (found !== undefined) return found
    } catch {
      // Not yet.
    }
    await new Promise(resolve => setImmediate(resolve))
  }
}

t.test('modules', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'candid-hook-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const cases: [name: string, code: string, want: object][] = [
    [
      'default',
      'export default p => ({ allowProvisioning: p.clientId === "claim" })',
      { ok: true },
    ],
    ['handler', 'export const handler = async () => ({ allowProvisioning: true })', { ok: true }],
    ['none', 'export const x = 1', { ok: false, why: /exports no function/ }],
    ['broken', 'export default (', { ok: false, why: /has failed/ }],
  ]
  for (const [name, code, want] of cases) {
    const file = join(dir, `${name}.mjs`)
    writeFileSync(file, code)
    t.match(await askHook(moduleHook(file), payload, manualClock()), want, name)
  }
  const { fleet } = hooksOf([{ template: 'fleet', module: 'default.mjs', line: 1 }], dir)
  t.ok(fleet && (await askHook(fleet, payload, manualClock())).ok, 'relative to the config')
})

t.test('the broker asks it, takes its overrides, and rejects what it refuses', async t => {
  const asked: HookPayload[] = []
  const broker = await running(t, {
    provisioning: {
      hooks: {
        fleet(payload) {
          asked.push(payload)
          const { SerialNumber } = payload.parameters
          const parameterOverrides = { SerialNumber: 'over', 'AWS::IoT::Certificate::Id': 'x' }
          return { allowProvisioning: SerialNumber === 'good', parameterOverrides }
        },
      },
    },
  })
  putFleetTemplate(broker, 'fleet')
  const claim = await broker.createDevice('claim', { policy: CLAIM_POLICY })
  const device = await claimant(t, broker, claim)
  const { body } = await device.ask('create-from-csr', { certificateSigningRequest: requestPem() })
  const { certificateOwnershipToken, certificateId, certificatePem } = body
  const register = (SerialNumber: string) =>
    device.ask('provision', { certificateOwnershipToken, parameters: { SerialNumber } })
  const refused = await register('bad')
  t.match(refused.body, { statusCode: 403, errorCode: 'ACCESS_DENIED', errorMessage: /not allow/ })
  t.equal(broker.registry.certificate(`${certificateId}`)?.status, 'PENDING_ACTIVATION')
  t.match(await register('good'), { body: { thingName: 'fleet-over' } })
  t.same(asked[1], {
    claimCertificateId: claim.certificateId,
    certificateId,
    certificatePem,
    templateArn: 'arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet',
    clientId: 'claim',
    parameters: { SerialNumber: 'good' },
  })
  t.same(broker.registry.thingsOf(`${certificateId}`), ['fleet-over'])
})
