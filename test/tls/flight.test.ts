/** The pieces in which OpenSSL gets the client's second flight. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { flightOf } from '../../broker/tls/flight.ts'

t.test(
  'the pieces are the flight, the Certificate ends in the last, and Node need not cut that',
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
        assert.ok(own.length <= 2 && own.every(piece => piece.length > 0))
        const last = own.at(-1)?.length ?? 0
        const proofAt = Math.max(0, certificateEnd - 1)
        assert.equal(flight.proofBytes, whole.length - proofAt)
        assert.ok(whole.length - last <= proofAt, 'the end of the Certificate is in the last')
        assert.equal(last, Math.min(whole.length, Math.max(1000, flight.proofBytes)))
      }),
      { numRuns: 500 },
    )
    t.pass()
  },
)
