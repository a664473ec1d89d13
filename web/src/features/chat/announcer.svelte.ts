/**
 * Reads chat aloud through one polite region, at a pace a voice can follow: at most one sentence in three
 * seconds, and a count of what was left out.
 */
import { t } from '../../i18n/index.svelte'
import type { Announce } from '../account/preferences.svelte'
import { giftNames, giftText } from './gift'
import type { Row } from './rows'

const PACE = 3_000

export class Announcer {
  said = $state('')
  #waiting: string[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Offers a row to be read; what the reader has not asked to hear is ignored. */
  hear(row: Row, what: Announce, name: string | undefined): void {
    const words = heard(row, what, name)
    if (!words) return
    this.#waiting.push(words)
    this.#timer ??= setTimeout(() => this.#speak(), this.said ? PACE : 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.said = ''
  }

  #speak(): void {
    const [first, ...rest] = this.#waiting
    this.#waiting = []
    this.said = rest.length ? t('chat.said.more', { text: first!, n: rest.length }) : (first ?? '')
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#waiting.length) this.#speak()
    }, PACE)
  }
}

/** What is read of a row; '' when the reader has not asked to hear it. */
function heard(row: Row, what: Announce, name: string | undefined): string {
  if (row.kind === 'gift') {
    const words = [giftText(row), giftNames(row)].filter(Boolean).join(' ')
    return wanted(words, 'none', what, name) ? words : ''
  }
  if (row.kind !== 'message' || !wanted(row.text, row.author.role, what, name)) return ''
  return t('chat.said', { name: row.author.name, text: row.text })
}

function wanted(text: string, role: string, what: Announce, name: string | undefined): boolean {
  if (what === 'all') return true
  if (what === 'creator') return role === 'owner'
  if (what === 'mentions') return name !== undefined && text.toLowerCase().includes(name.toLowerCase())
  return false
}
