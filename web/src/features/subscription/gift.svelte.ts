/** One gift: for whom, how much of it, and its payment. */
import { api, type Checkout, type Plan } from '../../api/subscription'
import type { Refusal } from '../../api/refusal'
import { Offer } from './offer.svelte'
import { Till, type Said } from './till.svelte'

/** How many people of the room are offered to choose from; any number up to the most may be typed. */
export const counts = [1, 5, 10, 20, 50] as const
export const PEOPLE_MOST = 100
export const MONTHS_MOST = 12

export type Field = 'name' | 'number' | 'tier'

/** Beside which field a refusal is said; one that is not here is said at the button. */
const fields: Record<string, Field> = {
  account_missing: 'name',
  gift_to_self: 'name',
  gift_refused: 'name',
  gift_invalid: 'number',
  tier_missing: 'tier',
  interval_not_sold: 'tier',
}

export class GiftAttempt extends Till {
  readonly offer: Offer
  protected readonly terms = 'gift-2026-11'

  to: 'room' | 'person' = $state('room')
  name = $state('')
  months = $state(1)
  /** One of the counts, or 0: the number is typed. */
  count = $state(1)
  /** As it was typed; undefined while the field holds no number. */
  typed: number | undefined = $state()
  unnamed = $state(false)

  #chosen = $state(false)

  people = $derived(this.count || (this.typed ?? 0))
  number = $derived(this.to === 'room' ? this.people : this.months)
  price = $derived.by(() => this.offer.price)
  /** What is paid in all; undefined while the number is none that can be given. */
  total = $derived(
    this.price && this.#sound() ? { ...this.price, minor: this.price.minor * this.number } : undefined,
  )
  /** It is still being chosen what to give; the till comes after it. */
  choosing = $derived(!this.#chosen || (this.step === 'opening' && !this.checkout))
  busy = $derived(this.#chosen && this.step === 'opening')
  tier = $derived.by(() =>
    this.offer.tiers.find(({ id }) => id === (this.checkout?.tier ?? this.offer.tier?.id)),
  )
  /** What became of it; undefined until it is paid. */
  result = $derived(this.checkout?.gift ?? undefined)

  constructor(channel: string, chosen?: Plan) {
    super()
    this.offer = new Offer(channel, chosen, 'month')
  }

  /** The refusal that belongs beside the field; without a field the one that belongs to none. */
  problem(field?: Field): Refusal | undefined {
    return this.refusal && fields[this.refusal.reason] === field ? this.refusal : undefined
  }

  /** What is chosen is chosen; `full` says that the account can pay. */
  async next(full: boolean): Promise<void> {
    if (this.busy || !this.total) return
    this.#chosen = true
    this.refusal = undefined
    if (full) await this.open()
    else this.step = 'account'
  }

  /** Back to choosing; nothing was charged. */
  back(): void {
    if (this.underway) return
    this.forget()
    this.checkout = undefined
    this.refusal = undefined
    this.#chosen = false
  }

  protected order(said: Said): Promise<Checkout> {
    const whom =
      this.to === 'room' ? { people: this.people } : { name: this.name.trim(), months: this.months }
    const { tier } = this.offer.plan ?? {}
    return api.openGift(this.offer.channel, {
      ...whom,
      named: !this.unnamed,
      ...(tier ? { tier } : {}),
      ...said,
    })
  }

  /** Before there is anything to pay a refusal is one of what was chosen. */
  protected override refused(refusal: Refusal): void {
    super.refused(refusal)
    if (this.step !== 'failed' || this.checkout) return
    this.forget()
    this.#chosen = false
  }

  #sound(): boolean {
    if (this.to === 'person') return this.name.trim() !== ''
    return Number.isInteger(this.people) && this.people >= 1 && this.people <= PEOPLE_MOST
  }
}
