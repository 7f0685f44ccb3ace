/** Random choices that come again with the same seed: a stream of its own for each actor, whatever the others do. */

export type Chance = {
  /** From `least` to `most`, not whole. */
  between(least: number, most: number): number
  /** One of them; each as likely as its weight. */
  pick<Choice extends string>(weights: Record<Choice, number>): Choice
  /** True with this probability. */
  is(probability: number): boolean
}

export function chanceOf(seed: number, actor: string): Chance {
  let state = seed >>> 0
  for (const character of actor) state = Math.imul(state ^ character.charCodeAt(0), 0x0100_0193)
  // Marsaglia's xorshift, whose state must not be 0.
  state ||= 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  for (let warm = 0; warm < 8; warm++) next()
  return {
    between: (least, most) => least + next() * (most - least),
    is: probability => next() < probability,
    pick(weights) {
      const entries = Object.entries(weights) as [keyof typeof weights, number][]
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [choice, weight] of entries) {
        left -= weight
        if (left < 0) return choice
      }
      return entries[0]?.[0] as keyof typeof weights
    },
  }
}
