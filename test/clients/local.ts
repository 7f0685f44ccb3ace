/**
 * A running broker and the files of its devices, as the foreign clients want them. When the test is over, each connection
 * that was accepted must have ended in exactly one closing record.
 */

import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Broker, type DeviceOptions, type StartOptions, start } from '../../broker/main.ts'
import { unhurried } from '../helpers/device.ts'

/** Flags of a device that gets in, unless its fault is added. They suit runDevice, sClient and mosquittoPub alike. */
export type Flags = Local['server'] & { cert: string; key: string }

export type Local = {
  broker: Broker
  /** What any client needs, with or without a certificate. */
  server: { port: number; ca: string; sni: string }
  /** Writes a file into the test's folder, and gives its path. */
  file(content: string | Buffer): Promise<string>
  /** A registered device whose files are written; `id` is its certificateId. */
  device(thingName: string, options?: DeviceOptions): Promise<{ flags: Flags; id: string }>
  /** The files of a certificate that the broker may never have heard of. */
  flags(certificatePem: string, keyPem: string): Promise<Flags>
}

export async function local(t: Test, options: StartOptions = {}): Promise<Local> {
  const folder = t.testdir({})
  const accepted: string[] = []
  const closed: string[] = []
  const broker = await start({
    ...options,
    limits: unhurried(options.limits),
    log(event) {
      if (event.event === 'connection.accepted') accepted.push(event.connection)
      if (event.event === 'connection.closed') closed.push(event.connection)
      options.log?.(event)
    },
  })
  t.teardown(async () => {
    await broker.stop()
    // Thrown, for a test that is over can't fail in another way.
    if (accepted.toString() !== closed.toSorted(byNumber).toString())
      throw new Error(`accepted ${accepted}, but the closing records are of ${closed}`)
  })
  const file = async (content: string | Buffer) => {
    const path = join(folder, randomUUID())
    await writeFile(path, content)
    return path
  }
  const server = { port: broker.port, ca: await file(broker.ca), sni: broker.host }
  const flags = async (certificatePem: string, keyPem: string) => ({
    ...server,
    cert: await file(certificatePem),
    key: await file(keyPem),
  })
  return {
    broker,
    server,
    file,
    flags,
    async device(thingName, given) {
      const { certificate, privateKey, certificateId } = await broker.createDevice(thingName, given)
      return { flags: await flags(certificate, privateKey), id: certificateId }
    },
  }
}

/** `c2` before `c10`. */
function byNumber(one: string, other: string): number {
  return Number(one.slice(1)) - Number(other.slice(1))
}
