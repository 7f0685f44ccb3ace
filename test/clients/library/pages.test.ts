/** The programs of docs/clients.md, as they stand there, with this broker's port in the place of 8883. */

import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { start } from '../../../broker/main.ts'
import { type Run, run } from '../run.ts'
import { deviceOrSkip, pahoPythonOrSkip, toolOrSkip } from '../skip.ts'

type Program = { title: string; language: string; text: string }

const programs: Program[] = [
  ...readFileSync('docs/clients.md', 'utf8').matchAll(/^## (.+)\n\n```(\w+)\n([\s\S]*?)^```$/gm),
].map(([, title = '', language = '', text = '']) => ({ title, language, text }))

/** How a program of a language is run in the folder of its device; undefined: skipped. */
const runners: {
  [language: string]: (t: Test, code: string, cwd: string) => Promise<Run | undefined>
} = {
  async js(_, code, cwd) {
    return run(process.execPath, ['--input-type=module', '-e', code], { cwd })
  },
  async sh(t, code, cwd) {
    return (await toolOrSkip(t, 'mosquitto_sub')) ? run('sh', ['-c', code], { cwd }) : undefined
  },
  async c(t, code, cwd) {
    if ((await deviceOrSkip(t, 'paho')) === undefined) return undefined
    const args = ['-Wall', '-Werror', '-xc', '-', '-odevice', '-lpaho-mqtt3cs']
    const compiled = await run('cc', args, { cwd, input: code, timeoutMs: 50_000 })
    return compiled.code === 0 ? run('./device', [], { cwd }) : compiled
  },
  async python(t, code, cwd) {
    const python = await pahoPythonOrSkip(t)
    return python === undefined ? undefined : run(python, ['-c', code], { cwd })
  },
}

t.equal(programs.length, 7)

t.test('the programs of docs/clients.md', async t => {
  const broker = await start({ limits: { connectsPerSecondPerClientId: 'off' } })
  t.teardown(() => broker.stop())
  const policy = readFileSync('policies/device.json', 'utf8')
  const { ca, certificate, privateKey } = await broker.createDevice('sensor-1', { policy })
  const cwd = t.testdir({
    'certs/devices/sensor-1': {
      'AmazonRootCA1.pem': ca,
      'certificate.pem.crt': certificate,
      'private.pem.key': privateKey,
    },
  })
  for (const { title, language, text } of programs) {
    await t.test(title, async t => {
      const ended = await runners[language]?.(t, text.replaceAll('8883', String(broker.port)), cwd)
      if (!ended) return
      t.match(ended, { code: 0 }, ended.stderr)
      t.match(ended.stdout.toString(), /^sensor-1\/hello hi$/m)
      // mosquitto_rr ends without a DISCONNECT.
      const code = language === 'sh' ? 'CLOSE_CONNECTION_LOST' : 'CLOSE_BY_CLIENT'
      t.match(await broker.closed({ clientId: 'sensor-1' }), { code })
    })
  }
})
