import { beforeAll, describe, expect, it } from 'vitest'
import type { Earnings, Payout, Payouts } from '../../api/payout'
import { language } from '../../i18n/index.svelte'
import { fateOf, nextOf, rowsOf, ruleOf } from './payout'

const eur = (minor: number) => ({ minor, currency: 'EUR' })
const now = Date.parse('2026-11-27T12:00:00Z')

const money = (change: Partial<Earnings>): Earnings => ({
  currency: 'EUR',
  earned: eur(5000),
  held_back: eur(0),
  held: [],
  disputed: eur(0),
  payable: eur(0),
  on_its_way: eur(0),
  paid_out: eur(0),
  minimum: eur(1000),
  next_at: null,
  next: eur(0),
  ...change,
})

beforeAll(async () => {
  await language.choose('en')
  await language.readBooks()
})

describe('what happens next', () => {
  const next = { next_at: '2026-11-30T00:00:00Z', next: eur(4000) }

  it.each<[string, Partial<Earnings>, boolean, RegExp]>([
    ['a day', next, true, /^€40 goes out on /],
    ['now', { ...next, next_at: '2026-11-27T12:00:00Z' }, true, /^€40 goes out now$/],
    ['nothing without an account', next, false, /waits for your account/],
    ['too little', { payable: eur(900) }, true, /goes out from €10 on$/],
    ['owed', { payable: eur(-800) }, true, /^€8 was paid back/],
  ])('%s', (_, change, ready, says) => {
    expect(nextOf(money(change), ready, false, now)).toMatch(says)
  })

  it('is not told when payouts are off, or nothing was earned', () => {
    expect(nextOf(money(next), true, true, now)).toBe('')
    expect(nextOf(money({ earned: eur(0) }), true, false, now)).toBe('')
  })
})

describe('the rows', () => {
  it('leave out what is nothing, but not what a creator looks for', () => {
    expect(rowsOf(money({})).map(({ id }) => id)).toEqual(['earned', 'paid'])
    expect(rowsOf(money({ held_back: eur(1), payable: eur(-1) })).map(({ id }) => id)).toEqual([
      'earned',
      'held',
      'payable',
      'paid',
    ])
  })
})

describe('a payout', () => {
  const payout = (change: Partial<Payout>): Payout => ({
    id: 'p',
    amount: eur(1000),
    reversed: eur(0),
    state: 'paid',
    reason: '',
    detail: '',
    decided_at: '2026-11-01T00:00:00Z',
    settled_at: '2026-11-02T00:00:00Z',
    provider: 'stripe',
    sandbox: false,
    statement: '',
    ...change,
  })

  it('says why it came back, in our words or in the server’s', () => {
    expect(fateOf(payout({ state: 'refused', reason: 'transfer_refused', detail: 'x' }))).toContain(
      'Complete it there',
    )
    expect(fateOf(payout({ state: 'refused', reason: 'of_tomorrow', detail: 'The server says.' }))).toContain(
      'The server says.',
    )
    expect(fateOf(payout({}))).toMatch(/^Paid on [^.]+$/)
  })

  it('says what of it was taken back', () => {
    expect(fateOf(payout({ reversed: eur(300) }))).toMatch(
      /^Paid on .+\. €3 of it was taken back, and is owed again$/,
    )
  })
})

describe('the rule', () => {
  const rule = (interval: Payouts['interval'], holdback_hours: number) =>
    ruleOf({ interval, holdback_hours } as Payouts)

  it('is a sentence or two', () => {
    expect(rule('weekly', 336)).toMatch(/once a week\. .*14 days/)
    expect(rule('daily', 0)).toBe('You are paid at most once a day.')
    expect(rule('off', 336)).toMatch(/switched payouts off/)
  })
})
