import { beforeAll, describe, expect, it } from 'vitest'
import type { Sale } from '../../api/subscription'
import { language } from '../../i18n/index.svelte'
import { fate, shareIs, soldAs, taxOf } from './sale'

const eur = (minor: number) => ({ minor, currency: 'EUR' })
const sale = (more: Partial<Sale>) =>
  ({
    kind: 'period',
    tier: 'Studio',
    period: 'month',
    quantity: 1,
    total: eur(499),
    tax: eur(83),
    tax_rate: 2000,
    country: 'FR',
    refunded: eur(0),
    dispute: '',
    ...more,
  }) as Sale

describe('a sale', () => {
  beforeAll(() => language.choose('en'))

  it('says what was sold', () => {
    expect(soldAs(sale({}))).toBe('Studio, monthly')
    expect(soldAs(sale({ tier: '' }))).toBe('Monthly')
    expect(soldAs(sale({ kind: 'change', period: 'year' }))).toBe('Change to Studio, yearly')
    expect(soldAs(sale({ kind: 'gift', quantity: 3 }))).toBe('3 months given away')
  })

  it('says whose tax was in it, and nothing where there was none', () => {
    expect(taxOf(sale({}))).toBe('€0.83 tax, FR 20%')
    expect(taxOf(sale({ country: 'FI', tax_rate: 2550 }))).toBe('€0.83 tax, FI 25.5%')
    expect(taxOf(sale({ tax: eur(0) }))).toBe('')
  })

  it('says what became of it', () => {
    expect(fate(sale({}))).toBe('')
    expect(fate(sale({ refunded: eur(200) }))).toBe('€2 paid back.')
    expect(fate(sale({ refunded: eur(499) }))).toBe('Paid back.')
    expect(fate(sale({ dispute: 'open' }))).toContain('the bank decides')
    expect(fate(sale({ dispute: 'lost' }))).toContain('paid back by the bank')
    expect(fate(sale({ dispute: 'won', refunded: eur(200) }))).toBe(
      '€2 paid back. Disputed, and decided: the payment stands.',
    )
  })

  it('says what became of the creator’s share', () => {
    expect(shareIs(sale({}))).toBe('yours')
    expect(shareIs(sale({ refunded: eur(200) }))).toBe('yours before that')
    expect(shareIs(sale({ dispute: 'open' }))).toBe('held until decided')
    expect(shareIs(sale({ dispute: 'lost' }))).toBe('')
    expect(shareIs(sale({ refunded: eur(499) }))).toBe('')
  })
})
