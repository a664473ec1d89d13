/** What is celebrated: `n` subscriptions that were given, people who subscribed, or what found no room. */
export type Alert = { id: number } & (
  | { kind: 'gift'; name: string; n: number; to: string[] }
  | { kind: 'begun'; n: number }
  | { kind: 'more'; n: number }
)
type Without<T> = T extends unknown ? Omit<T, 'id'> : never
export type News = Without<Exclude<Alert, { kind: 'more' }>>

/** How long one stands over the picture. */
export const SHOWN_FOR = 6_000
/** How many wait. What comes when all places are taken is told as a number, behind them. */
export const WAIT_MOST = 5

/** Happy news, one after the other. */
export class Alerts {
  current: Alert | null = $state.raw(null)

  #waiting: News[] = []
  #more = 0
  #shown = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  add(news: News): void {
    const begun = this.#waiting.find((w) => w.kind === 'begun')
    // Nobody is named there: two of them are one with a larger number.
    if (news.kind === 'begun' && begun) begun.n += news.n
    else if (this.#waiting.length < WAIT_MOST) this.#waiting.push({ ...news })
    else this.#more += news.n
    if (this.#timer === undefined) this.#next()
  }

  /** Nothing more of what was heard is shown. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.#more = 0
    this.current = null
  }

  #next(): void {
    this.#timer = undefined
    const news = this.#waiting.shift() ?? this.#rest()
    this.current = news ? { ...news, id: ++this.#shown } : null
    if (news) this.#timer = setTimeout(() => this.#next(), SHOWN_FOR)
  }

  #rest(): Without<Alert> | undefined {
    const n = this.#more
    this.#more = 0
    return n ? { kind: 'more', n } : undefined
  }
}
