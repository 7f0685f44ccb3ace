/** CONNECT, MQTT 3.1.1 and 5 chapter 3.1. Its name and level come first in every version; the rest depends on them. */

import type { ConnectPacket, ConnectProperties, Will, WillProperties } from '../packet.ts'
import { binary, type Cursor, fail, text, uint8, uint16 } from './cursor.ts'
import { type PropertyValues, readProperties } from './properties.ts'

/** @returns undefined without a fault: the version is another one; the byte before `cursor.at` is its level */
export function decodeConnect(cursor: Cursor): ConnectPacket | undefined {
  const name = text(cursor, 'protocol name')
  const level = uint8(cursor, 'protocol level')
  if (cursor.fault) return undefined
  if (name !== 'MQTT' && name !== NAME_3_1) {
    fail(cursor, 'protocol-name')
    return undefined
  }
  const protocolVersion =
    name === NAME_3_1 ? level === 3 && 3 : (level === 4 || level === 5) && level
  if (protocolVersion === false) return undefined
  // A second CONNECT on a connection is read by its own level, and refused by whoever takes it.
  cursor.version = protocolVersion === 5 ? 5 : 4

  const flags = uint8(cursor, 'connect flags')
  judge(flags, cursor)
  const keepalive = uint16(cursor, 'keep-alive')
  const properties = protocolVersion === 5 ? connectProperties(cursor) : undefined
  const clientId = text(cursor, 'client id')
  const will = (flags & WILL) === 0 ? undefined : readWill(flags, cursor)
  const username = (flags & USERNAME) === 0 ? undefined : text(cursor, 'user name')
  const password = (flags & PASSWORD) === 0 ? undefined : owned(binary(cursor, 'password'))
  return {
    cmd: 'connect',
    protocolVersion,
    clientId,
    clean: (flags & CLEAN) !== 0,
    keepalive,
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(will && { will }),
    ...(properties && { properties }),
  }
}

/** Of MQTT 3.1; the S in it is no slip of ours. */
const NAME_3_1 = 'MQIsdp'

const RESERVED = 0x01
const CLEAN = 0x02
const WILL = 0x04
const WILL_QOS = 0x18
const WILL_RETAIN = 0x20
const PASSWORD = 0x40
const USERNAME = 0x80

function judge(flags: number, cursor: Cursor): void {
  const has = (flag: number): boolean => (flags & flag) !== 0
  if (has(RESERVED)) fail(cursor, 'connect-reserved-flag')
  if (!has(WILL)) {
    if (has(WILL_QOS)) fail(cursor, 'will-qos-without-will')
    if (has(WILL_RETAIN)) fail(cursor, 'will-retain-without-will')
  }
  if ((flags & WILL_QOS) === WILL_QOS) fail(cursor, 'will-qos-3')
  // MQTT 5 allows it (3.1.2.9).
  if (cursor.version !== 5 && has(PASSWORD) && !has(USERNAME)) {
    fail(cursor, 'password-without-username')
  }
}

function connectProperties(cursor: Cursor): ConnectProperties | undefined {
  const values = readProperties(cursor, 'CONNECT')
  if (values === undefined) return undefined
  if (values.authenticationData !== undefined && values.authenticationMethod === undefined) {
    fail(cursor, 'authentication-data-without-method')
  }
  asFlag(values, 'requestProblemInformation')
  asFlag(values, 'requestResponseInformation')
  ownData(values, 'authenticationData')
  return values as ConnectProperties
}

function readWill(flags: number, cursor: Cursor): Will {
  const properties = cursor.version === 5 ? readProperties(cursor, 'will') : undefined
  if (properties) ownData(properties, 'correlationData')
  return {
    topic: text(cursor, 'will topic'),
    payload: owned(binary(cursor, 'will message')),
    qos: ((flags & WILL_QOS) >> 3) as 0 | 1 | 2,
    retain: (flags & WILL_RETAIN) !== 0,
    ...(properties && { properties: properties as WillProperties }),
  }
}

function asFlag(values: PropertyValues, name: keyof PropertyValues): void {
  if (values[name] !== undefined) values[name] = values[name] === 1
}

function ownData(values: PropertyValues, name: keyof PropertyValues): void {
  const value = values[name]
  if (Buffer.isBuffer(value)) values[name] = owned(value)
}

/** A CONNECT is kept as long as its connection: it must not hold the 64 KB that it was read with. */
function owned(bytes: Buffer): Buffer {
  return Buffer.from(bytes)
}
