import { beforeAll, describe, expect, it } from 'vitest'
import type { Sale, Subscription } from '../../api/subscription'
import { language } from '../../i18n/index.svelte'
import { mayChange, pending, reduced, sentence, standing, withdrawal } from './standing'

const DAY = 86_400_000
const now = Date.parse('2026-11-27T12:00:00Z')
const at = (days: number) => new Date(now + days * DAY).toISOString()
const eur = (minor: number) => ({ minor, currency: 'EUR' })

const subscription = (more: Partial<Subscription> = {}): Subscription => ({
  id: 's',
  channel: 'ines',
  channel_title: 'Inès',
  tier: 't1',
  tier_name: 'Studio',
  state: 'active',
  cancel_at_period_end: false,
  price: eur(499),
  period: 'month',
  next: null,
  started_at: at(-10),
  trial_end: null,
  period_end: at(20),
  access_until: at(23),
  reduced: false,
  months: 1,
  card_last4: '4242',
  sandbox: true,
  provider: 'sandbox',
  ...more,
})

const sale = (more: Partial<Sale> = {}): Sale => ({
  provider: 'sandbox',
  id: 'ch_1',
  channel: 'ines',
  buyer: 'Noa',
  kind: 'period',
  tier: 'Studio',
  period: 'month',
  quantity: 1,
  total: eur(499),
  tax: eur(83),
  tax_rate: 2000,
  country: 'FR',
  share: null,
  at: at(-10),
  period_start: at(-10),
  period_end: at(20),
  card_last4: '4242',
  refunded: eur(0),
  refundable: eur(499),
  dispute: '',
  sandbox: true,
  ...more,
})

describe('a subscription', () => {
  beforeAll(() => language.choose('en'))

  it('says in one sentence where it stands', () => {
    const says = (more: Partial<Subscription>) => sentence(subscription(more), now)
    expect(says({})).toBe('Studio, €4.99 a month. Renews December 17.')
    expect(says({ tier_name: '', period: 'year', price: eur(4900) })).toBe('€49 a year. Renews December 17.')
    expect(says({ state: 'trialing', trial_end: at(4), period_end: at(4) })).toBe(
      'Free until December 1, then Studio, €4.99 a month.',
    )
    expect(says({ cancel_at_period_end: true })).toBe('Ends December 17. You stay inside until then.')
    expect(says({ state: 'paused' })).toContain('You stay inside until December 17.')
    expect(says({ state: 'paused', period_end: at(-3) })).toContain('the door is closed')
    // What is granted beyond the period while a payment is late is named; while all is well it is not counted on.
    expect(says({ state: 'past_due', period_end: at(-1), access_until: at(2) })).toContain('November 29')
  })

  it('names no day to come for one that has ended', () => {
    const says = (more: Partial<Subscription>) => sentence(subscription({ state: 'ended', ...more }), now)
    expect(says({ access_until: at(-2), period_end: at(-2) })).toBe('Ended November 25.')
    expect(says({ access_until: null, period_end: at(20) })).toBe('Ended.')
    expect(says({ access_until: at(-1), period_end: at(20) })).toBe('Ended November 26.')
  })

  it('tells of the plan that follows', () => {
    const next = { tier: 't2', tier_name: 'Kiln', period: 'year', price: eur(9900) } as const
    expect(pending(subscription({ next }))).toBe('From December 17: Kiln, €99 a year.')
    expect(pending(subscription())).toBe('')
  })

  it('says until when less is open than the plan says', () => {
    expect(reduced(subscription())).toBe('')
    expect(reduced(subscription({ reduced: true }))).toContain('Until December 17 you have the plan')
    expect(reduced(subscription({ reduced: true, access_until: at(5) }))).toContain('Until December 2')
    expect(reduced(subscription({ reduced: true, state: 'ended' }))).toBe('')
  })

  it('can be changed while it runs and is paid, and not when it was cancelled', () => {
    expect(mayChange(subscription())).toBe(true)
    for (const state of ['trialing', 'past_due', 'paused', 'ended'] as const)
      expect(mayChange(subscription({ state }))).toBe(false)
    expect(mayChange(subscription({ cancel_at_period_end: true }))).toBe(false)
    expect(mayChange(subscription({ reduced: true }))).toBe(false)
    expect(standing(subscription({ state: 'past_due', cancel_at_period_end: true }))).toBe('late')
  })
})

describe('withdrawing', () => {
  beforeAll(() => language.choose('en'))

  it('pays back all that was paid for this one, and nothing else', () => {
    const paid = [
      sale(),
      sale({ kind: 'change', at: at(-4), refundable: eur(200) }),
      sale({ kind: 'gift', at: at(-4) }),
      sale({ channel: 'oskar' }),
      sale({ at: at(-60) }),
    ]
    expect(withdrawal(subscription(), paid, now)).toBe('€6.99')
  })

  it('is offered for fourteen days, to the second', () => {
    const started_at = new Date(now - 14 * DAY).toISOString()
    const s = subscription({ started_at })
    const paid = [sale({ at: started_at })]
    expect(withdrawal(s, paid, now - 1000)).toBe('€4.99')
    expect(withdrawal(s, paid, now)).toBeUndefined()
  })

  it('is offered where the law knows it, to whom has paid', () => {
    expect(withdrawal(subscription(), [sale({ country: 'US' })], now)).toBeUndefined()
    expect(withdrawal(subscription(), [], now)).toBeUndefined()
    expect(withdrawal(subscription(), [sale({ refundable: eur(0) })], now)).toBeUndefined()
    expect(withdrawal(subscription({ state: 'ended' }), [sale()], now)).toBeUndefined()
  })
})
