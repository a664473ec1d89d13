import { language } from '../../i18n/index.svelte'

/** "Sat 28 Nov, 20:00": a moment in the reader's own time zone, with the year only when it is not this one. */
export function when(at: string, now = new Date()): string {
  const date = new Date(at)
  return date.toLocaleString(language.current, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
    ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  })
}

/** Whose clock that is. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll('_', ' ')

/** A moment as an input of the kind datetime-local has it. */
export function typed(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Tomorrow evening: when a live is likely to be. */
export function tomorrow(): Date {
  const at = new Date()
  at.setDate(at.getDate() + 1)
  at.setHours(20, 0, 0, 0)
  return at
}
