/** What a test asks for before it uses a foreign program. Where that is absent, the test is skipped, and says so loudly. */

import type { Test } from 'tap'
import { buildClient, type ClientName } from './build.ts'
import { run } from './run.ts'

/** The device program's path, or `undefined` with the test skipped. */
export async function deviceOrSkip(t: Test, name: ClientName): Promise<string | undefined> {
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

const packages = {
  mosquitto_pub: 'mosquitto-clients',
  mosquitto_sub: 'mosquitto-clients',
  openssl: 'openssl',
} as const

function skip(t: Test, why: string): void {
  process.stderr.write(`\n*** SKIPPED: ${t.fullname}: ${why} ***\n\n`)
  t.pass('this machine lacks something', { skip: why })
}
