/** Fields of MQTT packets as bytes. Each writes at a place and gives the place after it. */

export function writeUint16(bytes: Buffer, at: number, value: number): number {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 255
  return at + 2
}

/** A variable byte integer, MQTT 5 1.5.5. */
export function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128
    rest >>= 7
  }
  bytes[at++] = rest
  return at
}

export function varintSize(value: number): number {
  if (value < 128) return 1
  if (value < 16_384) return 2
  return value < 2_097_152 ? 3 : 4
}

/** A UTF-8 encoded string with its length. */
export function writeString(bytes: Buffer, at: number, value: string): number {
  const size = utf8Size(value)
  return writeUtf8(bytes, writeUint16(bytes, at, size), value, size)
}

/** @param size in bytes */
export function writeUtf8(bytes: Buffer, at: number, value: string, size: number): number {
  if (size === value.length && size < SHORT) {
    for (let index = 0; index < size; index++) bytes[at + index] = value.charCodeAt(index)
  } else bytes.write(value, at, size, 'utf8')
  return at + size
}

export function utf8Size(value: string): number {
  const { length } = value
  if (length >= SHORT) return Buffer.byteLength(value)
  for (let index = 0; index < length; index++) {
    if (value.charCodeAt(index) > 127) return Buffer.byteLength(value)
  }
  return length
}

/** Below that many letters our own loop costs less than a call into Node. */
const SHORT = 40
