/** One attempt to subscribe, from "who are you" to "you are inside". */
import { api, PATRONS, type Checkout, type Plan } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import type { Offer } from './offer.svelte'
import { Till, type Said } from './till.svelte'

/** A code that these refuse may be mended and entered again; everything else needs a new purchase. */
const mendable = ['code_wrong', 'code_taken', 'code_unpaid', 'too_many_attempts', 'tier_missing']

export class CheckoutAttempt extends Till {
  readonly offer: Offer
  protected readonly terms = '2026-11'
  #byCode = false

  /** The tier of the checkout, which is the one that is paid for whatever is chosen meanwhile. */
  tier = $derived.by(() => this.offer.tiers.find(({ id }) => id === this.checkout?.tier))

  constructor(offer: Offer) {
    super()
    this.offer = offer
  }

  /** Another plan is another checkout; the server gives up the one before. */
  choose(plan: Partial<Plan>): void {
    if (this.underway) return
    this.offer.choose(plan)
    this.reopen(0)
  }

  /** The buyer pays elsewhere and has a code, or wants to pay here after all. The server gives up the other purchase. */
  useCode(byCode: boolean): void {
    if (this.underway) return
    this.#byCode = byCode
    this.checkout = undefined
    this.reopen(0)
  }

  /** Enters the code; it belongs to this account from then on. */
  async enter(code: string): Promise<void> {
    if (!this.checkout || this.step !== 'code') return
    this.step = 'paying'
    this.refusal = undefined
    try {
      this.follow(await api.claim(this.checkout.id, code))
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (!refusal.passing && !mendable.includes(refusal.reason)) return this.refused(refusal)
      this.refusal = refusal
      this.step = 'code'
    }
  }

  protected async order(said: Said): Promise<Checkout> {
    if (this.offer.state !== 'ready') await this.offer.read()
    const provider = this.#byCode && { provider: PATRONS }
    return api.openCheckout(this.offer.channel, { ...this.offer.plan, ...provider, ...said })
  }
}
