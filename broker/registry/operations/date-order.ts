/**
 * Lists in the order of creation, newest first unless asked otherwise, as AWS gives certificates and policies. The order is worked out
 * once for each state of a table, so that paging through 100,000 records doesn't sort them for each page.
 */

import type { Answer } from '../answer.ts'
import type { View } from '../tables.ts'
import { byText, type MarkerPage, type Page, pageOf } from './page.ts'

export type DateOrder<T> = {
  /** @param item gives nothing for what doesn't belong to the list */
  page<I>(input: MarkerPage, item: (record: T) => I | undefined): Answer<Page<I>>
}

export function dateOrder<T extends { creationDate: number }>(view: View<T>): DateOrder<T> {
  let kept: { of: readonly string[]; ascending: string[]; descending: string[] } | undefined

  function ordered() {
    const keys = view.keys()
    if (kept?.of === keys) return kept
    // The date stands before the key, so that a marker has its place even when its record is gone.
    const ascending = keys.map(key => placeOf(view.get(key), key)).sort()
    kept = { of: keys, ascending, descending: ascending.toReversed() }
    return kept
  }

  return {
    page({ pageSize: size, marker: token, ascendingOrder }, item) {
      const { ascending, descending } = ordered()
      const look = (place: string) => {
        const record = view.get(place.slice(place.indexOf('/') + 1))
        return record && item(record)
      }
      return ascendingOrder === true
        ? pageOf(ascending, look, { size, token }, byText)
        : pageOf(descending, look, { size, token }, (a, b) => byText(b, a))
    },
  }
}

function placeOf(record: { creationDate: number } | undefined, key: string): string {
  return `${String(record?.creationDate ?? 0).padStart(16, '0')}/${key}`
}
