/** The modes of a room in words. */
import type { Modes } from '../../api/room'
import { language, t } from '../../i18n/index.svelte'

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** "30 s", "10 min", "1 day 2 h": seconds in two units at most. */
export function span(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [unit, size] of [...UNITS, ['second', 1] as const]) {
    const n = Math.floor(rest / size)
    rest -= n * size
    if (n > 0 && parts.length < 2) parts.push(measured(n, unit))
    else if (parts.length) break
  }
  return parts.join(' ') || measured(0, 'second')
}

const measured = (n: number, unit: string) =>
  new Intl.NumberFormat(language.current, { style: 'unit', unit, unitDisplay: 'short' }).format(n)

/** One sentence for each mode that is on. */
export function modeWords(modes: Modes): string[] {
  const followers = modes.followed_for
    ? t('modes.line.followedFor', { time: span(modes.followed_for) })
    : t('modes.line.followers')
  return [
    modes.slow ? t('modes.line.slow', { time: span(modes.slow) }) : '',
    modes.followers ? followers : '',
    modes.subscribers ? t('modes.line.subscribers') : '',
    modes.emotes ? t('modes.line.emotes') : '',
    modes.unique ? t('modes.line.unique') : '',
  ].filter(Boolean)
}
