/** One purchase, from "who are you" to "paid", whatever it is that is bought. */
import { api, PATRONS, type Checkout } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { language, t } from '../../i18n/index.svelte'
import { freshKey } from '../chat/key'
import { ownCountry } from './countries'

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

/** What every buyer says, whatever they buy. The key makes of one attempt one checkout. */
export type Said = { key: string; country: string; language: string; of_age: boolean; terms: string }

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
/** Going through a list of countries by keyboard passes by many. */
const SETTLE = 400

export abstract class Till {
  step: Step = $state('account')
  checkout: Checkout | undefined = $state.raw()
  refusal: Refusal | undefined = $state.raw()
  card: string = $state(testCards[0].number)
  /** The payment takes longer than one waits without a word. */
  slow = $state(false)

  /** What is being paid is not chosen any more. */
  underway = $derived(this.step === 'paying' || this.step === 'waiting')

  /** The name of the text beside the pay button: a new one whenever what it promises changes. */
  protected abstract readonly terms: string

  #country = $state(ownCountry(navigator.languages))
  #key = freshKey()
  #ofAge = false
  #turn = 0
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #over = false

  /** Asks the server for the checkout of what is chosen. */
  protected abstract order(said: Said): Promise<Checkout>

  /** Where the buyer lives: the price holds its tax. */
  get country(): string {
    return this.#country
  }
  set country(code: string) {
    if (this.underway) return
    this.#country = code
    if (this.checkout) this.reopen(SETTLE)
  }

  /** Asks for the price as it stands; the account must be a full one by now. */
  async open(): Promise<void> {
    const turn = ++this.#turn
    clearTimeout(this.#timer)
    this.step = 'opening'
    this.refusal = undefined
    const { country, terms } = this
    const said = { key: this.#key, country, language: language.current, of_age: this.#ofAge, terms }
    try {
      const checkout = await this.order(said)
      if (turn === this.#turn) this.follow(checkout)
    } catch (thrown) {
      if (turn === this.#turn) this.refused(Refusal.from(thrown))
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
      this.follow(await api.payInSandbox(this.checkout.id, this.card, approved))
    } catch (thrown) {
      this.refused(Refusal.from(thrown))
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

  /** What is chosen is another thing now, and so another checkout. */
  protected reopen(ms: number): void {
    this.forget()
    this.step = 'opening'
    if (!this.#over) this.#timer = setTimeout(() => void this.open(), ms)
  }

  /** An answer that is still on its way is of something that is not wanted any more. */
  protected forget(): void {
    this.#turn++
    this.#key = freshKey()
    clearTimeout(this.#timer)
  }

  protected refused(refusal: Refusal): void {
    this.refusal = refusal
    const needsAccount = refusal.reason === 'sign_in' || refusal.reason === 'password_required'
    if (refusal.reason === 'age_unconfirmed') this.step = 'age'
    else this.step = needsAccount ? 'account' : 'failed'
  }

  protected follow(checkout: Checkout): void {
    this.checkout = checkout
    this.refusal = undefined
    const { state, reason, provider } = checkout
    if (state === 'complete') this.step = 'done'
    else if (state === 'declined') this.step = reason === 'authentication_required' ? 'approve' : 'declined'
    else if (state === 'pending') this.#wait()
    else if (state === 'open') this.step = provider === PATRONS ? 'code' : 'review'
    else this.refused(new Refusal({ reason: reason || 'checkout_expired' }))
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
      else this.follow(checkout)
    } catch {
      // The payment stands whether or not we hear of it; asking goes on.
      if (this.step === 'waiting') this.#wait()
      else if (this.step === 'away') this.#later()
    }
  }
}

/** What the sheet is called while it asks for something else; undefined: it bears the name of what it sells. */
export function titleOf(step: Step, slow: boolean): string | undefined {
  if (step === 'age') return t('checkout.age')
  if (step === 'declined') return t('checkout.declined')
  if (step === 'approve') return t('checkout.approve')
  if (step === 'away') return t('checkout.away')
  if (step === 'waiting' && slow) return t('checkout.late')
  return undefined
}
