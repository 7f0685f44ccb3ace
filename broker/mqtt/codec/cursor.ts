/**
 * Reads the fields of one packet. The first fault is kept, and everything after it reads as empty, so that whoever reads need
 * not ask after each field; nothing is ever read beyond the packet's end.
 */

import { isUtf8 } from 'node:buffer'
import { type Fault, type Malformed, malformed, type PacketName, type Version } from './problem.ts'

export type Cursor = {
  bytes: Buffer
  at: number
  /** Of what is being read: the packet, or its properties. */
  end: number
  packet: PacketName
  /** Undefined until a CONNECT has come. */
  version: Version | undefined
  fault: Malformed | undefined
}

/** Keeps the first fault, and ends every loop that goes on to the end. */
export function fail(cursor: Cursor, fault: Fault, what?: string): void {
  cursor.fault ??= malformed(fault, cursor.version, cursor.packet, what)
  cursor.at = cursor.end
}

/** Whether `count` more bytes are there. */
function has(cursor: Cursor, count: number, what: string): boolean {
  if (cursor.at + count <= cursor.end) return true
  fail(cursor, 'cut-short', what)
  return false
}

export function uint8(cursor: Cursor, what: string): number {
  return has(cursor, 1, what) ? (cursor.bytes[cursor.at++] ?? 0) : 0
}

export function uint16(cursor: Cursor, what: string): number {
  if (!has(cursor, 2, what)) return 0
  const { bytes, at } = cursor
  cursor.at = at + 2
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

export function uint32(cursor: Cursor, what: string): number {
  if (!has(cursor, 4, what)) return 0
  cursor.at += 4
  return cursor.bytes.readUInt32BE(cursor.at - 4)
}

/** A variable byte integer, MQTT 5 1.5.5: seven bits in each byte, the lowest first, four bytes at most. */
export function varint(cursor: Cursor, what: string): number {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const digit = uint8(cursor, what)
    value += (digit & 127) << shift
    if (digit > 127) continue
    if (digit === 0 && shift > 0) fail(cursor, 'length-not-shortest', what)
    return value
  }
  fail(cursor, 'length-too-long', what)
  return 0
}

/** A UTF-8 encoded string, MQTT 5 1.5.4. The byte order mark stays [MQTT-1.5.4-3]. */
export function text(cursor: Cursor, what: string): string {
  const length = uint16(cursor, what)
  if (length === 0 || !has(cursor, length, what)) return ''
  const { bytes, at } = cursor
  const end = at + length
  cursor.at = end
  let ascii = at
  // Neither 0 nor above 127.
  while (ascii < end && ((bytes[ascii] ?? 0) - 1) >>> 0 < 127) ascii++
  if (ascii === end) return bytes.toString('latin1', at, end)
  const part = bytes.subarray(at, end)
  if (part.includes(0)) fail(cursor, 'null-in-text', what)
  else if (!isUtf8(part)) fail(cursor, 'ill-formed-text', what)
  else return bytes.toString('utf8', at, end)
  return ''
}

/** Binary data, MQTT 5 1.5.6: a view on what was read. */
export function binary(cursor: Cursor, what: string): Buffer {
  const length = uint16(cursor, what)
  if (!has(cursor, length, what)) return NOTHING
  cursor.at += length
  return cursor.bytes.subarray(cursor.at - length, cursor.at)
}

const NOTHING: Buffer = Buffer.alloc(0)
