import { api, type Plan, type PlanPreview, type Subscription } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { freshKey } from '../chat/key'
import { Offer } from './offer.svelte'

/** One change of plan on its way: what is chosen, what it would do, and the word that does it. */
export class PlanChange {
  readonly offer: Offer
  readonly yours: Plan
  preview: PlanPreview | undefined = $state.raw()
  busy = $state(false)
  refusal: Refusal | undefined = $state.raw()

  #id: string
  #key = ''
  #turn = 0

  constructor(subscription: Subscription) {
    this.#id = subscription.id
    this.yours = { tier: subscription.tier, period: subscription.period }
    this.offer = new Offer(subscription.channel, this.yours)
  }

  async start(): Promise<void> {
    await this.offer.read()
    // A plan that is not sold any more has given way to another one, which is not theirs.
    if (this.#other()) await this.#ask()
  }

  async choose(plan: Partial<Plan>): Promise<void> {
    this.offer.choose(plan)
    this.refusal = undefined
    await this.#ask()
  }

  /** Undefined when it was refused: then nothing was charged, and what it costs is asked again. */
  async confirm(): Promise<Subscription | undefined> {
    if (!this.preview || this.busy) return undefined
    this.busy = true
    this.refusal = undefined
    try {
      const most = this.preview.due.minor
      return await api.changePlan(this.#id, { ...this.offer.plan!, key: this.#key, most })
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      // A key is answered as the first time; another try needs another one.
      if (refusal.reason === 'price_moved' || refusal.reason === 'card_declined') await this.#ask()
      this.refusal = refusal
      return undefined
    } finally {
      this.busy = false
    }
  }

  #other(): boolean {
    const { plan } = this.offer
    return !!plan && (plan.tier !== this.yours.tier || plan.period !== this.yours.period)
  }

  async #ask(): Promise<void> {
    const turn = ++this.#turn
    this.preview = undefined
    if (!this.#other()) return
    // What is previewed is what the key pays for.
    this.#key = freshKey()
    try {
      const preview = await api.previewChange(this.#id, this.offer.plan!)
      if (turn === this.#turn) this.preview = preview
    } catch (thrown) {
      if (turn === this.#turn) this.refusal = Refusal.from(thrown)
    }
  }
}
