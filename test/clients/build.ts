/**
 * Compiles the device programs, once for each state of their sources. Tests run in several processes at once: each may
 * compile, the rename decides, and nobody ever sees half a program.
 */

import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'

/** A TLS library under a small MQTT script of our own. */
export type ClientName = 'mbedtls' | 'wolfssl' | 'gnutls' | 'bearssl'

/** `missing` says in one line what this machine lacks, and how to get it. */
export type Built = { ok: true; program: string } | { ok: false; missing: string }

/**
 * Finds or makes a device program.
 * @throws Error with the compiler's words when the sources don't compile: that is a bug here, nothing to skip
 */
export async function buildClient(name: ClientName | 'paho'): Promise<Built> {
  const { libraries, header, aptPackage, sources } = stacks[name]
  const program = `${folder}build/${name}-${await digest(['device.h', ...sources], libraries)}`
  if (await exists(program)) return { ok: true, program }

  await mkdir(`${folder}build`, { recursive: true })
  const draft = `${program}.${randomUUID()}`
  const args = ['-std=c11', '-O1', '-Wall', '-o', draft, ...sources, ...libraries]
  // The compiler's words are read below, so they must not be translated.
  const compiled = await run('cc', args, { cwd: folder, env: { LC_ALL: 'C' }, timeoutMs: 50_000 })
  if (compiled.code === 0) {
    await rename(draft, program)
    return { ok: true, program }
  }
  await rm(draft, { force: true })
  const hint = `hint: apt-get install gcc libc6-dev ${aptPackage}`
  if (compiled.notFound) return { ok: false, missing: `no C compiler \`cc\` here; ${hint}` }
  if (compiled.stderr.includes(`fatal error: ${header}: No such file`)) {
    return { ok: false, missing: `no ${aptPackage} here; ${hint}` }
  }
  throw new Error(`the ${name} device program does not compile:\n${compiled.stderr}`)
}

const folder = fileURLToPath(new URL('.', import.meta.url))

const shared = ['device.c', 'events.c', 'mqtt.c', 'options.c', 'wire.c']

const stacks = {
  mbedtls: {
    aptPackage: 'libmbedtls-dev',
    sources: [...shared, 'mbedtls-client.c'],
    header: 'mbedtls/version.h',
    libraries: ['-lmbedtls', '-lmbedx509', '-lmbedcrypto'],
  },
  wolfssl: {
    aptPackage: 'libwolfssl-dev',
    sources: [...shared, 'wolfssl-client.c'],
    header: 'wolfssl/options.h',
    libraries: ['-lwolfssl'],
  },
  gnutls: {
    aptPackage: 'libgnutls28-dev',
    sources: [...shared, 'gnutls-client.c'],
    header: 'gnutls/gnutls.h',
    libraries: ['-lgnutls'],
  },
  bearssl: {
    aptPackage: 'libbearssl-dev',
    sources: [...shared, 'bearssl-client.c'],
    header: 'bearssl.h',
    libraries: ['-lbearssl'],
  },
  paho: {
    aptPackage: 'libpaho-mqtt-dev',
    sources: ['events.c', 'library/paho-c.c'],
    header: 'MQTTClient.h',
    libraries: ['-lpaho-mqtt3cs', '-lpthread'],
  },
} as const

async function digest(files: string[], libraries: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(libraries.join(' '))
  for (const file of files) hash.update(await readFile(folder + file))
  return hash.digest('hex').slice(0, 12)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
