/** Where a subscription stands, in one word and in one sentence, and what may be asked of it. */
import { PATRONS, type Sale, type Subscription } from '../../api/subscription'
import { day, money } from '../../i18n/format'
import { t } from '../../i18n/index.svelte'
import { mayWithdraw } from './countries'
import { planPrice } from './plan'

export type Standing = 'ended' | 'late' | 'leaving' | 'paused' | 'trial' | 'renews'

export function standing(s: Subscription): Standing {
  if (s.state === 'ended') return 'ended'
  if (s.state === 'past_due') return 'late'
  if (s.cancel_at_period_end) return 'leaving'
  if (s.state === 'paused') return 'paused'
  return s.state === 'trialing' ? 'trial' : 'renews'
}

/** What is paid for is over. */
export const runOut = (s: Subscription, now: number): boolean => Date.parse(s.period_end) <= now

/** The day the door shuts, should nothing more be paid. While it renews, nobody counts on the grace after it. */
export const until = (s: Subscription): string =>
  day(s.state === 'past_due' ? (s.access_until ?? s.period_end) : s.period_end)

/** Paid somewhere else: here nothing of it is charged, changed or ended. */
export const elsewhere = (s: Subscription): boolean => s.provider === PATRONS

export function sentence(s: Subscription, now: number): string {
  if (elsewhere(s) && s.state === 'active') return t('subscription.elsewhere', { day: day(s.period_end) })
  if (elsewhere(s) && s.state === 'past_due') return t('subscription.elsewhereLate', { day: until(s) })
  const price = planPrice(s)
  switch (standing(s)) {
    case 'ended':
      return endedOn(s, now)
    case 'late':
      return t('subscription.pastDue', { day: until(s) })
    case 'leaving':
      return t('subscription.leaving', { day: until(s) })
    case 'paused':
      return t(runOut(s, now) ? 'subscription.pausedOut' : 'subscription.paused', { day: until(s) })
    case 'trial':
      return t('subscription.trial', { day: day(s.trial_end ?? s.period_end), price })
    case 'renews':
      return t('subscription.renews', { price, day: day(s.period_end) })
  }
}

/** One that was ended early has paid for days to come: those say nothing of its end. */
function endedOn(s: Subscription, now: number): string {
  const at = [s.access_until, s.period_end].find((at) => at && Date.parse(at) <= now)
  return at ? t('subscription.ended', { day: day(at) }) : t('subscription.endedEarly')
}

/** The change that waits for the period's end; '' when none does. */
export function pending(s: Subscription): string {
  return s.next ? t('subscription.next', { day: day(s.period_end), price: planPrice(s.next) }) : ''
}

/** Why less is open than the plan says; '' when all of it is. */
export function reduced(s: Subscription): string {
  if (!s.reduced || s.state !== 'active') return ''
  const ends = [s.access_until ?? s.period_end, s.period_end].sort((a, b) => Date.parse(a) - Date.parse(b))
  return t('subscription.reduced', { day: day(ends[0]!) })
}

export const mayPause = (s: Subscription): boolean =>
  s.state === 'active' && !s.cancel_at_period_end && !elsewhere(s)
export const mayChange = (s: Subscription): boolean => mayPause(s) && !s.reduced

const WITHDRAWAL = 14 * 86_400_000

/**
 * What withdrawing would pay back, where the law gives that right: within fourteen days, in the countries that
 * know it. Undefined where it does not; the server has the last word.
 */
export function withdrawal(s: Subscription, payments: Sale[], now: number): string | undefined {
  const started = Date.parse(s.started_at)
  if (s.state === 'ended' || now >= started + WITHDRAWAL) return undefined
  const paid = payments.filter(
    (p) => p.channel === s.channel && p.kind !== 'gift' && Date.parse(p.at) >= started,
  )
  const minor = paid.reduce((sum, p) => sum + p.refundable.minor, 0)
  if (!minor || !paid.some((p) => mayWithdraw(p.country))) return undefined
  return money({ ...paid[0]!.refundable, minor })
}
