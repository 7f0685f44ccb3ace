/**
 * The AWS IoT Device SDK v2 (client-aws-crt.mjs). Its TLS is s2n, which keeps silent for 10 to 30 s before it closes on a
 * certificate that it does not take.
 */

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { askProgram, type Program } from './program.ts'
import type { Fault, FindStack } from './stack.ts'
import { launchTunnel } from './tunnel.ts'

export const findAwsCrt: FindStack = async () => {
  const versionOf = (name: string) =>
    (require(`${name}/package.json`) as { version: string }).version
  const sdk = versionOf('aws-iot-device-sdk-v2')
  return {
    stack: {
      title: `AWS IoT Device SDK ${sdk} (aws-crt ${versionOf('aws-crt')}, s2n)`,
      versions: ['1.2', '1.3'],
      versionBy: 'broker',
      cannot: fault => CANNOT[fault],
      async dial(dial) {
        // It dials the name that it checks, so another name needs a way to this machine.
        const tunnel = dial.name === 'localhost' ? undefined : await launchTunnel(dial.port)
        const proxy = tunnel === undefined ? [] : [`proxy=${tunnel.port}`]
        try {
          return await askProgram({ ...node, args: [program, ...proxy] }, dial, {})
        } finally {
          await tunnel?.close()
        }
      },
    },
  }
}

/** aws-crt 1.33 reads `min_tls_version` and drops it (source/io.c), and it has no highest version. */
const CANNOT: Partial<Record<Fault, string>> = {
  'wrong-version': 'it offers TLS 1.0 to 1.3, whatever it is told',
  'wrong-suite': 'the SDK has fixed lists of suites',
  'wrong-group': 'the SDK has fixed lists of groups',
}

const require = createRequire(import.meta.url)
const program = fileURLToPath(new URL('client-aws-crt.mjs', import.meta.url))

const node: Omit<Program, 'args'> = {
  command: process.execPath,
  timeoutMs: 50_000,
  logged(stderr) {
    const failed =
      /(negotiation failed with error [^(\n]+|S2N failed to read with error: [^(\n]+)/.exec(stderr)
    const alert = /Alert code [1-9]\d*/.exec(stderr)
    return [failed?.[1]?.trim(), alert?.[0]].filter(Boolean).join('; ')
  },
}
