/**
 * A client that resets the connection right behind its last bytes. With node:tls that can end in a TLS socket that never
 * closes; whatever happens inside, one closing record must come, and soon.
 */

import t from 'tap'
import type { ClientName } from './build.ts'
import { runDevice } from './device.ts'
import { local } from './local.ts'
import { deviceOrSkip } from './skip.ts'

const devices: [ClientName, 'tls12' | 'tls13'][] = [
  ['mbedtls', 'tls12'],
  ['wolfssl', 'tls12'],
  ['wolfssl', 'tls13'],
]

for (const [name, version] of devices) {
  for (const closeAfter of ['handshake', 'connect', 'connack'] as const) {
    // The combination in which the trap was found is tried more often than the others.
    const runs = version === 'tls13' && closeAfter === 'connect' ? 20 : 6
    t.test(`${name} ${version}: resets after ${closeAfter}, ${runs} times`, async t => {
      const program = await deviceOrSkip(t, name)
      if (!program) return
      // The local broker says at the end whether each connection had exactly one record.
      const { broker, device } = await local(t)
      const { flags, id } = await device('device')
      const seen: Record<string, number> = {}
      for (let run = 0; run < runs; run++) {
        const clientId = `device-${run}`
        await runDevice(program, {
          ...{ ...flags, clientId, min: version, max: version, closeAfter, reset: true },
        })
        const record = await broker.closed()
        t.equal(record.side, 'client')
        // libuv tells a reset that comes together with the last bytes as an end; one that comes alone as what it is.
        if (closeAfter === 'connack') t.equal(record.sent.close, 'reset')
        if (record.clientId !== undefined) t.equal(record.clientId, clientId)
        if (record.certificateId !== undefined) t.equal(record.certificateId, id)
        seen[record.code] = (seen[record.code] ?? 0) + 1
      }
      // A reset may overtake what was sent before it, so how much was read of it differs from run to run.
      t.same(
        Object.keys(seen).filter(code => !endings[closeAfter].includes(code)),
        [],
      )
      t.comment(`${name} ${version} ${closeAfter}: ${JSON.stringify(seen)}`)
    })
  }
}

const endings = {
  handshake: ['CONNECT_ABANDONED', 'HANDSHAKE_ABANDONED'],
  connect: ['CLOSE_CONNECTION_LOST', 'CONNECT_ABANDONED', 'HANDSHAKE_ABANDONED'],
  connack: ['CLOSE_CONNECTION_LOST'],
}
