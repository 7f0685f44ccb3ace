/** Python's ssl module as paho-mqtt uses it (client-python.py); paho adds nothing to TLS itself. */

import { fileURLToPath } from 'node:url'
import { run } from '../run.ts'
import { askProgram } from './program.ts'
import type { FindStack } from './stack.ts'

export const findPython: FindStack = async () => {
  const about = 'import platform, ssl; print(platform.python_version(), ssl.OPENSSL_VERSION)'
  const { code, stdout } = await run('python3', ['-c', about])
  if (code !== 0) return { missing: 'no `python3` here; hint: apt-get install python3' }
  const [python, library, version] = stdout.toString().split(' ')
  return {
    stack: {
      title: `Python ${python} ssl (${library} ${version})`,
      versions: ['1.2', '1.3'],
      cannot(fault, version) {
        if (version !== '1.3') return undefined
        if (fault === 'wrong-suite')
          return 'its ssl module has no setting for the suites of TLS 1.3'
        return undefined
      },
      async dial(dial) {
        // TLS 1.3 has no secp224r1 (RFC 8446 4.2.7), and `set_ecdh_curve` knows no x448.
        const group = dial.version === '1.3' ? 'secp521r1' : 'secp224r1'
        return askProgram({ command: 'python3', args: [program] }, dial, {
          ...(dial.suite !== undefined && { suite: dial.suite }),
          ...(dial.groups && { group }),
        })
      },
    },
  }
}

const program = fileURLToPath(new URL('client-python.py', import.meta.url))
