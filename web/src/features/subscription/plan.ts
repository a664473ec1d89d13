/** Plans in words and numbers: what a tier is sold for, and what a year saves. */
import type { Money } from '../../api/subspace'
import type { Period, Tier } from '../../api/subscription'
import { money } from '../../i18n/format'
import { language, t } from '../../i18n/index.svelte'

/** The periods that a tier is sold for, the month first. */
export const soldFor = (tier: Tier): Period[] => (['month', 'year'] as const).filter((p) => tier[p])

/** The tier as it is sold for one period alone; nothing where it is not. */
export function soldBy(tier: Tier, period?: Period): Tier[] {
  if (!period) return [tier]
  return tier[period] ? [{ ...tier, month: null, year: null, [period]: tier[period] }] : []
}

/**
 * What a year saves against twelve months, in whole per cent rounded down, and what those would cost; undefined
 * when it saves nothing that one could call a saving.
 */
export function saving({ month, year }: Tier): { percent: number; twelve: Money } | undefined {
  if (!month || !year || month.currency !== year.currency) return undefined
  const twelve = { ...month, minor: 12 * month.minor }
  const percent = Math.floor(((twelve.minor - year.minor) * 100) / twelve.minor)
  return percent > 0 ? { percent, twelve } : undefined
}

/** A tier by its name; one that never got any, by its level. */
export const tierName = ({ name, level }: Pick<Tier, 'name' | 'level'>): string =>
  name || t('plan.level', { level: String(level) })

/** "€4.99 a month". */
export const perPeriod = (price: Money, period: Period): string =>
  t(period === 'year' ? 'plan.aYear' : 'plan.aMonth', { price: money(price) })

/** "Gold, €4.99 a month"; the price alone where the tier has no name. */
export function planPrice(plan: { tier_name: string; price: Money; period: Period }): string {
  const price = perPeriod(plan.price, plan.period)
  return plan.tier_name ? t('plan.priced', { name: plan.tier_name, price }) : price
}

/** "Gold, yearly"; the period alone where the tier has no name. */
export function planName(name: string, period: Period): string {
  const when = t(period === 'year' ? 'plan.yearly' : 'plan.monthly')
  return name ? t('plan.named', { name, when: when.toLocaleLowerCase() }) : when
}

/** "18%", as the language writes it. */
export const percent = (n: number): string =>
  new Intl.NumberFormat(language.current, { style: 'percent' }).format(n / 100)
