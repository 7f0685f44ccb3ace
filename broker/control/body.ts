/** The body of a request at the door: JSON, an object, and not too much of it. */

import type { IncomingMessage } from 'node:http'

export type Body = { input: object } | { problem: { status: number; says: string } }

/** An empty body is an empty object. Never throws; what is too long is not kept. */
export function readBody(request: IncomingMessage, longest: number): Promise<Body> {
  const tooLong = { problem: { status: 413, says: `the body is longer than ${longest} bytes` } }
  if (Number(request.headers['content-length'] ?? 0) > longest) return Promise.resolve(tooLong)
  return new Promise(resolve => {
    let chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > longest) {
        chunks = []
        resolve(tooLong)
      } else chunks.push(chunk)
    })
    request.once('end', () => resolve(parsed(Buffer.concat(chunks))))
    const cut = { problem: { status: 400, says: 'the body is not whole' } }
    request.once('error', () => resolve(cut))
    request.once('close', () => resolve(cut))
  })
}

function parsed(bytes: Buffer): Body {
  if (bytes.length === 0) return { input: {} }
  let input: unknown
  try {
    input = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return { problem: { status: 400, says: 'the body is no JSON' } }
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { input }
  return { problem: { status: 400, says: 'the body is no JSON object' } }
}
