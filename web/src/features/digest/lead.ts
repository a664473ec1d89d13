/** Leads to what stands beside a digest: a poll, a message, the queue, or the line where one left off; else to the chat itself. */
import type { Place } from './entries'

export function leadTo(to: Place): void {
  const log = document.querySelector<HTMLElement>('[data-testid=chat-log-space]')
  const place = document.querySelector<HTMLElement>(placeOf(to))
  place?.scrollIntoView({ block: 'center' })
  const focused = to.view === 'poll' || to.view === 'mention' ? (place ?? log) : log
  focused?.focus({ preventScroll: true })
}

function placeOf(to: Place): string {
  if (to.view === 'poll') return `[data-poll="${CSS.escape(to.id)}"]`
  if (to.view === 'mention') return `[data-testid=chat-log-space] [data-mention="${to.seq}"]`
  return to.view === 'question' ? '[data-testid=question-queue]' : '[data-testid=chat-log-space] .since'
}
