import { api, PATRONS, type Sale, type Subscription, type Wish } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { Pages } from '../../ui/pages.svelte'
import { standing } from './standing'

/** As many as the server gives at once. */
const PAGE = 100

/** What this account pays for and has paid, as the account page shows it. */
export class Subscriptions {
  all: Subscription[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  readonly payments = new Pages<Sale>((last) => api.payments(last), PAGE)

  /** What will be charged next, if anything renews. */
  next = $derived(
    this.all
      .filter((s) => s.provider !== PATRONS && ['renews', 'trial'].includes(standing(s)))
      .toSorted((a, b) => a.period_end.localeCompare(b.period_end))
      .map((s) => ({ price: (s.next ?? s).price, at: s.period_end }))[0],
  )

  /** What it pays in, the last first. */
  currencies = $derived(
    [...this.payments.rows.map((sale) => sale.total), ...this.all.map((s) => s.price)]
      .map(({ currency }) => currency)
      .filter((currency, i, all) => all.indexOf(currency) === i),
  )

  async read(): Promise<void> {
    this.state = 'loading'
    void this.payments.read()
    try {
      const all = await api.subscriptions()
      this.all = all.toSorted((a, b) => Number(a.state === 'ended') - Number(b.state === 'ended'))
      this.state = 'ready'
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /** Throws the refusal, for the row that asked. */
  wish = (id: string, wish: Wish): Promise<void> => this.#become(api.wish(id, wish))

  /** In the sandbox: what lies ahead of this one subscription comes nearer. */
  letTimePass = (id: string, hours: number): Promise<void> => this.#become(api.letTimePass(id, hours))

  /** Takes a subscription as the server's answer gave it. */
  take(changed: Subscription): void {
    this.all = this.all.map((s) => (s.id === changed.id ? changed : s))
    // It may have cost something, or paid something back.
    void this.payments.read()
  }

  async #become(answer: Promise<Subscription>): Promise<void> {
    this.take(await answer)
  }
}
