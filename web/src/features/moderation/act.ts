/** How an entry of the audit log is said. */
import type { Act } from '../../api/staff'
import { day, measure, time } from '../../i18n/format'
import { t, type Key } from '../../i18n/index.svelte'

const moments = ['until', 'written', 'asked']
const durations = ['slow', 'followed_for']
const words = ['kind', 'grade', 'state', 'live_audience']

/** What was done; an act that this version does not know, as it is called. */
export const named = (act: Act) => word(`audit.act.${act.act}`, act.act)

/** What changed, each setting with how it stood and how it stands since. */
export function changes(act: Act): { name: string; before: string; after: string }[] {
  const names = [...new Set([...Object.keys(act.before), ...Object.keys(act.after)])].sort()
  return names.map((name) => ({
    name: word(`audit.state.${name}`, name),
    before: said(name, act.before[name]),
    after: said(name, act.after[name]),
  }))
}

/** A value for the reader; a word that this version does not know stays as it is. */
function said(name: string, value: string | undefined): string {
  if (!value) return ''
  if (value === 'true' || value === 'false') return t(`audit.${value}`)
  if (moments.includes(name)) return `${day(value)}, ${time(value)}`
  if (durations.includes(name)) return measure(Number(value), 'second')
  if (!words.includes(name)) return value
  return word(`audit.value.${value}`, value)
}

function word(key: string, otherwise: string): string {
  const found = t(key as Key)
  return found === key ? otherwise : found
}
