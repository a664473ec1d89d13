/** What was picked of late. Nothing of it leaves the browser. */
const STORE = 'subspace.emoji'
const MOST = 24

/** An emoji as it is, or a code of a channel. */
export type Picked = { emoji: string } | { code: string; channel: string }

export function recent(): Picked[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORE) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isPicked).slice(0, MOST) : []
  } catch {
    return []
  }
}

export function remember(picked: Picked): void {
  const same = JSON.stringify(picked)
  const kept = [picked, ...recent().filter((p) => JSON.stringify(p) !== same)].slice(0, MOST)
  try {
    localStorage.setItem(STORE, JSON.stringify(kept))
  } catch {
    // A private window may refuse storage: then nothing is recent.
  }
}

function isPicked(p: unknown): p is Picked {
  const { emoji, code, channel } = (p ?? {}) as Record<string, unknown>
  return typeof emoji === 'string' || (typeof code === 'string' && typeof channel === 'string')
}
