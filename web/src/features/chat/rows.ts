/** From a log's events to the rows on the screen: pure, so that it can be tested without one. */
import type {
  Author,
  EventData,
  HeldEmote,
  Mention,
  Picture,
  Preview,
  ReplyTo,
  SubspaceEvent,
} from '../../realtime/frames'

export type MessageRow = {
  kind: 'message'
  seq: number
  at: string
  author: Author
  text: string
  replyTo?: ReplyTo
  /** Staff want nobody to miss it. */
  announcement?: boolean | undefined
  /** Of an update. */
  pictures?: Picture[] | undefined
  /** Who is meant. */
  mentions?: Mention[] | undefined
  /** The pictures that codes in the text stand for. */
  emotes?: HeldEmote[] | undefined
  /** What the page behind its first address says of itself. */
  preview?: Preview
}
export type RemovedRow = { kind: 'removed'; seq: number; at: string }
export type NoticeRow = {
  kind: 'notice'
  seq: number
  at: string
  what: 'asked' | 'aired' | 'replied' | 'published' | 'started' | 'ended'
  name: string
  text: string
  /** What was answered in text to what is published, and by whom. */
  answer?: { by: string; text: string }
  /** Which question it is about; '' when it is about none. */
  question: string
}
export type GiftRow = {
  kind: 'gift'
  seq: number
  at: string
  /** Who gave; '' when they stay unnamed. */
  name: string
  tier: string
  people: number
  months: number
  to: string[]
}
/** What a room chose: all that is to be shown stands in the event. */
export type PollRow = { kind: 'poll'; seq: number; at: string } & EventData['poll.closed']
export type Row = MessageRow | RemovedRow | NoticeRow | GiftRow | PollRow

/** How many rows a live list keeps: beyond it a phone spends its frame on rows nobody reads. */
export const LIVE_ROWS = 200
/** A reader who has scrolled up keeps more, so that nothing is pulled away under the eyes. */
export const READING_ROWS = 1000

/** The list after the events. It returns the same array when nothing on the screen changes. */
export function append(rows: Row[], events: SubspaceEvent[], keep: number = LIVE_ROWS): Row[] {
  let next = rows
  for (const event of events) {
    const row = rowOf(event)
    if (row) next = insert(next, row)
    if (event.kind === 'message.removed') next = remove(next, event.data.seqs)
    if (event.kind === 'message.previewed') next = previewed(next, event.data)
  }
  return next.length > keep ? next.slice(-keep) : next
}

/** Older events in front of the list, without those it already has: a preview may stand behind its first row. */
export function prepend(rows: Row[], events: SubspaceEvent[]): Row[] {
  const first = rows[0]?.seq ?? Infinity
  const older = append(
    [],
    events.filter((e) => e.seq < first || e.kind === 'message.previewed'),
    Infinity,
  )
  return older.length ? [...older, ...rows] : rows
}

export function rowOf(event: SubspaceEvent): Row | undefined {
  const { seq, at } = event
  switch (event.kind) {
    case 'message.posted': {
      const { reply_to, ...said } = event.data
      return { kind: 'message', seq, at, ...said, ...(reply_to ? { replyTo: reply_to } : {}) }
    }
    case 'message.tombstone':
      return { kind: 'removed', seq, at }
    case 'question.asked':
    case 'question.aired': {
      const what = event.kind === 'question.asked' ? 'asked' : 'aired'
      const { name, text, question } = event.data
      return { kind: 'notice', seq, at, what, name, text, question }
    }
    case 'question.replied': {
      const { question, author, text } = event.data
      return { kind: 'notice', seq, at, what: 'replied', name: author.name, text, question }
    }
    case 'question.published': {
      const { question, name, text, by, answer } = event.data
      const reply = answer ? { answer: { by, text: answer } } : {}
      return { kind: 'notice', seq, at, what: 'published', name, text, question, ...reply }
    }
    case 'gift.given': {
      const { name, tier_name: tier, people, months, to } = event.data
      return { kind: 'gift', seq, at, name, tier, people, months, to }
    }
    case 'poll.closed':
      return { kind: 'poll', seq, at, ...event.data }
    case 'live.started':
      return { kind: 'notice', seq, at, what: 'started', name: '', text: event.data.title, question: '' }
    case 'live.ended':
      return { kind: 'notice', seq, at, what: 'ended', name: '', text: '', question: '' }
    default:
      return undefined
  }
}

function previewed(rows: Row[], preview: Preview): Row[] {
  return rows.map((r) => (r.seq === preview.seq && r.kind === 'message' ? { ...r, preview } : r))
}

function insert(rows: Row[], row: Row): Row[] {
  const last = rows.at(-1)
  if (!last || last.seq < row.seq) return [...rows, row]
  // Rarely: the answer to our own message came before the messages of others.
  const i = rows.findIndex((r) => r.seq >= row.seq)
  if (rows[i]!.seq === row.seq) return rows
  return [...rows.slice(0, i), row, ...rows.slice(i)]
}

function remove(rows: Row[], seqs: number[]): Row[] {
  const gone = new Set(seqs)
  const quotes = (r: Row): r is MessageRow => r.kind === 'message' && !!r.replyTo && gone.has(r.replyTo.seq)
  if (!rows.some((r) => gone.has(r.seq) || quotes(r))) return rows
  return rows.map((r) => {
    if (gone.has(r.seq)) return { kind: 'removed', seq: r.seq, at: r.at }
    return quotes(r) ? { ...r, replyTo: { seq: r.replyTo!.seq, name: '', excerpt: '' } } : r
  })
}
