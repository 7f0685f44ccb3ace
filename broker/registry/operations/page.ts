/** Lists in pages, as AWS gives them: `nextToken` and `maxResults`, or `nextMarker`, `marker` and `pageSize`. */

import { type Answer, answer, refuse } from '../answer.ts'

/** AWS: pages hold 1 to 250 items. */
export const LARGEST_PAGE = 250
/** AWS: some lists give 25 without being asked for more; here it is one number for all. */
const PAGE = 25

export type Page<T> = { items: T[]; next?: string }

/**
 * One page of a list of keys. A token names the last key given, so that what comes or goes meanwhile moves nothing.
 * @param keys in the order of the list, by `order`
 * @param item gives nothing for what doesn't belong to the list
 */
export function pageOf<T>(
  keys: readonly string[],
  item: (key: string) => T | undefined,
  { size = PAGE, token }: { size?: number | undefined; token?: string | undefined },
  order: (a: string, b: string) => number = byText,
): Answer<Page<T>> {
  const after = token === undefined ? undefined : keyOf(token)
  if (token !== undefined && after === undefined) {
    return refuse(
      'InvalidRequestException',
      `the token '${token.slice(0, 100)}' is not one of ours`,
    )
  }
  const items: T[] = []
  let last: string | undefined
  for (let at = after === undefined ? 0 : firstAfter(keys, after, order); at < keys.length; at++) {
    const key = keys[at] as string
    const one = item(key)
    if (one === undefined) continue
    if (items.length === size && last !== undefined) {
      return answer({ items, next: Buffer.from(`k${last}`).toString('base64url') })
    }
    items.push(one)
    last = key
  }
  return answer({ items })
}

/** What lists with markers take. AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicies.html */
export type MarkerPage = { marker?: string; pageSize?: number; ascendingOrder?: boolean }

/** As lists with markers answer. */
export function withMarker<N extends string, T>(
  name: N,
  page: Answer<Page<T>>,
): Answer<{ [name in N]: T[] } & { nextMarker?: string }> {
  return named(name, 'nextMarker', page)
}

/** As lists with tokens answer. */
export function withToken<N extends string, T>(
  name: N,
  page: Answer<Page<T>>,
): Answer<{ [name in N]: T[] } & { nextToken?: string }> {
  return named(name, 'nextToken', page)
}

function named<O>(name: string, token: string, page: Answer<Page<unknown>>): Answer<O> {
  if (!page.ok) return page
  const { items, next } = page.value
  return answer({ [name]: items, ...(next === undefined ? {} : { [token]: next }) } as O)
}

function keyOf(token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  return text.startsWith('k') ? text.slice(1) : undefined
}

/** The first place behind `key`, whether that key is still there or not. */
function firstAfter(
  keys: readonly string[],
  key: string,
  order: (a: string, b: string) => number,
): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(keys[middle] as string, key) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The order of `sort()`, for those who need the other way round too. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
