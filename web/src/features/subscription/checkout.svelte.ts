/** One attempt to subscribe, from "who are you" to "you are inside". */
import { api, PATRONS, type Checkout, type Plan } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { language } from '../../i18n/index.svelte'
import { freshKey } from '../chat/key'
import { ownCountry } from './countries'
import type { Offer } from './offer.svelte'

export type Step =
  | 'account'
  /** The buyer has to say, once, that they are an adult. */
  | 'age'
  | 'opening'
  | 'review'
  /** Paid elsewhere: a code stands in place of a card. */
  | 'code'
  | 'paying'
  /** The bank wants the holder's word. */
  | 'approve'
  /** The provider's page is open elsewhere. */
  | 'away'
  /** Paid; the provider's word is awaited. */
  | 'waiting'
  | 'declined'
  | 'done'
  | 'failed'

/** The text beside the pay button: a new name whenever what it promises changes. */
const TERMS = '2026-11'

/** The cards of the sandbox, and what becomes of each: words under `sandbox.`. */
export const testCards = [
  { number: '4242424242424242', outcome: 'success' },
  { number: '4000000000000002', outcome: 'decline' },
  { number: '4000002500003155', outcome: 'approve' },
  { number: '4000000000000077', outcome: 'late' },
  { number: '4000000000000341', outcome: 'declineLater' },
  { number: '4000000000000259', outcome: 'disputeLost' },
  { number: '4000000000002685', outcome: 'disputeWon' },
  { number: '4000056655665556', outcome: 'shared' },
] as const

const ASK_EVERY = 1_000
/** So many unanswered questions, and the wait is spoken of. */
const SOON = 3
/** A code that these refuse may be mended and entered again; everything else needs a new purchase. */
const mendable = ['code_wrong', 'code_taken', 'code_unpaid', 'too_many_attempts', 'tier_missing']
/** Going through a list of countries by keyboard passes by many. */
const SETTLE = 400

export class CheckoutAttempt {
  readonly offer: Offer
  step: Step = $state('account')
  checkout: Checkout | undefined = $state.raw()
  refusal: Refusal | undefined = $state.raw()
  card: string = $state(testCards[0].number)
  /** The payment takes longer than one waits without a word. */
  slow = $state(false)

  /** What is being paid is not chosen any more. */
  underway = $derived(this.step === 'paying' || this.step === 'waiting')

  #country = $state(ownCountry(navigator.languages))
  #key = freshKey()
  #ofAge = false
  #byCode = false
  #turn = 0
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #over = false

  /** The tier of the checkout, which is the one that is paid for whatever is chosen meanwhile. */
  tier = $derived.by(() => this.offer.tiers.find(({ id }) => id === this.checkout?.tier))

  constructor(offer: Offer) {
    this.offer = offer
  }

  /** Where the buyer lives: the price holds its tax. */
  get country(): string {
    return this.#country
  }
  set country(code: string) {
    if (this.underway) return
    this.#country = code
    if (this.checkout) this.#reopen(SETTLE)
  }

  /** Another plan is another checkout; the server gives up the one before. */
  choose(plan: Partial<Plan>): void {
    if (this.underway) return
    this.offer.choose(plan)
    this.#reopen(0)
  }

  /** Asks for the price as it stands; the account must be a full one by now. */
  async open(): Promise<void> {
    const turn = ++this.#turn
    clearTimeout(this.#timer)
    this.step = 'opening'
    this.refusal = undefined
    try {
      if (this.offer.state !== 'ready') await this.offer.read()
      const wish = {
        ...this.offer.plan,
        ...(this.#byCode && { provider: PATRONS }),
        country: this.country,
        language: language.current,
        of_age: this.#ofAge,
        terms: TERMS,
      }
      const checkout = await api.openCheckout(this.offer.channel, { key: this.#key, ...wish })
      if (turn === this.#turn) this.#follow(checkout)
    } catch (thrown) {
      if (turn === this.#turn) this.#refused(Refusal.from(thrown))
    }
  }

  /** "I am 18 or older": the server remembers it. */
  async confirmAge(): Promise<void> {
    this.#ofAge = true
    await this.open()
  }

  /** After a declined card the same checkout takes another one; after a failure a new one is opened. */
  async again(): Promise<void> {
    if (this.step === 'failed') {
      // A new key, so that the answer is not the old one again.
      this.#key = freshKey()
      await this.open()
    } else this.step = 'review'
  }

  /** Shows the card at the sandbox's till; the server takes its money once. */
  async pay({ approved = false } = {}): Promise<void> {
    if (!this.checkout || (this.step !== 'review' && this.step !== 'approve')) return
    this.step = 'paying'
    try {
      this.#follow(await api.payInSandbox(this.checkout.id, this.card, approved))
    } catch (thrown) {
      this.#refused(Refusal.from(thrown))
    }
  }

  /** The buyer pays elsewhere and has a code, or wants to pay here after all. The server gives up the other purchase. */
  useCode(byCode: boolean): void {
    if (this.underway) return
    this.#byCode = byCode
    this.checkout = undefined
    this.#reopen(0)
  }

  /** Enters the code; it belongs to this account from then on. */
  async enter(code: string): Promise<void> {
    if (!this.checkout || this.step !== 'code') return
    this.step = 'paying'
    this.refusal = undefined
    try {
      this.#follow(await api.claim(this.checkout.id, code))
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (!refusal.passing && !mendable.includes(refusal.reason)) return this.#refused(refusal)
      this.refusal = refusal
      this.step = 'code'
    }
  }

  /** The provider's page has been opened in another tab. */
  leave(): void {
    this.step = 'away'
    this.#later()
  }

  /** The holder does not approve: nothing was charged. */
  refuse(): void {
    this.step = 'declined'
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }

  #reopen(ms: number): void {
    this.#turn++
    this.#key = freshKey()
    this.step = 'opening'
    clearTimeout(this.#timer)
    if (!this.#over) this.#timer = setTimeout(() => void this.open(), ms)
  }

  #follow(checkout: Checkout): void {
    this.checkout = checkout
    this.refusal = undefined
    const { state, reason, provider } = checkout
    if (state === 'complete') this.step = 'done'
    else if (state === 'declined') this.step = reason === 'authentication_required' ? 'approve' : 'declined'
    else if (state === 'pending') this.#wait()
    else if (state === 'open') this.step = provider === PATRONS ? 'code' : 'review'
    else this.#refused(new Refusal({ reason: reason || 'checkout_expired' }))
  }

  #wait(): void {
    if (this.step !== 'waiting') this.#asked = 0
    this.step = 'waiting'
    this.slow = this.#asked >= SOON
    this.#later()
  }

  #later(): void {
    clearTimeout(this.#timer)
    if (!this.#over) this.#timer = setTimeout(() => void this.#ask(), ASK_EVERY)
  }

  async #ask(): Promise<void> {
    this.#asked++
    try {
      const checkout = await api.checkout(this.checkout!.id)
      if (this.#over || (this.step !== 'waiting' && this.step !== 'away')) return
      // On the provider's page another card may be tried: what is open there is still under way.
      const there = this.step === 'away' && (checkout.state === 'open' || checkout.state === 'declined')
      if (there) this.#later()
      else this.#follow(checkout)
    } catch {
      // The payment stands whether or not we hear of it; asking goes on.
      if (this.step === 'waiting') this.#wait()
      else if (this.step === 'away') this.#later()
    }
  }

  #refused(refusal: Refusal): void {
    this.refusal = refusal
    const needsAccount = refusal.reason === 'sign_in' || refusal.reason === 'password_required'
    if (refusal.reason === 'age_unconfirmed') this.step = 'age'
    else this.step = needsAccount ? 'account' : 'failed'
  }
}
