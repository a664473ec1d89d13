/** Sales in words, for who paid and for who sold. */
import type { Sale } from '../../api/subscription'
import { money, rate } from '../../i18n/format'
import { t } from '../../i18n/index.svelte'
import { planName } from './plan'

/** "Gold, yearly", "Change to Gold, yearly", "3 months given away". */
export function soldAs({ kind, tier, period, quantity }: Sale): string {
  if (kind === 'gift') return t('sale.gift', { n: quantity })
  const plan = planName(tier, period)
  return kind === 'change' ? t('sale.change', { plan }) : plan
}

/** "€0.83 tax, FR 20%"; '' where none was taken. */
export function taxOf({ tax, tax_rate, country }: Sale): string {
  if (!tax.minor) return ''
  return t('sale.tax', { price: money(tax), country, rate: rate(tax_rate) })
}

/** What became of a payment that did not simply stay; '' when it did. */
export function fate({ refunded, total, dispute }: Sale): string {
  if (dispute === 'open') return t('sale.disputed')
  if (dispute === 'lost') return t('sale.lost')
  const back =
    refunded.minor &&
    (refunded.minor >= total.minor ? t('sale.refunded') : t('sale.partly', { price: money(refunded) }))
  return [back, dispute === 'won' && t('sale.won')].filter(Boolean).join(' ')
}

/** What the creator's share of a sale is by now; '' when nothing is left of it. */
export function shareIs({ refunded, total, dispute }: Sale): string {
  if (dispute === 'lost' || refunded.minor >= total.minor) return ''
  if (dispute === 'open') return t('sale.held')
  return t(refunded.minor ? 'sale.before' : 'sale.yours')
}

/** Where all of it was rehearsed, one sentence says so; else each of those that were. */
export const allRehearsed = (sales: Sale[]): boolean => sales.every((sale) => sale.sandbox)
