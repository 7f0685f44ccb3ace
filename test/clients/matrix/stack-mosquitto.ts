/**
 * mosquitto_pub (libmosquitto on OpenSSL) in the client matrix. It has no flags for groups, for TLS 1.3 suites and for one
 * version alone, so those come as users set them for a whole machine: in OpenSSL's configuration file.
 */

import { writeFile } from 'node:fs/promises'
import { launch, type Run, run } from '../run.ts'
import { opensslAlert, opensslError } from './openssl-words.ts'
import type { Dial, FindStack, Seen } from './stack.ts'

export const findMosquitto: FindStack = async () => {
  const { notFound, stdout } = await run('mosquitto_pub', ['--help'])
  if (notFound)
    return { missing: 'no `mosquitto_pub` here; hint: apt-get install mosquitto-clients' }
  return {
    stack: {
      title: `mosquitto_pub ${/running on libmosquitto (\d[\d.]*\d)/.exec(stdout.toString())?.[1] ?? ''}`,
      versions: ['1.2', '1.3'],
      dial,
    },
  }
}

async function dial(dial: Dial): Promise<Seen> {
  const settings = `${dial.ca}.openssl-${dial.clientId}`
  await writeFile(settings, opensslSettings(dial))
  const running = launch('mosquitto_pub', args(dial), { env: { OPENSSL_CONF: settings } })
  return seenBy(await running.done)
}

function args({ port, name, ca, cert, key, clientId }: Dial): string[] {
  // The host that it dials is the one that it checks. This is 127.0.0.1 too, and no name of our certificate.
  const host = name === 'localhost' ? name : '127.1'
  return [
    ...['-h', host, '-p', String(port), '--cafile', ca],
    ...(cert === undefined ? [] : ['--cert', cert]),
    ...(key === undefined ? [] : ['--key', key]),
    ...['-i', clientId, '-t', 'a', '-m', 'x', '-q', '1', '-d'],
  ]
}

function opensslSettings({ version, suite, groups }: Dial): string {
  return [
    'openssl_conf = start',
    '[start]',
    'ssl_conf = ssl',
    '[ssl]',
    'system_default = client',
    '[client]',
    `MinProtocol = TLSv${version}`,
    `MaxProtocol = TLSv${version}`,
    ...(suite === undefined
      ? []
      : [`${version === '1.3' ? 'Ciphersuites' : 'CipherString'} = ${suite}`]),
    ...(groups === undefined ? [] : [`Groups = ${version === '1.3' ? 'x448' : 'secp224r1'}`]),
    '',
  ].join('\n')
}

function seenBy({ stdout, stderr }: Run): Seen {
  const printed = `${stdout}\n${stderr}`
  const connected = stdout.toString().includes('received CONNACK (0)')
  const own = /^Error: (?:host name|Problem|The connection).*$/m.exec(printed)?.[0]
  const error = opensslError(printed)
  const number = opensslAlert(error)
  return {
    connected,
    ...(number === undefined ? {} : { alert: { number, from: 'server' as const } }),
    words: connected ? '' : [own, error].filter(Boolean).join('; '),
  }
}
