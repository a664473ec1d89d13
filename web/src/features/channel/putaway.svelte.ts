const STORE = 'subspace.gifts'

/** So many are remembered; of older ones nobody is told any more. */
const KEPT = 20

/** The gifts that were read in this browser. Nothing of it leaves the browser. */
export class PutAway {
  #ids: string[] = $state.raw(stored())

  has(id: string): boolean {
    return this.#ids.includes(id)
  }

  add(id: string): void {
    this.#ids = [...this.#ids.filter((known) => known !== id), id].slice(-KEPT)
    try {
      localStorage.setItem(STORE, JSON.stringify(this.#ids))
    } catch {
      // A private window may refuse storage; it is then told again next time.
    }
  }
}

function stored(): string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(STORE) ?? '[]')
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}
