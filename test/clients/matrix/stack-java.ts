/** Java's JSSE as paho-java and the HiveMQ client use it (ClientJava.java). */

import { run } from '../run.ts'
import { buildOnce } from './build-once.ts'
import { askProgram } from './program.ts'
import type { FindStack } from './stack.ts'

export const findJava: FindStack = async () => {
  const { code, stdout } = await run('javac', ['-version'])
  if (code !== 0) return { missing: 'no `javac` here; hint: apt-get install default-jdk-headless' }
  const version = /javac (\d[\d._]*)/.exec(stdout.toString())?.[1]
  const folder = await buildOnce('ClientJava.java', `java-${version}`, (source, draft) => ({
    command: 'javac',
    args: ['-d', draft, source],
  }))
  return {
    stack: {
      title: `Java ${version} JSSE`,
      versions: ['1.2', '1.3'],
      cannot(fault, version) {
        if (version === '1.3' && fault === 'wrong-suite') return 'JSSE has no CCM suites'
        return undefined
      },
      async dial(dial) {
        const program = {
          command: 'java',
          args: ['-XX:TieredStopAtLevel=1', '-cp', folder, 'ClientJava'],
        }
        return askProgram(program, dial, {
          ...(dial.suite !== undefined && { suite: SUITES[dial.suite] }),
          ...(dial.groups && { group: 'x448' }),
        })
      },
    },
  }
}

const SUITES: Record<string, string> = {
  'ECDHE-ECDSA-CHACHA20-POLY1305': 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
}
