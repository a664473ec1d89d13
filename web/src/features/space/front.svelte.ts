import { setup, type Space } from '../../api/setup'

/** How often what is told outside is asked again: the server counts once a minute. */
const EVERY = 60_000

/** A Sub Space as it is known without a look inside: its name, its picture, when it opens, and what is told of it. */
export class SpaceFront {
  now: Space | undefined = $state.raw()

  #channel: string
  #reading = 0

  constructor(channel: string) {
    this.#channel = channel
  }

  /** What was read before stands until the answer comes; a failure leaves it, and the next reading mends it. */
  async read(): Promise<void> {
    const reading = ++this.#reading
    const front = await setup.front(this.#channel).catch(() => undefined)
    if (front && reading === this.#reading) this.now = front
  }

  /** Reads again now and then while somebody looks, until the returned undo is called. */
  watch(): () => void {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.read()
    }, EVERY)
    return () => clearInterval(timer)
  }
}
