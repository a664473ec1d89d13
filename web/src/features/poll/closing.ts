/** When a poll closes by itself, in words. */
import { day, time } from '../../i18n/format'
import { t } from '../../i18n/index.svelte'

/** "Closes 21:15", on another day "Closes 3 March, 21:15"; '' when nobody knows yet. */
export function closing(at: string | null, now = new Date()): string {
  if (!at) return ''
  const today = new Date(at).toDateString() === now.toDateString()
  return t('poll.until', { when: today ? time(at) : `${day(at, now)}, ${time(at)}` })
}
