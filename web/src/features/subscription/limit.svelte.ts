/** What a buyer allows themselves to spend in seven days, and what of it is spent. */
import { api, type Buyer } from '../../api/subscription'
import type { Money } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import { money } from '../../i18n/format'
import { language } from '../../i18n/index.svelte'

export class SpendingLimit {
  buyer: Buyer | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()

  async read(): Promise<void> {
    this.failure = undefined
    try {
      this.buyer = await api.buyer()
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  /** 0 for none. Throws what was refused. */
  async set(cap: number): Promise<void> {
    this.buyer = await api.setCap(cap)
  }

  /** What can still be spent of a currency. */
  left(currency: string): Money {
    const spent = this.buyer?.spent.find((sum) => sum.currency === currency)?.minor ?? 0
    return { minor: Math.max(0, (this.buyer?.cap ?? 0) - spent), currency }
  }
}

/** A limit holds for each currency by itself: in those that one pays in, or, before the first, as a bare number. */
export function limitIn(minor: number, currencies: string[]): string {
  if (!currencies.length)
    return new Intl.NumberFormat(language.current, { minimumFractionDigits: 2 }).format(minor / 100)
  return currencies.map((currency) => money({ minor, currency })).join(' · ')
}
