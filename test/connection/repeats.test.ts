/** Reconnect loops: how they are counted, what is told in full and what in short, and when a loop is over. */

import t from 'tap'
import { createRepeats, type Ending } from '../../broker/connection/repeats.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

function counted() {
  const clock = manualClock(Date.parse('2026-01-01T10:00:00Z'))
  const repeats = createRepeats(clock)
  let connections = 0
  const end = (more: Partial<Ending> = {}) =>
    repeats.note({
      device: 'a',
      code: 'CERTIFICATE_MISSING',
      connection: `c${++connections}`,
      sameness: 'same',
      inSession: false,
      addresses: ['192.0.2.7'],
      ...more,
    })
  return { clock, repeats, end }
}

t.test('a loop: the first in full, the others refer to it and say how fast', async t => {
  const { clock, end } = counted()
  t.strictSame(end(), { count: 1, since: '2026-01-01T10:00:00.000Z' })
  clock.advance(10 * SECOND)
  t.strictSame(end(), {
    count: 2,
    since: '2026-01-01T10:00:00.000Z',
    last: '2026-01-01T10:00:00.000Z',
    perMinute: 6,
    sameAs: 'c1',
  })
  clock.advance(50 * SECOND)
  t.match(end(), { count: 3, last: '2026-01-01T10:00:10.000Z', perMinute: 2, sameAs: 'c1' })
})

t.test('a clock that stands still gives no rate', async t => {
  const { end } = counted()
  end()
  t.notOk('perMinute' in end())
})

t.test('other evidence is told in full, and then known too', async t => {
  const { end } = counted()
  const seen = ['x', 'y', 'x', 'y', 'z'].map(sameness => end({ sameness }).sameAs)
  t.strictSame(seen, [undefined, undefined, 'c1', 'c2', undefined])
  t.equal(end({ sameness: 'x' }).count, 6)
})

t.test('evidence that changes each time is told in full a few times an hour only', async t => {
  const { clock, end } = counted()
  let full = 0
  for (let time = 0; time < 3600; time++) {
    if (end({ sameness: `${time}` }).sameAs === undefined) full++
    clock.advance(SECOND)
  }
  t.equal(full, 8)
})

t.test('an hour later the same is told in full again', async t => {
  const { clock, end } = counted()
  const full: number[] = []
  for (let minute = 0; minute <= 125; minute++) {
    if (end().sameAs === undefined) full.push(minute)
    clock.advance(MINUTE)
  }
  t.strictSame(full, [0, 60, 120])
})

t.test('a loop is over after a pause', async t => {
  const { clock, end } = counted()
  end()
  clock.advance(9 * MINUTE)
  t.equal(end().count, 2)
  clock.advance(10 * MINUTE)
  t.strictSame(end(), { count: 1, since: '2026-01-01T10:19:00.000Z' })
})

t.test('devices and codes are counted apart', async t => {
  const { end } = counted()
  end()
  t.equal(end({ device: 'b' }).count, 1)
  t.equal(end({ code: 'CERTIFICATE_EXPIRED' }).count, 1)
  t.equal(end().count, 2)
})

t.test('addresses are told where there is more than one, and not without bound', async t => {
  const { end } = counted()
  t.notOk('addresses' in end())
  t.strictSame(end({ addresses: ['192.0.2.8', '192.0.2.7'] }).addresses, ['192.0.2.7', '192.0.2.8'])
  for (let host = 0; host < 50; host++) end({ addresses: [`198.51.100.${host}`] })
  t.equal(end().addresses?.length, 8)
})

t.test('who gets in is told how often it was refused before', async t => {
  const { clock, repeats, end } = counted()
  t.equal(repeats.gotIn(['a']), undefined)
  end({ device: 'address' })
  clock.advance(SECOND)
  end()
  clock.advance(SECOND)
  end({ code: 'CERTIFICATE_EXPIRED' })
  end({ device: 'somebody else' })
  clock.advance(SECOND)
  t.strictSame(repeats.gotIn(['a', 'address']), {
    count: 3,
    since: '2026-01-01T10:00:00.000Z',
    last: '2026-01-01T10:00:02.000Z',
    code: 'CERTIFICATE_EXPIRED',
  })
  t.equal(repeats.gotIn(['a', 'address']), undefined, 'once')
  t.equal(end().count, 1, 'and the count begins anew')
})

t.test('a loop of sessions goes on although the device gets in each time', async t => {
  const { repeats, end } = counted()
  const denied = { code: 'TRAFFIC_PUBLISH_DENIED', inSession: true }
  for (const count of [1, 2, 3]) {
    t.equal(repeats.gotIn(['a']), undefined)
    t.equal(end(denied).count, count)
  }
})

t.test('strangers from anywhere push out only the oldest', async t => {
  const { end } = counted()
  end({ device: 'first' })
  for (let device = 0; device < 9_999; device++) end({ device: `${device}` })
  t.equal(end({ device: 'first' }).count, 2)
  for (let device = 0; device < 10_000; device++) end({ device: `again ${device}` })
  t.equal(end({ device: 'first' }).count, 1)
})

t.test('a device with many codes pushes out only its own oldest', async t => {
  const { end } = counted()
  for (let code = 0; code < 9; code++) end({ code: `CODE_${code}` })
  t.equal(end({ code: 'CODE_0' }).count, 1)
  t.equal(end({ code: 'CODE_8' }).count, 2)
})
