/** The other side of the door: one request to the broker that runs on a state folder. Never throws for what the broker does. */

import { request } from 'node:http'
import { errorCode } from '../registry/files.ts'
import type { DoorFile } from './door-file.ts'

/** `closed`: nobody is behind the door. `silent`: somebody is, and doesn't answer as a broker does. */
export type Reply =
  | { status: number; body: { [key: string]: unknown } }
  | { failed: 'closed' | 'silent'; says: string }

export type Asking = {
  method: 'GET' | 'POST'
  path: string
  input?: unknown
  /** What asks: it goes into the broker's log. */
  by: string
  timeoutMs?: number
}

/** Longer than any operation takes: an RSA key on a slow machine. */
const PATIENCE_MS = 30_000

/** The largest page of the largest records is far below. */
const LONGEST_ANSWER = 64 * 1024 * 1024

export function ask(door: DoorFile, asking: Asking): Promise<Reply> {
  const { method, path, input, by, timeoutMs = PATIENCE_MS } = asking
  const body = input === undefined ? '' : JSON.stringify(input)
  return new Promise(resolve => {
    const sent = request({
      socketPath: door.path,
      method,
      path,
      agent: false,
      timeout: timeoutMs,
      headers: {
        authorization: `Bearer ${door.token}`,
        'user-agent': by.replace(/[^\x20-\x7e]/g, '?').slice(0, 100),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    const silent = (says: string) => {
      resolve({ failed: 'silent', says })
      sent.destroy()
    }
    sent.once('timeout', () => silent(`no answer within ${timeoutMs / 1000} s`))
    sent.once('error', error => {
      const closed = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(errorCode(error))
      resolve({ failed: closed ? 'closed' : 'silent', says: errorCode(error) || error.message })
    })
    sent.once('response', response => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > LONGEST_ANSWER) silent('its answer has no end')
        else chunks.push(chunk)
      })
      response.once('error', error => silent(error.message))
      response.once('aborted', () => silent('its answer is not whole'))
      response.once('end', () => {
        const read = objectIn(Buffer.concat(chunks).toString('utf8'))
        if (read) resolve({ status: response.statusCode ?? 0, body: read })
        else silent('its answer is no JSON')
      })
    })
    sent.end(body)
  })
}

function objectIn(text: string): { [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined
  } catch {
    return undefined
  }
}
