/** What paying a sale back does, in one sentence. */
import type { Sale } from '../../api/subscription'
import { day, money } from '../../i18n/format'
import { t } from '../../i18n/index.svelte'

/** The period that it paid for runs: with it the door stands or falls. */
export const running = (sale: Sale, now: number): boolean =>
  sale.kind === 'period' && Date.parse(sale.period_end ?? '') > now

/** What of a sum back is the creator's, as near as can be said before it is done. */
export function shareOf(sale: Sale, minor: number): string {
  const share = sale.share?.minor ?? 0
  return money({ ...sale.total, minor: Math.round((share * minor) / sale.total.minor) })
}

export function consequence(sale: Sale, whole: boolean, end: boolean, now: number): string {
  if (sale.kind === 'gift') return t('refund.gift')
  if (end) return t('refund.ends')
  if (!whole) return t('refund.stays')
  if (sale.kind === 'change') return t('refund.falls')
  if (!running(sale, now)) return t('refund.past')
  return t('refund.shuts', { day: day(sale.period_end!) })
}
