/** Lists in pages: whole, in order, and steady while items come and go. */

import t from 'tap'
import { pageOf } from '../../../broker/registry/operations/page.ts'

function all(
  keysAt: (page: number) => string[],
  size?: number,
): { items: string[]; pages: number } {
  const items: string[] = []
  let token: string | undefined
  for (let pages = 1; ; pages++) {
    const page = pageOf(keysAt(pages - 1), key => key, { size, token })
    if (!page.ok) throw new Error(page.refusal.message)
    items.push(...page.value.items)
    token = page.value.next
    if (token === undefined) return { items, pages }
  }
}

const keys = Array.from({ length: 600 }, (_, index) => `k${String(index).padStart(3, '0')}`)

t.test('every item once, in order; a full last page has no next', async t => {
  t.same(
    all(() => keys, 250),
    { items: keys, pages: 3 },
  )
  t.same(
    all(() => keys, 200),
    { items: keys, pages: 3 },
  )
  t.same(
    all(() => keys.slice(0, 25)),
    { items: keys.slice(0, 25), pages: 1 },
  )
  t.same(
    all(() => []),
    { items: [], pages: 1 },
  )
})

t.test('what goes or comes between pages moves nothing else', async t => {
  const later = ['a-first', ...keys.filter(key => key !== 'k099' && key !== 'k500'), 'z-last']
  const { items } = all(page => (page === 0 ? keys : later), 100)
  t.same(items, [...keys.filter(key => key !== 'k500'), 'z-last'])
})

t.test('what does not belong is passed over without an empty page at the end', async t => {
  const even = (key: string) => (Number(key.slice(1)) % 2 === 0 ? key : undefined)
  const page = pageOf(keys, even, { size: 300 })
  t.equal(page.ok && page.value.items.length, 300)
  t.equal(page.ok && page.value.next, undefined)
})

t.test('a token that is not ours is refused', async t => {
  t.match(
    pageOf(keys, key => key, { token: 'nonsense' }),
    {
      ok: false,
      refusal: { exception: 'InvalidRequestException' },
    },
  )
})
