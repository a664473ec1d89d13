import { api, type Subscription } from '../../api/subscription'
import { Refusal } from '../../api/refusal'

/** What this account pays for, as the account page shows it. */
export class Subscriptions {
  all: Subscription[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()

  /** The next amount that will be charged, if any subscription renews. */
  next = $derived(
    this.all
      .filter((s) => s.state !== 'ended' && !s.cancel_at_period_end)
      .toSorted((a, b) => a.period_end.localeCompare(b.period_end))[0],
  )

  async read(): Promise<void> {
    this.state = 'loading'
    try {
      const all = await api.subscriptions()
      this.all = all.toSorted((a, b) => Number(a.state === 'ended') - Number(b.state === 'ended'))
      this.state = 'ready'
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /** Throws the refusal, for the row that asked. */
  act = async (id: string, what: 'cancel' | 'resume'): Promise<void> => {
    const changed = await api.wish(id, what)
    this.all = this.all.map((s) => (s.id === id ? changed : s))
  }
}
