/** MQTT.js on Node's own TLS, in this process: what MQTTX, Node-RED and most tools of that world are built on. */

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { seenFrom } from './program.ts'
import type { Dial, FindStack, Seen } from './stack.ts'

export const findMqttjs: FindStack = async () => {
  const { version } = createRequire(import.meta.url)('mqtt/package.json') as { version: string }
  const node = process.versions.node
  return {
    stack: {
      title: `MQTT.js ${version} (Node ${node}, OpenSSL ${process.versions.openssl})`,
      versions: ['1.2', '1.3'],
      dial: async dial => visit(await optionsOf(dial)),
    },
  }
}

async function optionsOf(dial: Dial): Promise<IClientOptions> {
  const { port, name, clientId, version, suite, groups } = dial
  const only = `TLSv${version}` as const
  const ciphers = suite ?? (version === '1.1' ? 'DEFAULT@SECLEVEL=0' : undefined)
  return {
    ...{ protocol: 'mqtts', host: '127.0.0.1', servername: name, port, clientId },
    ...{ protocolVersion: 4, reconnectPeriod: 0, connectTimeout: 10_000 },
    ...{ minVersion: only, maxVersion: only },
    ca: await readFile(dial.ca),
    ...(dial.cert !== undefined && { cert: await readFile(dial.cert) }),
    ...(dial.key !== undefined && { key: await readFile(dial.key) }),
    ...(ciphers !== undefined && { ciphers }),
    // TLS 1.3 has no secp224r1 (RFC 8446 4.2.7), and OpenSSL then would not even start.
    ...(groups && { ecdhCurve: version === '1.3' ? 'X448' : 'secp224r1' }),
  }
}

/** The first error is what its user reads; a close without one is only an event. */
function visit(options: IClientOptions): Promise<Seen> {
  return new Promise(resolve => {
    let error: Failure | undefined
    let client: MqttClient
    try {
      client = mqtt.connect(options)
    } catch (thrown) {
      resolve({ ...failed(thrown as Error), refusedToStart: true })
      return
    }
    client.on('error', given => {
      error ??= given
    })
    client.on('connect', () => {
      client.end()
      resolve({ connected: true, words: '' })
    })
    client.on('close', () => {
      resolve(failed(error))
    })
  })
}

type Failure = Error & { code?: string | number }

function failed(error: Failure | undefined): Seen {
  const words = error ? `${error.code ?? error.name}: ${error.message}` : 'event `close`, no error'
  return seenFrom({ connected: false, words })
}
