/** Rights that are given: until when, and by which list. */
import { Refusal } from '../../api/refusal'
import { t } from '../../i18n/index.svelte'
import { reasonText } from '../../i18n/reason'
import type { ImportResult, Subscriber } from '../../api/subscription'

/** How long a right may be given for, in months, as the server bounds it. */
export const MONTHS_MAX = 36
/** The longest list that is read, in bytes. */
export const LIST_MAX = 1 << 20

/** The same day so many months later, or that month's last day: as the server counts. */
export function monthsAfter(now: number, months: number): Date {
  const at = new Date(now)
  const last = new Date(at.getFullYear(), at.getMonth() + months + 1, 0).getDate()
  const to = new Date(at)
  to.setDate(1)
  to.setMonth(at.getMonth() + months)
  to.setDate(Math.min(at.getDate(), last))
  return to
}

/** "2027-01-31" as the last moment of that day here; undefined when it is no day to come, or too far away. */
export function endOf(day: string, now: number): Date | undefined {
  const at = new Date(`${day}T23:59:59`)
  return at.getTime() > now && at <= monthsAfter(now, MONTHS_MAX) ? at : undefined
}

/** A date as an input of the type date has it. */
export const dayField = (at: Date): string =>
  [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, '0')).join('-')

/** It was given, and so can be taken back; what was bought is paid back. */
export const wasGiven = ({ source }: Subscriber): boolean =>
  ['comp', 'manual', 'import', 'gift'].includes(source)

/** A list as it was chosen, before anything is sent. */
export type List = { file: string; text: string; lines: string[]; count: number }

/** Reads a file. Throws a Refusal for one that the server would not read either. */
export async function readList(file: File): Promise<List> {
  if (file.size > LIST_MAX) throw new Refusal({ reason: 'list_too_large' })
  // Another encoding than UTF-8 shows as this sign: what a spreadsheet of old writes has no other mark.
  const text = (await file.text()).replace(/^\uFEFF/, '')
  if (text.includes('\uFFFD')) throw new Refusal({ reason: 'list_encoding' })
  const lines = text.split('\n').map((line) => line.trim())
  const count = lines.slice(1).filter(Boolean).length
  if (!count) throw new Refusal({ reason: 'list_invalid' })
  return { file: file.name, text, lines, count }
}

export type Trouble = { line: number; text: string; why: string }

/** The lines that gave nothing: what stands there, and why in the reader's words, the server's own where we have none. */
export const troublesOf = (result: ImportResult, list: List): Trouble[] =>
  result.troubles.map(({ line, reason, detail }) => ({
    line,
    text: list.lines[line - 1] ?? '',
    why: reasonText(reason) ?? detail,
  }))

/** Troubles as text for a letter or a sheet. */
export const written = (troubles: Trouble[]): string =>
  troubles
    .map(({ line, text, why }) => `${t('list.line', { line: String(line) })}\t${text}\t${why}`)
    .join('\n')

/** A list to begin with; with a tier's name when the creator has named one. */
export function example(tier: string, day: string): string {
  const quoted = /[",;]/.test(tier) ? `"${tier.replaceAll('"', '""')}"` : tier
  return ['name,months,until,tier,note', `Ada,3,,${quoted},`, `Ben,,${day},,`, ''].join('\r\n')
}
