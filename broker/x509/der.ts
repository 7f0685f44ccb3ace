/**
 * Just enough DER to cut a certificate into its fields without copying (X.690 10.1: definite lengths only). It runs for
 * each connection, on bytes of strangers; what lies inside the fields is read by a library, and only when it is asked for.
 * And enough to write it.
 */

export type Element = {
  /** The identifier octet. High tag numbers, which X.509 doesn't use, are not read. */
  tag: number
  start: number
  /** Where the content begins. */
  content: number
  end: number
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  explicit0: 0xa0,
  explicit3: 0xa3,
} as const

/** The element that begins at `at`, or nothing where it doesn't end by `limit` or isn't DER. */
export function elementAt(bytes: Buffer, at: number, limit: number): Element | undefined {
  const header = headerAt(bytes, at, limit)
  if (header === undefined || header.end > limit) return undefined
  return header
}

/** Like `elementAt`, but the content may be cut off: `end` says where it should have ended. */
export function headerAt(bytes: Buffer, at: number, limit: number): Element | undefined {
  if (at + 2 > limit) return undefined
  const tag = bytes[at] as number
  const first = bytes[at + 1] as number
  if ((tag & 0x1f) === 0x1f) return undefined
  if (first < 0x80) return { tag, start: at, content: at + 2, end: at + 2 + first }
  const count = first & 0x7f
  // 0 is BER's indefinite length; more than 4 bytes is longer than anything that we are ever sent.
  if (count === 0 || count > 4 || at + 2 + count > limit) return undefined
  const content = at + 2 + count
  return { tag, start: at, content, end: content + bytes.readUIntBE(at + 2, count) }
}

/** The elements inside `parent`, `limit` at most; nothing where they don't fill it exactly. */
export function childrenOf(bytes: Buffer, parent: Element, limit = 1_000): Element[] | undefined {
  const found: Element[] = []
  let at = parent.content
  while (at < parent.end) {
    const child = elementAt(bytes, at, parent.end)
    if (child === undefined || found.length === limit) return undefined
    found.push(child)
    at = child.end
  }
  return found
}

/** The dotted form of an object identifier. Parts beyond 2^53 are not exact: they are compared, never computed with. */
export function oidOf(bytes: Buffer, element: Element): string {
  const parts: number[] = []
  let part = 0
  for (let i = element.content; i < element.end; i++) {
    const byte = bytes[i] as number
    part = part * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    if (parts.length === 0) {
      const root = Math.min(2, Math.floor(part / 40))
      parts.push(root, part - root * 40)
    } else parts.push(part)
    part = 0
  }
  return parts.join('.')
}

/** The bytes of an element with its header. Shares memory. */
export function wholeOf(bytes: Buffer, element: Element): Buffer {
  return bytes.subarray(element.start, element.end)
}

/** The bytes inside an element. Shares memory. */
export function contentOf(bytes: Buffer, element: Element): Buffer {
  return bytes.subarray(element.content, element.end)
}

/** Writes one element: tag, length in as few bytes as it takes (X.690 10.1), and the parts one after the other. */
export function encode(tag: number, ...parts: Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), ...parts])
  const bytes = length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3
  const header = Buffer.alloc(2 + bytes)
  header[0] = tag
  header[1] = 0x80 | bytes
  header.writeUIntBE(length, 2, bytes)
  return Buffer.concat([header, ...parts])
}
