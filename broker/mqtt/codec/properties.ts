/** Reads the properties of an MQTT 5 packet (2.2.2), and holds each against what the standard allows there. */

import { binary, type Cursor, fail, text, uint8, uint16, uint32, varint } from './cursor.ts'
import { type Bearer, type Property, type PropertyName, propertyOf } from './property-table.ts'

/** By name; user properties in the order in which they came [MQTT-3.3.2-18]. Data are views on what was read. */
export type PropertyValues = { [name in PropertyName]?: PropertyValue }
export type PropertyValue = number | boolean | string | Buffer | [name: string, value: string][]

/** @returns undefined where there are none */
export function readProperties(cursor: Cursor, bearer: Bearer): PropertyValues | undefined {
  const length = varint(cursor, 'property length')
  if (length === 0) return undefined
  const packetEnd = cursor.end
  const end = cursor.at + length
  if (end > packetEnd) fail(cursor, 'cut-short', 'properties')
  else cursor.end = end
  const values: PropertyValues = {}
  while (cursor.at < cursor.end) readProperty(cursor, bearer, values)
  cursor.end = packetEnd
  if (cursor.fault) cursor.at = packetEnd
  return values
}

function readProperty(cursor: Cursor, bearer: Bearer, values: PropertyValues): void {
  // MQTT 5 2.2.2.2: a variable byte integer, though every number known fits into one byte.
  const id = varint(cursor, 'property identifier')
  const property = propertyOf(id)
  if (property === undefined) {
    if (!cursor.fault) fail(cursor, 'property-unknown', String(id))
    return
  }
  const { name, title, of } = property
  if (!of.includes(bearer)) {
    fail(cursor, 'property-not-here', title)
    return
  }
  if (property.kind === 'pair') {
    const pair: [string, string] = [text(cursor, title), text(cursor, title)]
    const others = values[name] as [string, string][] | undefined
    if (others) others.push(pair)
    else values[name] = [pair]
    return
  }
  if (values[name] !== undefined) fail(cursor, 'property-repeated', title)
  const value = readValue(cursor, property)
  if (cursor.fault) return
  values[name] = value
  judge(cursor, bearer, property, value)
}

function readValue(cursor: Cursor, { kind, title }: Property): PropertyValue {
  switch (kind) {
    case 'flag':
    case 'uint8':
      return uint8(cursor, title)
    case 'uint16':
      return uint16(cursor, title)
    case 'uint32':
      return uint32(cursor, title)
    case 'varint':
      return varint(cursor, title)
    case 'binary':
      return binary(cursor, title)
    default:
      return text(cursor, title)
  }
}

/** What the value alone can break. */
function judge(cursor: Cursor, bearer: Bearer, property: Property, value: PropertyValue): void {
  const { name, title } = property
  switch (name) {
    case 'payloadFormatIndicator':
    case 'requestProblemInformation':
    case 'requestResponseInformation':
      if (Number(value) > 1) fail(cursor, 'property-not-0-or-1', title)
      return
    case 'receiveMaximum':
    case 'maximumPacketSize':
      if (value === 0) fail(cursor, 'property-zero', title)
      return
    case 'subscriptionIdentifier':
      if (bearer === 'PUBLISH') fail(cursor, 'subscription-identifier-of-client')
      else if (value === 0) fail(cursor, 'property-zero', title)
      return
    case 'topicAlias':
      if (value === 0) fail(cursor, 'topic-alias-0')
      return
    case 'responseTopic':
      if (/[+#]/.test(String(value))) fail(cursor, 'response-topic-wildcard')
      return
    default:
  }
}
