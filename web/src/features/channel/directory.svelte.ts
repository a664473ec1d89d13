import { api, type ChannelCard } from '../../api/subspace'
import { Refusal } from '../../api/refusal'

const FRESH_FOR = 15_000

/** All channels of this server, live ones first: home, and the rail beside every live. */
export class Directory {
  cards: ChannelCard[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  #read = 0

  live = $derived(this.cards.filter((c) => c.live))
  offline = $derived(this.cards.filter((c) => !c.live))

  /** Keeps the list fresh while the page is looked at, until the returned undo is called. */
  watch(every: number): () => void {
    void this.refresh()
    const timer = setInterval(() => document.hidden || this.refresh(), every)
    return () => clearInterval(timer)
  }

  /** Reads the list unless it was read a moment ago. */
  async refresh({ force = false } = {}): Promise<void> {
    if (!force && Date.now() - this.#read < FRESH_FOR) return
    this.#read = Date.now()
    try {
      this.cards = await api.channels()
      this.state = 'ready'
    } catch (thrown) {
      this.#read = 0
      this.failure = Refusal.from(thrown)
      // An old list is better than an error in its place.
      if (this.state === 'loading') this.state = 'failed'
    }
  }
}
