import { beforeAll, describe, expect, it } from 'vitest'
import type { Tier } from '../../api/subscription'
import { language } from '../../i18n/index.svelte'
import { perPeriod, planName, saving, soldFor, tierName } from './plan'

const eur = (minor: number) => ({ minor, currency: 'EUR' })
const tier = (more: Partial<Tier>): Tier => ({
  id: 't',
  name: '',
  level: 1,
  perks: [],
  month: null,
  year: null,
  trial_days: 0,
  on_sale: true,
  ...more,
})

describe('plans', () => {
  beforeAll(() => language.choose('en'))

  it('are sold for the periods that have a price, the month first', () => {
    expect(soldFor(tier({ year: eur(4900), month: eur(499) }))).toEqual(['month', 'year'])
    expect(soldFor(tier({ year: eur(4900) }))).toEqual(['year'])
  })

  it('never promise more of a saving than there is', () => {
    // 18.17 per cent.
    expect(saving(tier({ month: eur(499), year: eur(4900) }))).toEqual({ percent: 18, twelve: eur(5988) })
    expect(saving(tier({ month: eur(500), year: eur(6000) }))).toBeUndefined()
    expect(saving(tier({ month: eur(500), year: eur(5950) }))).toBeUndefined()
    expect(saving(tier({ month: eur(500), year: eur(7000) }))).toBeUndefined()
    expect(saving(tier({ month: eur(500) }))).toBeUndefined()
    expect(saving(tier({ month: eur(500), year: { minor: 4900, currency: 'CHF' } }))).toBeUndefined()
  })

  it('have names, also where nobody gave one', () => {
    expect(tierName(tier({ name: 'Gold' }))).toBe('Gold')
    expect(tierName(tier({ level: 2 }))).toBe('Level 2')
    expect(planName('Gold', 'year')).toBe('Gold, yearly')
    expect(planName('', 'month')).toBe('Monthly')
    expect(perPeriod(eur(4900), 'year')).toBe('€49 a year')
  })
})
