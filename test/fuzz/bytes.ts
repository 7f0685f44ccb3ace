/** Bytes that are wrong in the ways in which bytes go wrong: real ones, cut, damaged, repeated, with lengths that lie; and noise. */

import fc from 'fast-check'

type Change =
  | { do: 'flip'; at: number; xor: number }
  | { do: 'write'; at: number; bytes: Uint8Array }
  | { do: 'insert'; at: number; bytes: Uint8Array }
  | { do: 'drop'; at: number; length: number }
  | { do: 'repeat'; at: number; length: number; times: number }
  | { do: 'end'; at: number }
  | { do: 'graft'; at: number; from: number; other: number }

const place = fc.nat(1 << 20)
const length = fc.oneof(fc.nat(8), fc.nat(600))

/** Lengths at the edges of their fields, and tags of DER. */
const telling = fc.constantFrom(
  ...[
    '00',
    'ff',
    '0000',
    'ffff',
    '00ffff',
    'ffffff',
    '4000',
    '4001',
    '30',
    '3080',
    '3082ffff',
    '0500',
    '3000',
  ].map(hex => new Uint8Array(Buffer.from(hex, 'hex'))),
)

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ do: fc.constant('flip' as const), at: place, xor: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ do: fc.constant('write' as const), at: place, bytes: telling }),
  fc.record({
    do: fc.constant('insert' as const),
    at: place,
    bytes: fc.oneof(telling, fc.uint8Array({ maxLength: 40 })),
  }),
  fc.record({ do: fc.constant('drop' as const), at: place, length }),
  fc.record({
    do: fc.constant('repeat' as const),
    at: place,
    length,
    times: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ do: fc.constant('end' as const), at: place }),
  fc.record({ do: fc.constant('graft' as const), at: place, from: place, other: place }),
)

/** Mostly one of these with a few changes, sometimes just noise. */
export function spoiled(real: Buffer[]): fc.Arbitrary<Buffer> {
  const changed = fc
    .tuple(fc.nat(), fc.array(anyChange, { maxLength: 5 }))
    .map(([which, changes]) =>
      changes.reduce(
        (bytes, change) => apply(bytes, change, real),
        real[which % real.length] ?? Buffer.alloc(0),
      ),
    )
  const noise = fc.uint8Array({ maxLength: 600 }).map(bytes => Buffer.from(bytes))
  return fc.oneof({ weight: 7, arbitrary: changed }, { weight: 1, arbitrary: noise })
}

function apply(bytes: Buffer, change: Change, real: Buffer[]): Buffer {
  const at = change.at % (bytes.length + 1)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (change.do) {
    case 'flip': {
      const copy = Buffer.from(bytes)
      if (at < copy.length) copy.writeUInt8(copy.readUInt8(at) ^ change.xor, at)
      return copy
    }
    case 'write':
      return Buffer.concat([before, change.bytes, after.subarray(change.bytes.length)])
    case 'insert':
      return Buffer.concat([before, change.bytes, after])
    case 'drop':
      return Buffer.concat([before, after.subarray(change.length)])
    case 'repeat': {
      const piece = after.subarray(0, change.length)
      return Buffer.concat([before, ...Array.from({ length: change.times }, () => piece), after])
    }
    case 'end':
      return before
    default: {
      const other = real[change.other % real.length] ?? Buffer.alloc(0)
      return Buffer.concat([before, other.subarray(change.from % (other.length + 1))])
    }
  }
}
