/** One attempt to subscribe, from "who are you" to "you are inside". */
import { api, type Checkout } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { freshKey } from '../chat/key'

export type Step = 'account' | 'opening' | 'review' | 'paying' | 'waiting' | 'declined' | 'done' | 'failed'

export const testCards = [
  { number: '4242424242424242', outcome: 'success' },
  { number: '4000000000000002', outcome: 'decline' },
  { number: '4000000000000259', outcome: 'dispute' },
] as const

const ASK_EVERY = 1_000

export class CheckoutAttempt {
  step: Step = $state('account')
  checkout: Checkout | undefined = $state.raw()
  refusal: Refusal | undefined = $state.raw()
  card: string = $state(testCards[0].number)

  #channel: string
  #key = freshKey()
  #timer: ReturnType<typeof setTimeout> | undefined
  #over = false

  constructor(channel: string) {
    this.#channel = channel
  }

  /** Asks for the price as it stands; the account must be a full one by now. */
  async open(): Promise<void> {
    this.step = 'opening'
    this.refusal = undefined
    try {
      this.checkout = await api.openCheckout(this.#channel, { key: this.#key })
      this.#follow(this.checkout)
    } catch (thrown) {
      this.#refused(Refusal.from(thrown))
    }
  }

  /** After a declined card the same checkout takes another one; after a failure a new one is opened. */
  async again(): Promise<void> {
    if (this.step === 'declined') {
      this.step = 'review'
      return
    }
    // A new key, so that the answer is not the old one again.
    this.#key = freshKey()
    await this.open()
  }

  async pay(): Promise<void> {
    if (!this.checkout || this.step === 'paying') return
    this.step = 'paying'
    try {
      this.checkout = await api.payInSandbox(this.checkout.id, this.card)
      this.#follow(this.checkout)
    } catch (thrown) {
      this.#refused(Refusal.from(thrown))
    }
  }

  /** The door has opened: whatever the payment's own answer still says, the viewer is inside. */
  arrived(): void {
    if (this.step === 'paying' || this.step === 'waiting') this.step = 'done'
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }

  #follow(checkout: Checkout): void {
    this.refusal = undefined
    if (checkout.state === 'complete') this.step = 'done'
    else if (checkout.state === 'declined') this.step = 'declined'
    else if (checkout.state === 'pending') this.#wait()
    else if (checkout.state === 'open') this.step = 'review'
    else this.#refused(new Refusal({ reason: 'checkout_expired' }))
  }

  #wait(): void {
    this.step = 'waiting'
    if (!this.#over) this.#timer = setTimeout(() => void this.#ask(), ASK_EVERY)
  }

  async #ask(): Promise<void> {
    try {
      this.checkout = await api.checkout(this.checkout!.id)
      if (!this.#over && this.step === 'waiting') this.#follow(this.checkout)
    } catch {
      // The payment stands whether or not we hear of it; asking goes on.
      this.#wait()
    }
  }

  #refused(refusal: Refusal): void {
    this.refusal = refusal
    const needsAccount = refusal.reason === 'sign_in' || refusal.reason === 'password_required'
    this.step = needsAccount ? 'account' : 'failed'
  }
}
