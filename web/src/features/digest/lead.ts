/** Leads to what stands beside a digest: a poll, a message, the queue, or the line where one left off; else to the chat itself. */
import { tick } from 'svelte'
import { t } from '../../i18n/index.svelte'
import type { RoomChat } from '../chat/room.svelte'
import type { Place } from './entries'

/** So many pages are read back for a message, fewer rows than a reader who looks up keeps. */
const PAGES = 8

/** Says in words why it led no further than to the chat; '' when there is nothing to say. */
export async function leadTo(to: Place, chat: RoomChat): Promise<string> {
  if (to.view === 'mention') await readBack(chat, to.seq)
  const log = document.querySelector<HTMLElement>('[data-testid=chat-log-space]')
  const place = document.querySelector<HTMLElement>(placeOf(to))
  // No stop for the Tab key, but read aloud to whoever is led there.
  if (place && to.view === 'mention') place.tabIndex = -1
  place?.scrollIntoView({ block: 'center' })
  const focused = to.view === 'poll' || to.view === 'mention' ? (place ?? log) : log
  focused?.focus({ preventScroll: true })
  if (to.view !== 'mention' || place) return ''
  if (chat.rows.some((row) => row.seq === to.seq)) return t('chat.removed')
  // From here it goes on upwards.
  log?.scrollTo({ top: 0 })
  return t('digest.furtherUp')
}

/** Older rows come until the message is among them. */
async function readBack(chat: RoomChat, seq: number): Promise<void> {
  const first = () => chat.rows[0]?.seq ?? 0
  if (first() > seq) chat.lookUp()
  for (let page = 0; page < PAGES && chat.older && first() > seq; page++) {
    const before = first()
    await chat.readOlder()
    if (first() === before) break
  }
  await tick()
}

function placeOf(to: Place): string {
  if (to.view === 'poll') return `[data-poll="${CSS.escape(to.id)}"]`
  if (to.view === 'mention') return `[data-testid=chat-log-space] [data-mention="${to.seq}"]`
  return to.view === 'question' ? '[data-testid=question-queue]' : '[data-testid=chat-log-space] .since'
}
