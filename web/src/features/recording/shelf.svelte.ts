import { api, type RecordingCard, type RecordingChange, type RecordingSetup } from '../../api/recording'
import { Refusal } from '../../api/refusal'

/** How many the server returns at once. */
const PAGE = 20

/** What is kept of a channel's lives, and, for its creator, what becomes of it. */
export class ShelfState {
  cards: RecordingCard[] | undefined = $state.raw()
  setup: RecordingSetup | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()
  more = $state(false)

  readonly channel: string

  constructor(channel: string) {
    this.channel = channel
  }

  async read(): Promise<void> {
    this.failure = undefined
    try {
      const cards = await api.list(this.channel)
      this.cards = cards
      this.more = cards.length === PAGE
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  async readOn(): Promise<void> {
    const last = this.cards?.at(-1)
    if (!last) return
    try {
      const older = await api.list(this.channel, last.started_at)
      this.cards = [...(this.cards ?? []), ...older]
      this.more = older.length === PAGE
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  async readSetup(): Promise<void> {
    try {
      this.setup = await api.setup(this.channel)
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  async setUp(setup: RecordingSetup): Promise<void> {
    this.setup = await api.setUp(this.channel, setup)
  }

  async change(id: string, change: RecordingChange): Promise<void> {
    const card = await api.change(this.channel, id, change)
    this.cards = this.cards?.map((c) => (c.id === id ? card : c))
  }

  async remove(id: string): Promise<void> {
    await api.remove(this.channel, id)
    this.cards = this.cards?.filter((c) => c.id !== id)
  }
}
