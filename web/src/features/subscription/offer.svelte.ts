import { api, PATRONS, type Period, type Plan, type Tier } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { saving, soldBy, soldFor } from './plan'

/** What an open sheet sells, and what was chosen before it: nothing, and the sheet lets choose. */
export type Wish = { gift?: boolean; offer?: Offer | undefined }

/** What a channel sells, and the plan that is chosen of it: the lowest by the month until somebody chooses. */
export class Offer {
  readonly channel: string
  /** What is sold for another period alone is left out. */
  readonly only: Period | undefined
  tiers: Tier[] = $state.raw([])
  /** Who takes payments, the usual one first. */
  providers: string[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()

  #tier = $state('')
  #period: Period = $state('month')

  /** A choice that is not sold any more falls back to one that is. */
  tier = $derived(this.tiers.find((tier) => tier.id === this.#tier) ?? this.tiers[0])
  periods = $derived(this.tier ? soldFor(this.tier) : [])
  period = $derived(this.periods.includes(this.#period) ? this.#period : (this.periods[0] ?? 'month'))
  price = $derived(this.tier?.[this.period] ?? undefined)
  saving = $derived(this.tier && saving(this.tier))
  plan: Plan | undefined = $derived(this.tier && { tier: this.tier.id, period: this.period })
  /** There is something to choose. */
  several = $derived(this.tiers.length > 1 || this.periods.length > 1)
  /** There are people who pay elsewhere and have a code. */
  codes = $derived(this.providers.includes(PATRONS))
  /** One can pay here. */
  till = $derived(this.providers.some((name) => name !== PATRONS))

  #reading = 0

  constructor(channel: string, chosen?: Plan, only?: Period) {
    this.channel = channel
    this.only = only
    if (chosen) this.choose(chosen)
  }

  choose({ tier, period }: Partial<Plan>): void {
    if (tier !== undefined) this.#tier = tier
    if (period) this.#period = period
  }

  /** What was read before stays on sale here until the answer comes. */
  async read(): Promise<void> {
    const reading = ++this.#reading
    try {
      const { tiers, providers } = await api.shop(this.channel)
      if (reading !== this.#reading) return
      this.providers = providers
      this.tiers = tiers.filter((tier) => tier.on_sale).flatMap((tier) => soldBy(tier, this.only))
      this.state = 'ready'
    } catch (thrown) {
      if (reading !== this.#reading || this.state === 'ready') return
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }
}
