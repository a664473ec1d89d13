/** One room's chat as this page shows it: the rows, the reader's own unsent words, and the way to send. */
import { api, type Account } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import { Feed, type Pager } from '../../realtime/feed'
import type {
  Entered,
  Located,
  LogName,
  Passing,
  Pinned,
  RoomName,
  SubspaceEvent,
} from '../../realtime/frames'
import type { Extras, Sent } from './extras.svelte'
import { append, LIVE_ROWS, prepend, READING_ROWS, rowOf, type MessageRow, type Row } from './rows'
import { freshKey } from './key'

export type Outgoing = {
  key: string
  text: string
  replyTo?: MessageRow
  /** What else is said of it. */
  more: Sent
  /** 'waiting' for the connection: it is sent when the room is entered again. */
  state: 'sending' | 'waiting' | 'failed'
  refusal?: Refusal | undefined
}

export type RoomEars = {
  /** A fact after the first page, once each: for what stands outside the list. */
  happened?(event: SubspaceEvent): void
  state?(passing: Passing): void
  entered?(): void
  out?(reason: string): void
}

export type OtherLog = { place: Located; page: Pager; remove: (seq: number) => Promise<unknown> }

const logOf = (channel: string, room: RoomName): OtherLog => ({
  place: { channel, room },
  page: (query) => api.events(channel, room, query),
  remove: (seq) => api.removeMessage(channel, room, seq),
})
/** A message that the room's ways refuse, as they are now: its writer may want to wait, or say it otherwise. */
const waysReasons = /^(slow_mode|followers_only|subscribers_mode|emotes_only|not_unique|blocked_term)$/

export type HandedBack = { reason: string; detail: string; until: number }

type NextFrame = (run: () => void) => void

const nextFrame: NextFrame = (run) => {
  // A hidden tab draws no frames, but its list must not grow without end.
  if (globalThis.document?.hidden) setTimeout(run, 500)
  else requestAnimationFrame(run)
}

/** A message without an answer, although the connection stands, waits this long before its writer is asked. */
const GIVE_UP_AFTER = 8_000

/** A room counts as crowded until this long after something was left out. */
const CROWDED_FOR = 5_000

export class RoomChat {
  readonly room: LogName
  readonly channel: string

  rows: Row[] = $state.raw([])
  outgoing: Outgoing[] = $state.raw([])
  phase: 'out' | 'entering' | 'in' = $state('out')
  /** Why we are not in the room; '' while we are, or have not asked yet. */
  reason = $state('')
  /** Why the server keeps us waiting although the door is not shut; '' when it does not. */
  trouble = $state('')
  /** There is more above the first row. */
  older = $state(false)
  readingOlder = $state(false)
  draft = $state('')
  replyTo: MessageRow | undefined = $state.raw()
  /** Why our words are in the composer again, and until when waiting helps; 0: it does not. */
  handedBack: HandedBack | undefined = $state.raw()
  /** Rows that came while the reader was looking further up. */
  unseen = $state(0)

  /** Of every list that shows the room; the last that came speaks. */
  #brought: Extras[] = $state.raw([])

  /** What stands above the chat. */
  pinned: Pinned | undefined = $state.raw()

  /** So much is written that a part of it is shown. */
  crowded = $state(false)

  #reading = false
  #calm: ReturnType<typeof setTimeout> | undefined
  #connection: Connection
  #log: OtherLog
  #feed: Feed
  #ears: RoomEars
  #queue: SubspaceEvent[] = []
  #nextFrame: NextFrame
  #listeners: ((row: Row) => void)[] = []

  /** Another log than a room's, such as a thread's, says where it is and how it is read and taken from. */
  constructor(
    connection: Connection,
    channel: string,
    room: LogName,
    ears: RoomEars = {},
    frame: NextFrame = nextFrame,
    log: OtherLog = logOf(channel, room as RoomName),
  ) {
    this.#connection = connection
    this.channel = channel
    this.room = room
    this.#ears = ears
    this.#nextFrame = frame
    this.#log = log
    this.#feed = new Feed(connection, log.place, log.page, {
      begin: (events, more) => this.#begin(events, more),
      follow: (events) => this.#follow(events),
      entered: (frame) => this.#entered(frame),
      waiting: (reason) => (this.trouble = reason),
      skipped: () => this.#skipped(),
      out: (reason) => this.#out(reason),
    })
  }

  get place(): Located {
    return this.#log.place
  }

  /** What stands around the words, once it has come. */
  get extras(): Extras | undefined {
    return this.#brought.at(-1)
  }

  /** Until the returned undo is called. */
  bring(extras: Extras): () => void {
    this.#brought = [...this.#brought, extras]
    return () => (this.#brought = this.#brought.filter((e) => e !== extras))
  }

  start(): void {
    if (this.phase !== 'out') return
    this.phase = 'entering'
    this.#feed.start()
  }

  /** Leaves and forgets every word of the room. */
  stop(): void {
    this.#feed.stop()
    this.#forget()
  }

  /** True while the reader looks further up: rows then stay where they are, and new ones are counted. */
  get reading(): boolean {
    return this.#reading
  }

  lookUp(): void {
    this.#reading = true
  }

  catchUp(): void {
    this.#reading = false
    this.unseen = 0
    if (this.rows.length > LIVE_ROWS) {
      this.rows = this.rows.slice(-LIVE_ROWS)
      this.older = true
    }
  }

  /** Calls back for every new row, for the announcer. Returns its own undo. */
  onRow(listen: (row: Row) => void): () => void {
    this.#listeners.push(listen)
    return () => (this.#listeners = this.#listeners.filter((l) => l !== listen))
  }

  async readOlder(): Promise<void> {
    const first = this.rows[0]
    if (!first || this.readingOlder || !this.older) return
    this.readingOlder = true
    try {
      const page = await this.#feed.older(first.seq)
      if (this.phase === 'in') {
        this.rows = prepend(this.rows, page.events)
        this.older = page.more
      }
    } catch {
      // Scrolling up again asks again.
    } finally {
      this.readingOlder = false
    }
  }

  /** Sends the draft. It appears at once as outgoing, and becomes a row when the server has numbered it. */
  send(): void {
    const text = this.draft.trim()
    if (!text) return
    const replyTo = this.replyTo
    const more = this.extras?.take() ?? {}
    const message: Outgoing = {
      key: freshKey(),
      text,
      more,
      state: 'sending',
      ...(replyTo ? { replyTo } : {}),
    }
    this.outgoing = [...this.outgoing, message]
    this.handedBack = undefined
    this.draft = ''
    this.replyTo = undefined
    void this.#post(message)
  }

  /** Tries again under the same key, so that a message that did arrive is not said twice. */
  retry(key: string): void {
    const message = this.outgoing.find((m) => m.key === key)
    if (message) void this.#post(message)
  }

  /** Takes a failed message back into the composer. */
  edit(key: string): void {
    const message = this.outgoing.find((m) => m.key === key)
    if (!message) return
    this.draft = message.text
    this.replyTo = message.replyTo
    this.#settle(key)
  }

  async remove(seq: number): Promise<void> {
    await this.#log.remove(seq)
  }

  async removeQuestion(id: string): Promise<void> {
    await api.removeQuestion(this.channel, id)
  }

  isMine(row: MessageRow, account: Account | null): boolean {
    return account !== null && row.author.id === account.id
  }

  async #post(message: Outgoing): Promise<void> {
    this.#mark(message.key, { state: 'sending' })
    const { key, text, replyTo, more } = message
    try {
      const reply = replyTo ? { reply_to: replyTo.seq } : {}
      const answer = await this.#connection.request({
        type: 'post',
        ...this.#log.place,
        key,
        text,
        ...more,
        ...reply,
      })
      if (answer.type === 'ack') this.#acknowledged(key, answer.event)
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (waysReasons.test(refusal.reason) && !this.draft) return this.#handBack(key, refusal)
      if (refusal.reason !== 'unreachable') return this.#mark(key, { state: 'failed', refusal })
      this.#mark(key, { state: 'waiting', refusal })
      setTimeout(() => this.#giveUp(key), GIVE_UP_AFTER)
    }
  }

  #handBack(key: string, { reason, message, retryAfter }: Refusal): void {
    this.edit(key)
    this.handedBack = { reason, detail: message, until: retryAfter ? Date.now() + retryAfter * 1000 : 0 }
  }

  /** Without a connection it goes on waiting; with one the writer decides, and nothing is sent without them. */
  #giveUp(key: string): void {
    const { link } = this.#connection
    const lost = this.#waiting().find((m) => m.key === key)
    if (lost && (link === 'open' || link === 'stopped')) this.#mark(key, { ...lost, state: 'failed' })
  }

  #waiting(): Outgoing[] {
    return this.outgoing.filter((m) => m.state === 'waiting')
  }

  #acknowledged(key: string, event: SubspaceEvent): void {
    this.#settle(key)
    // The cursor stays: others' messages may still be on their way in front of ours.
    if (this.phase === 'in') this.rows = append(this.rows, [event], this.#keep())
  }

  #mark(key: string, { state, refusal }: Pick<Outgoing, 'state' | 'refusal'>): void {
    const mark = (m: Outgoing): Outgoing => ({ ...m, state, refusal })
    this.outgoing = this.outgoing.map((m) => (m.key === key ? mark(m) : m))
  }

  #settle(key: string): void {
    this.outgoing = this.outgoing.filter((m) => m.key !== key)
  }

  #entered(frame: Entered): void {
    this.phase = 'in'
    this.reason = ''
    this.trouble = ''
    this.pinned = frame.state.pinned
    this.#ears.state?.(frame.state)
    this.#ears.entered?.()
    for (const message of this.#waiting()) void this.#post(message)
  }

  #begin(events: SubspaceEvent[], more: boolean): void {
    this.#queue = []
    this.rows = append([], events, READING_ROWS)
    this.older = more
    this.unseen = 0
  }

  #follow(events: SubspaceEvent[]): void {
    const idle = this.#queue.length === 0
    this.#queue.push(...events)
    if (idle) this.#nextFrame(() => this.#flush())
    for (const event of events) {
      this.#ears.happened?.(event)
      if (event.kind === 'message.pinned') this.pinned = event.data
      if (event.kind === 'message.unpinned') this.pinned = undefined
    }
  }

  /** Once per frame, however many came: fifty messages a second are sixty cheap frames, not fifty layouts. */
  #flush(): void {
    const events = this.#queue
    this.#queue = []
    const before = this.rows.length
    const trimmed = append(this.rows, events, this.#keep())
    if (!this.#reading && before + events.length > LIVE_ROWS) this.older = true
    this.rows = trimmed
    const shown = events.map(rowOf).filter((row) => row !== undefined)
    if (this.#reading) this.unseen += shown.length
    for (const row of shown) for (const listen of this.#listeners) listen(row)
  }

  #skipped(): void {
    this.crowded = true
    clearTimeout(this.#calm)
    this.#calm = setTimeout(() => (this.crowded = false), CROWDED_FOR)
  }

  #keep(): number {
    return this.#reading ? READING_ROWS : LIVE_ROWS
  }

  #out(reason: string): void {
    this.#forget()
    this.reason = reason
    for (const message of this.#waiting()) this.#mark(message.key, { ...message, state: 'failed' })
    this.#ears.out?.(reason)
  }

  #forget(): void {
    clearTimeout(this.#calm)
    this.crowded = false
    this.phase = 'out'
    this.trouble = ''
    this.#queue = []
    this.rows = []
    this.pinned = undefined
    this.older = false
    this.unseen = 0
    this.#reading = false
    // What was being written to a closed room belongs to the room too.
    this.handedBack = undefined
    if (this.room !== 'public') {
      this.outgoing = []
      this.replyTo = undefined
    }
  }
}
