import { api as channels, type Badge, type Channel } from '../../api/subspace'
import {
  api,
  type RefundWish,
  type Right,
  type RightWish,
  type Sale,
  type Subscriber,
  type Tier,
  type TierChange,
} from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { Pages } from '../../ui/pages.svelte'

/** How many subscribers or sales the server gives at once. */
const PAGE = 100

/** What a creator sells, to whom, and what came of it. */
export class SubscriptionDesk {
  readonly channel: string
  /** The channel, to know whether it is ours. */
  place: Channel | undefined = $state.raw()
  tiers: Tier[] = $state.raw([])
  failure: Refusal | undefined = $state.raw()
  readonly subscribers: Pages<Subscriber>
  readonly sales: Pages<Sale>

  /** All that is on sale has one currency; the first tier may choose it. */
  currency = $derived(this.tiers.map(priceOf).find((price) => price)?.currency)

  constructor(channel: string) {
    this.channel = channel
    this.subscribers = new Pages((last) => api.subscribers(channel, last?.right), PAGE)
    this.sales = new Pages((last) => api.sales(channel, last), PAGE)
  }

  async read(): Promise<void> {
    this.failure = undefined
    try {
      const [place, tiers] = await Promise.all([channels.channel(this.channel), api.tiers(this.channel)])
      this.tiers = tiers
      this.place = place
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  /** A tier anew, or one that there is. Throws what was refused. */
  async save(tier: Tier | undefined, change: TierChange): Promise<void> {
    await (tier ? api.changeTier(this.channel, tier.id, change) : api.addTier(this.channel, change))
    this.tiers = await api.tiers(this.channel)
  }

  /** One place up or down among the levels. Throws what was refused; what is half done can be done again. */
  async move(tier: Tier, by: 1 | -1): Promise<void> {
    const other = this.tiers[this.tiers.indexOf(tier) + by]
    if (!other) return
    const [riser, faller] = by > 0 ? [tier, other] : [other, tier]
    // They change places; two that stand on one level are set apart.
    const up = riser.level === faller.level ? riser.level + 1 : faller.level
    await api.changeTier(this.channel, riser.id, { ...changeOf(riser), level: up })
    if (up === faller.level)
      await api.changeTier(this.channel, faller.id, { ...changeOf(faller), level: riser.level })
    this.tiers = await api.tiers(this.channel)
  }

  /** Gives a badge a picture, for the subscribers of one tier where that is named. Throws what was refused. */
  async setBadge(tier: string | undefined, badge: string, file: Blob): Promise<void> {
    this.#badges(tier, badge, await api.setBadge(this.channel, tier, badge, file))
  }

  /** Takes a badge's picture away. Throws what was refused. */
  async dropBadge(tier: string | undefined, badge: string): Promise<void> {
    await api.dropBadge(this.channel, tier, badge)
    this.#badges(tier, badge)
  }

  #badges(tier: string | undefined, badge: string, set?: Badge): void {
    if (!this.place) return
    const { badges, tier_badges } = this.place
    this.place = tier
      ? {
          ...this.place,
          tier_badges: [
            ...tier_badges.filter((b) => b.tier !== tier || b.badge !== badge),
            ...(set ? [{ tier, ...set }] : []),
          ],
        }
      : { ...this.place, badges: [...badges.filter((b) => b.badge !== badge), ...(set ? [set] : [])] }
  }

  /** What one person bought. */
  salesTo = (account: string): Pages<Sale> =>
    new Pages((last) => api.sales(this.channel, last, account), PAGE)

  /** Throws what was refused. `pages` are those that the sale is read from. */
  async refund(sale: Sale, body: RefundWish, pages = this.sales): Promise<void> {
    const changed = await api.refund(this.channel, sale, body)
    // The answer names nobody and no share; the list did.
    const { buyer, tier, share } = sale
    pages.put({ ...changed, buyer, tier, share }, (row) => row.id === sale.id)
  }

  /** Throws what was refused. */
  async give(wish: RightWish): Promise<Right> {
    const right = await api.giveRight(this.channel, wish)
    void this.subscribers.read()
    return right
  }

  /** Throws what was refused. */
  async takeBack({ right }: Subscriber): Promise<void> {
    await api.takeRight(this.channel, right)
    this.subscribers.drop((row) => row.right === right)
  }
}

const priceOf = (tier: Tier) => (tier.on_sale ? (tier.month ?? tier.year) : null)

/** A tier as it is, to be sent back with something changed: what is left out would be taken away. */
export function changeOf({ name, level, perks, month, year, trial_days, on_sale }: Tier): TierChange {
  return { name, level, perks, trial_days, on_sale, ...(month && { month }), ...(year && { year }) }
}
