const FIRST = 500
const LONGEST = 15_000

/**
 * Milliseconds to wait before attempt `n` (0, 1, 2 …): doubling from half a second to fifteen, of which a
 * random half is cut, so that ten thousand viewers of a restarted server do not return in the same second.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** attempt)
  return Math.round(ceiling * (0.5 + random() * 0.5))
}
