/** Packets built by hand, right or wrong. Nothing is checked: a test says what it sends byte by byte. */

/** Two bytes of length, and the bytes; text as UTF-8. */
export function string(value: string | Uint8Array | number[]): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  return Buffer.concat([uint16(bytes.length), bytes])
}

export function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

/** A fixed header with the right remaining length, and what follows it. */
export function packet(first: number, ...parts: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)))
  const length: number[] = []
  let rest = body.length
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.of(first, ...length), body])
}

export type RawConnect = {
  first?: number
  name?: string | number[]
  level?: number
  /** See `flag`. */
  flags?: number
  keepAlive?: number
  /** What follows the variable header, in order. */
  payload?: Uint8Array[]
}

/** A CONNECT of 3.1.1, clean, with the client id `raw` and no more, unless told. */
export function rawConnect(given: RawConnect = {}): Buffer {
  const { first = 0x10, name = 'MQTT', level = 4, flags = flag.clean, keepAlive = 1200 } = given
  const { payload = [string('raw')] } = given
  return packet(first, string(name), [level, flags], uint16(keepAlive), ...payload)
}

/** The bits of the connect flags, MQTT 3.1.1 3.1.2.3. */
export const flag = {
  reserved: 0x01,
  clean: 0x02,
  will: 0x04,
  willQos1: 0x08,
  willQos2: 0x10,
  willQos3: 0x18,
  willRetain: 0x20,
  password: 0x40,
  username: 0x80,
} as const

/** What MQTT calls ill-formed: bytes that no UTF-8 has, surrogates, and longer forms than needed. */
export const ILL_FORMED: { [what: string]: number[] } = {
  'a lone continuation byte': [0x61, 0x80],
  'a sequence that is cut off': [0xe2, 0x82],
  'an overlong form': [0xc0, 0xaf],
  'a surrogate': [0xed, 0xa0, 0x80],
  'a code point over U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
}
