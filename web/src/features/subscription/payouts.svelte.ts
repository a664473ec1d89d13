import { api, type Payee, type Payout, type Payouts } from '../../api/payout'
import { Refusal } from '../../api/refusal'

/** How many payouts the server gives at once. */
const PAGE = 50

/** What a creator earned, what is held back, and what was paid out. */
export class PayoutDesk {
  readonly channel: string
  money: Payouts | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()
  /** Older payouts, read page by page. */
  older: Payout[] = $state.raw([])
  /** The last page was full: there may be another. */
  more = $state(false)

  payouts = $derived([...(this.money?.payouts ?? []), ...this.older])
  /** Nothing more has to be done to be paid. */
  ready = $derived(!!this.money?.payee && this.money.account.state === 'payable')

  constructor(channel: string) {
    this.channel = channel
  }

  /** An account that is not complete is asked about first: its owner may come from the provider's page. */
  async read(): Promise<void> {
    this.failure = undefined
    try {
      let money = await api.payouts(this.channel)
      if (money.account.state === 'incomplete') {
        // Who cannot be asked right now is shown as last known.
        const account = await api.checkAccount(this.channel).catch(() => money.account)
        money = { ...money, account }
      }
      this.money = money
      this.older = []
      this.more = money.payouts.length >= PAGE
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  /** Throws what was refused. */
  async readMore(): Promise<void> {
    const last = this.payouts.at(-1)
    if (!last) return
    const page = await api.past(this.channel, last.id)
    this.older = [...this.older, ...page]
    this.more = page.length >= PAGE
  }

  /** Throws what was refused. */
  async setPayee(payee: Payee): Promise<void> {
    const kept = await api.setPayee(this.channel, payee)
    if (this.money) this.money = { ...this.money, payee: kept }
  }

  /** The address of the provider's page. Throws what was refused. */
  openAccount(): Promise<string> {
    return api.openAccount(this.channel)
  }
}
