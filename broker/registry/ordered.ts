/**
 * Keys in order for those who page through them. They are put in order when they are asked for, and then kept so: what has
 * come and gone since is put in its place, so that a hundred thousand keys cost a copy and not a sort each time.
 */

export type Ordered = {
  /** The key has come or gone, or may have. */
  touch(key: string): void
  /** The caller must not change the list. */
  keys(): readonly string[]
}

/** @param has whether a key is there now */
export function orderedKeys(all: () => Iterable<string>, has: (key: string) => boolean): Ordered {
  let sorted: readonly string[] | undefined
  const touched = new Set<string>()
  return {
    touch(key) {
      if (sorted) touched.add(key)
    },
    keys() {
      if (sorted === undefined) sorted = [...all()].sort()
      else if (touched.size > 0) sorted = mended(sorted, [...touched].sort(), has)
      touched.clear()
      return sorted
    },
  }
}

/** The first place whose key is not below this one. */
function placeOf(key: string, sorted: readonly string[]): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

function mended(
  sorted: readonly string[],
  touched: readonly string[],
  has: (key: string) => boolean,
): string[] {
  const mend: string[] = []
  let from = 0
  const copyTo = (end: number) => {
    for (let at = from; at < end; at += 1) mend.push(sorted[at] as string)
  }
  for (const key of touched) {
    const place = placeOf(key, sorted)
    copyTo(place)
    if (has(key)) mend.push(key)
    from = sorted[place] === key ? place + 1 : place
  }
  copyTo(sorted.length)
  return mend
}
