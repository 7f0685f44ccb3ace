/**
 * The ClientHello that answers our HelloRetryRequest (RFC 8446 4.1.2): the same as the first one, but with a key share for
 * the group that we asked for. What it got wrong is told here; OpenSSL is the one that refuses it.
 */

import { type Hello, parseClientHello } from './client-hello.ts'
import { handshakeReader, messageType } from './handshake-messages.ts'
import { groupName } from './names.ts'
import { recordReader, recordType } from './records.ts'

export type SecondHelloReader = {
  push(chunk: Buffer): void
  /** undefined until it is complete, and where it can't be read. */
  hello(): Hello | undefined
}

const LIMIT = 32_768

export function secondHelloReader(): SecondHelloReader {
  const records = recordReader()
  const messages = handshakeReader(LIMIT)
  let bytes = 0
  let hello: Hello | undefined
  return {
    push(chunk) {
      bytes += chunk.length
      if (hello || bytes > LIMIT) return
      for (const record of records.push(chunk)) {
        // A ChangeCipherSpec may come first, for the sake of middleboxes (RFC 8446 D.4).
        if (record.type !== recordType.handshake) continue
        for (const { type, body } of messages.push(record.fragment)) {
          if (type !== messageType.clientHello || hello) continue
          const parsed = parseClientHello(body)
          if (parsed.ok) hello = parsed.hello
        }
      }
    },
    hello: () => hello,
  }
}

/** @returns what is wrong with the second hello, as what the client did; undefined where the share is the one asked for */
export function wrongAnswerToRetry(second: Hello | undefined, asked: number): string | undefined {
  if (second === undefined) return undefined
  const { keyShares } = second
  const [share] = keyShares
  if (keyShares.length === 1 && share === asked) return undefined
  const sent =
    share === undefined
      ? 'no key share at all'
      : `${keyShares.length > 1 ? 'key shares' : 'a key share'} for ${keyShares.map(groupName).join(' and ')}`
  return `asked for a key share for ${groupName(asked)}, its second ClientHello has ${sent} (RFC 8446 4.1.2)`
}
