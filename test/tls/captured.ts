/**
 * Real ClientHellos: `bytes/*.hex`, the first flight of each client as it came over the wire. The first line of a file says
 * which program sent it. To add one, let the client dial `nc -l 9999 | xxd -p`.
 */

import { readdirSync, readFileSync } from 'node:fs'
import type { Hello } from '../../broker/tls/client-hello.ts'
import { helloReader } from '../../broker/tls/hello-reader.ts'

export type Captured = { name: string; from: string; bytes: Buffer }

/** All of them, in the order of their names. */
export function captured(): Captured[] {
  const files = readdirSync(folder).filter(file => file.endsWith('.hex'))
  return files.sort().map(file => {
    const [from = '', ...lines] = readFileSync(new URL(file, folder), 'latin1').split('\n')
    return { name: file.slice(0, -4), from, bytes: Buffer.from(lines.join(''), 'hex') }
  })
}

/** One by its name, parsed. */
export function capturedHello(name: string): Hello {
  const found = captured().find(one => one.name === name)
  if (found === undefined) throw new Error(`no captured hello named ${name}`)
  return parsedHello(found.bytes)
}

/** @throws Error when the bytes are no ClientHello: for bytes that are known to be one */
export function parsedHello(bytes: Buffer): Hello {
  const progress = helloReader().push(bytes)
  if (progress.state !== 'hello') throw new Error(`reads as ${JSON.stringify(progress)}`)
  return progress.hello
}

const folder = new URL('bytes/', import.meta.url)
