import { Refusal } from '../api/refusal'

/** A list that comes page by page, each asked for after the last row of the one before. */
export class Pages<T> {
  rows: T[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  /** The last page was full: there may be another. */
  more = $state(false)
  /** One more page is on its way. */
  busy = $state(false)

  #ask: (last?: T) => Promise<T[]>
  #size: number
  #turn = 0

  constructor(ask: (last?: T) => Promise<T[]>, size: number) {
    this.#ask = ask
    this.#size = size
  }

  /** From the beginning. What was read before stays until the answer comes. */
  async read(): Promise<void> {
    const turn = ++this.#turn
    this.busy = false
    try {
      const rows = await this.#ask()
      if (turn === this.#turn) this.#take(rows, rows)
    } catch (thrown) {
      if (turn !== this.#turn) return
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /** One more. Throws what was refused; the rows stay. */
  async next(): Promise<void> {
    if (this.busy) return
    const turn = this.#turn
    this.busy = true
    try {
      const rows = await this.#ask(this.rows.at(-1))
      if (turn === this.#turn) this.#take([...this.rows, ...rows], rows)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** A row as the server's answer gave it. */
  put(changed: T, is: (row: T) => boolean): void {
    this.rows = this.rows.map((row) => (is(row) ? changed : row))
  }

  /** A row that is not there any more. */
  drop(is: (row: T) => boolean): void {
    this.rows = this.rows.filter((row) => !is(row))
  }

  #take(rows: T[], page: T[]): void {
    this.rows = rows
    this.more = page.length >= this.#size
    this.failure = undefined
    this.state = 'ready'
  }
}
