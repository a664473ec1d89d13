export type Announce = 'off' | 'creator' | 'mentions' | 'all'

const STORE = 'subspace.preferences'

type Kept = { announce: Announce; shortcuts: boolean; muted: boolean; volume: number }

/** What this browser remembers about its reader. Nothing of it leaves the browser. */
export class Preferences {
  #kept: Kept = $state({ announce: 'off', shortcuts: true, muted: false, volume: 1, ...stored() })

  get announce() {
    return this.#kept.announce
  }
  set announce(value: Announce) {
    this.#keep({ announce: value })
  }
  /** Until the page is left, whatever this browser remembers. */
  hear(value: Announce): void {
    this.#kept.announce = value
  }
  /** Single-letter keys can be switched off: speech input and sticky keys trigger them by accident. */
  get shortcuts() {
    return this.#kept.shortcuts
  }
  set shortcuts(value: boolean) {
    this.#keep({ shortcuts: value })
  }
  get muted() {
    return this.#kept.muted
  }
  set muted(value: boolean) {
    this.#keep({ muted: value })
  }
  get volume() {
    return this.#kept.volume
  }
  set volume(value: number) {
    this.#keep({ volume: value })
  }

  #keep(change: Partial<Kept>): void {
    Object.assign(this.#kept, change)
    try {
      localStorage.setItem(STORE, JSON.stringify(this.#kept))
    } catch {
      // A private window may refuse storage; the choice then lasts as long as the page.
    }
  }
}

function stored(): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? '{}') as Partial<Kept>
  } catch {
    return {}
  }
}
