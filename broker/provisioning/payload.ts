/**
 * The bodies of requests and answers of fleet provisioning, in JSON and in CBOR (RFC 8949). Both are read into the same plain
 * object; whatever bytes come, the answer is that or one line about what is wrong.
 * AWS: the last level of the topic, `json` or `cbor`, says which (fleet-provision-api).
 */

import { decode, encode, type Token, Tokenizer, Type } from 'cborg'
import { quote } from '../diagnosis/words.ts'
import { type JsonNode, readJson } from '../policy/json.ts'

export const formats = ['json', 'cbor'] as const
export type Format = (typeof formats)[number]

export type Value = string | number | boolean | null | Value[] | Body
export type Body = { [key: string]: Value }

export type BodyReading = { ok: true; body: Body } | { ok: false; says: string }

/** Bytes: a request is a signing request or a token, and some parameters. */
const BODY_BYTES = 65_536

/** @returns the body; an empty payload is an empty body. Never throws */
export function readBody(format: Format, payload: Buffer): BodyReading {
  if (payload.length === 0) return { ok: true, body: {} }
  if (payload.length > BODY_BYTES) {
    return no(`the payload has ${payload.length} bytes; ${BODY_BYTES} are taken`)
  }
  return format === 'json' ? readJsonBody(payload) : readCborBody(payload)
}

/** Maps with text keys, and text for text: as AWS encodes CBOR. */
export function writeBody(format: Format, body: Body): Buffer {
  return format === 'json' ? Buffer.from(JSON.stringify(body)) : Buffer.from(encode(body))
}

function readJsonBody(payload: Buffer): BodyReading {
  const text = payload.toString('utf8')
  if (!Buffer.from(text).equals(payload)) return no('the payload is not UTF-8 text')
  const reading = readJson(text)
  if (!reading.ok) {
    const { line, says } = reading.problem
    return no(`the payload is not JSON: line ${line}: ${says}`)
  }
  if (reading.root.kind !== 'object') return no('the payload is not a JSON object')
  const twice = doubled(reading.root)
  if (twice !== undefined) return no(`the payload has the key ${quote(twice)} twice`)
  return { ok: true, body: plainOf(reading.root) as Body }
}

function doubled(node: JsonNode): string | undefined {
  if (node.kind === 'array') return node.items.map(doubled).find(key => key !== undefined)
  if (node.kind !== 'object') return undefined
  const keys = new Set<string>()
  for (const { key, value } of node.members) {
    if (keys.has(key)) return key
    keys.add(key)
    const inner = doubled(value)
    if (inner !== undefined) return inner
  }
  return undefined
}

function plainOf(node: JsonNode): Value {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key, plainOf(value)]))
    case 'array':
      return node.items.map(plainOf)
    default:
      return node.value
  }
}

function readCborBody(payload: Buffer): BodyReading {
  let read: unknown
  try {
    read = decode(payload, { ...CBOR, tokenizer: shallow(payload) })
  } catch (error) {
    const { message } = error as Error
    return no(`the payload is not CBOR as it is taken: ${message.replace(/^CBOR \w+ error: /, '')}`)
  }
  if (!isMap(read)) return no('the payload is not a CBOR map')
  const strange = strangeIn(read)
  return strange === undefined
    ? { ok: true, body: read as Body }
    : no(`the payload holds ${strange}, which JSON does not have`)
}

const CBOR = {
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const

/** The library goes down one call for each level: the number of maps, lists and tags bounds how deep that can be. */
function shallow(payload: Buffer): { next(): Token; done(): boolean; pos(): number } {
  const tokenizer = new Tokenizer(payload, CBOR)
  let nested = 0
  return {
    next() {
      const token = tokenizer.next()
      if (NESTING.some(type => Type.equals(token.type, type)) && ++nested > NESTED) {
        throw new Error(`it has over ${NESTED} maps, lists and tags`)
      }
      return token
    },
    done: () => tokenizer.done(),
    pos: () => tokenizer.pos(),
  }
}

const NESTING = [Type.map, Type.array, Type.tag]
/** Requests need two. */
const NESTED = 64

function isMap(value: unknown): value is { [key: string]: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  )
}

/** A value that JSON has no form for. */
function strangeIn(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return 'a byte string'
  if (Array.isArray(value)) return value.map(strangeIn).find(one => one !== undefined)
  if (isMap(value)) return strangeIn(Object.values(value))
  const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  return plain ? undefined : `a value of the type ${typeof value}`
}

function no(says: string): BodyReading {
  return { ok: false, says }
}
