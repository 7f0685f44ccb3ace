/** `openssl s_client` in the client matrix, with MQTT bytes through its stdin. */

import { readFile, writeFile } from 'node:fs/promises'
import { connectPacket, disconnectPacket } from '../../helpers/mqtt-bytes.ts'
import { type SClientOptions, type SClientRun, sClient } from '../openssl.ts'
import { run } from '../run.ts'
import { opensslError } from './openssl-words.ts'
import type { Dial, FindStack, Seen } from './stack.ts'

export const findOpenssl: FindStack = async () => {
  const { notFound, stdout } = await run('openssl', ['version'])
  if (notFound) return { missing: 'no `openssl` here; hint: apt-get install openssl' }
  return {
    stack: {
      title: `openssl s_client ${/\d[\w.]*/.exec(stdout.toString())?.[0] ?? ''}`,
      versions: ['1.2', '1.3'],
      dial: async dial => seenBy(await sClient(await optionsFor(dial))),
    },
  }
}

async function optionsFor(dial: Dial): Promise<SClientOptions> {
  const suite = dial.version === '1.3' ? 'ciphersuites' : 'cipher'
  return {
    port: dial.port,
    sni: dial.name,
    ca: dial.ca,
    ...(await ownFiles(dial)),
    tls: dial.version === '1.3' ? '1.3' : '1.2',
    ...(dial.suite === undefined ? {} : { [suite]: dial.suite }),
    // TLS 1.3 has no secp224r1.
    ...(dial.groups === undefined ? {} : { groups: dial.version === '1.3' ? 'x448' : 'secp224r1' }),
    args: ['-verify_hostname', dial.name],
    send: Buffer.concat([connectPacket({ clientId: dial.clientId }), disconnectPacket()]),
    holdMs: 10_000,
  }
}

/** `-cert` takes the first certificate of a file only; the rest is for `-cert_chain`. */
async function ownFiles({ cert, key }: Dial): Promise<Partial<SClientOptions>> {
  if (cert === undefined || key === undefined) return {}
  const pem = await readFile(cert, 'utf8')
  const end = pem.indexOf(END) + END.length
  const rest = pem.slice(end).trim()
  if (rest === '') return { cert, key }
  await writeFile(`${cert}.rest`, `${rest}\n`)
  return { cert, key, certChain: `${cert}.rest` }
}

const END = '-----END CERTIFICATE-----'

function seenBy({ packets, stderr, alert }: SClientRun): Seen {
  const connected = packets.some(packet => packet.cmd === 'connack' && packet.returnCode === 0)
  const verification = /^verify error:.*$/m.exec(stderr)?.[0]
  return {
    connected,
    ...(alert === undefined ? {} : { alert: { number: alert, from: 'server' as const } }),
    words: connected ? '' : (verification ?? opensslError(stderr)),
    ...(/^Could not|^unable to load|private key mismatch/m.test(stderr)
      ? { refusedToStart: true as const }
      : {}),
  }
}
