/**
 * How much of a stranger's certificates is looked at. Whatever lies beyond costs memory or time that other devices need,
 * and no real device sends it. docs/limits.md has what was measured.
 */

export const LIMITS = {
  /** Certificates of a chain that are judged; the others are only counted. */
  looked: 10,
  /** Signatures checked for one chain: a stranger may send ten certificates of one name. */
  signatures: 40,
} as const
