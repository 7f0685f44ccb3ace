/** Go's crypto/tls as paho.mqtt.golang and paho.golang use it (client-go.go): the standard library alone, nothing is loaded. */

import { run } from '../run.ts'
import { buildOnce } from './build-once.ts'
import { askProgram } from './program.ts'
import type { FindStack } from './stack.ts'

export const findGo: FindStack = async () => {
  const { code, stdout } = await run('go', ['version'])
  if (code !== 0) return { missing: 'no `go` here; hint: apt-get install golang-go' }
  const version = /go(\d[\d.]*)/.exec(stdout.toString())?.[1]
  const program = await buildOnce('client-go.go', `go-${version}`, (source, draft) => ({
    command: 'go',
    args: ['build', '-o', draft, source],
    env: { GOFLAGS: '-mod=mod', GOPROXY: 'off', GO111MODULE: 'off', CGO_ENABLED: '0' },
  }))
  return {
    stack: {
      title: `Go ${version} crypto/tls`,
      versions: ['1.2', '1.3'],
      cannot(fault, version) {
        if (version !== '1.3') return undefined
        if (fault === 'wrong-suite') return 'crypto/tls has no setting for the suites of TLS 1.3'
        return undefined
      },
      async dial(dial) {
        return askProgram({ command: program, args: [] }, dial, {
          ...(dial.suite !== undefined && { suite: SUITES[dial.suite] }),
          ...(dial.groups && { group: 'CurveP521' }),
        })
      },
    },
  }
}

const SUITES: Record<string, string> = {
  'ECDHE-ECDSA-CHACHA20-POLY1305': 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
}
