import type { Earnings, Payout, Payouts } from '../../api/payout'
import { day, money } from '../../i18n/format'
import { t } from '../../i18n/index.svelte'
import { reasonText } from '../../i18n/reason'

/** How often is paid, and what is held back before, in a sentence. */
export function ruleOf({ interval, holdback_hours }: Payouts): string {
  if (interval === 'off') return t('payout.off')
  const days = Math.round(holdback_hours / 24)
  const held = days ? t('payout.holdback', { n: days }) : ''
  return [t(`payout.every.${interval}`), held].filter(Boolean).join(' ')
}

/** What happens next with this money, in a sentence. */
export function nextOf(
  { next_at, next, minimum, payable, earned }: Earnings,
  ready: boolean,
  off: boolean,
  now = Date.now(),
): string {
  if (off) return ''
  if (payable.minor < 0) return t('payout.owes', { sum: money({ ...payable, minor: -payable.minor }) })
  if (!next_at) return earned.minor ? t('payout.below', { sum: money(minimum) }) : ''
  if (!ready) return t('payout.waitsForYou', { sum: money(next) })
  if (Date.parse(next_at) <= now) return t('payout.now', { sum: money(next) })
  return t('payout.next', { sum: money(next), day: day(next_at) })
}

/** What is left of the earned, row by row; what is nothing is left out. */
export function rowsOf(e: Earnings): { id: string; label: string; sum: string }[] {
  const rows = [
    ['earned', e.earned],
    ['held', e.held_back],
    ['disputed', e.disputed],
    ['payable', e.payable],
    ['transit', e.on_its_way],
    ['paid', e.paid_out],
  ] as const
  return rows
    .filter(([id, sum]) => sum.minor || id === 'earned' || id === 'paid')
    .map(([id, sum]) => ({ id, label: t(`payout.row.${id}`), sum: money(sum) }))
}

/** Where a payout stands, in a sentence. */
export function fateOf(p: Payout): string {
  if (p.state === 'refused') return `${t('payout.refused')} ${reasonText(p.reason) ?? p.detail}`
  if (p.state === 'decided') return t('payout.onItsWay')
  const done = t('payout.done', { day: day(p.settled_at ?? p.decided_at) })
  return p.reversed.minor ? `${done}. ${t('payout.reversed', { sum: money(p.reversed) })}` : done
}
