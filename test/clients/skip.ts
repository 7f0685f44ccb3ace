/** What a test asks for before it uses a foreign program. Where that is absent, the test is skipped, and says so loudly. */

import type { Test } from 'tap'
import { buildClient } from './build.ts'
import { run } from './run.ts'

/** The device program's path, or `undefined` with the test skipped. */
export async function deviceOrSkip(
  t: Test,
  name: Parameters<typeof buildClient>[0],
): Promise<string | undefined> {
  const built = await buildClient(name)
  if (built.ok) return built.program
  skip(t, built.missing)
  return undefined
}

/** True where the tool can be started, else false with the test skipped. */
export async function toolOrSkip(t: Test, tool: keyof typeof packages): Promise<boolean> {
  const { notFound } = await run(tool, tool === 'openssl' ? ['version'] : ['--help'])
  if (notFound) skip(t, `no \`${tool}\` here; hint: apt-get install ${packages[tool]}`)
  return !notFound
}

/** A Python that has Paho 1, or `undefined` with the test skipped. */
export async function pahoPythonOrSkip(t: Test): Promise<string | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const { code } = await run(python, ['-c', PAHO_1])
    if (code === 0) return python
  }
  skip(t, 'no Paho 1 for Python here; hint: apt-get install python3-paho-mqtt')
  return undefined
}

/** The constructor of Paho 2 takes other arguments. */
const PAHO_1 = 'import paho.mqtt; assert paho.mqtt.__version__.startswith("1.")'

const packages = {
  mosquitto_pub: 'mosquitto-clients',
  mosquitto_sub: 'mosquitto-clients',
  openssl: 'openssl',
} as const

function skip(t: Test, why: string): void {
  process.stderr.write(`\n*** SKIPPED: ${t.fullname}: ${why} ***\n\n`)
  t.pass('this machine lacks something', { skip: why })
}
