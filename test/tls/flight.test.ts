/** The pieces in which OpenSSL gets the client's second flight. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { flightOf } from '../../broker/tls/flight.ts'

t.test(
  'the pieces are the flight, small before the cut, and the Certificate ends in the last',
  async t => {
    const flights = fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 6 }),
        fc.nat(100),
      )
      .chain(([sizes, after]) => {
        const total = sizes.reduce((sum, size) => sum + size, 0)
        return fc.nat(total).map(certificateEnd => ({ sizes, after, certificateEnd }))
      })
    fc.assert(
      fc.property(flights, ({ sizes, after, certificateEnd }) => {
        const held = sizes.map((size, index) => Buffer.alloc(size, index + 1))
        const rest = [Buffer.alloc(after, 99)]
        const flight = flightOf({
          held,
          after: rest,
          certificateEnd,
          chain: undefined,
          malformed: false,
          proved: false,
          tooLarge: false,
          unreadable: undefined,
        })
        const pieces = flight.pieces()
        const whole = Buffer.concat(held)
        assert.equal(flight.bytes, whole.length)
        assert.deepEqual(Buffer.concat(pieces), Buffer.concat([whole, ...rest]))
        // What came behind the flight is a piece of its own.
        const own = after > 0 ? pieces.slice(0, -1) : pieces
        for (const piece of own.slice(0, -1)) assert.ok(piece.length <= 1000 && piece.length > 0)
        const beforeLast = whole.length - (own.at(-1)?.length ?? 0)
        assert.equal(beforeLast, Math.max(0, certificateEnd - 1))
      }),
      { numRuns: 500 },
    )
    t.pass()
  },
)
