/**
 * One room's log as this page reads it: in order, without doubles and without holes. Feed enters the room
 * whenever the socket opens, goes on from its cursor, and when a number is missing it pages over REST before
 * it delivers what came after. While the server has trouble it keeps its place and enters again by itself.
 */
import type { EventPage } from '../api/subspace'
import { passingReasons, Refusal } from '../api/refusal'
import type { Connection } from './connection'
import type { Closed, Entered, Located, Place, ServerFrame, Skipped, SubspaceEvent } from './frames'

/** How a Feed reads the log over REST. */
export type Pager = (query: { after?: number; before?: number; limit?: number }) => Promise<EventPage>

export type Reader = {
  /** The page in front of the reader is replaced: first entry, or an absence too long to read through. */
  begin(events: SubspaceEvent[], older: boolean): void
  /** The next events of the log, each exactly once. */
  follow(events: SubspaceEvent[]): void
  entered?(frame: Entered): void
  /** Some of the log is not shown: to everybody, because too much is written, or to us, because we are slow. */
  skipped?(why: Skipped['why']): void
  /** Not in the room for a reason that passes: what was delivered stays, and entering is tried again. */
  waiting?(reason: string): void
  /** Not or no longer in the room; `reason` says why. Nothing more is delivered until the next entry. */
  out?(reason: string, detail: string): void
}

const PAGE = 100
/** What tells more of a message stands so far behind it, mostly. */
const BEHIND = 20
/** More missed pages than this, and the newest page replaces the list instead. */
const PAGES_TO_CATCH_UP = 3

export class Feed {
  /** The last number delivered; undefined before the first page. */
  cursor: number | undefined

  #connection: Connection
  #place: Place
  #page: Pager
  #reader: Reader
  #channel: string | undefined
  /** What the cursor counts in: the server has another after it was restored from a backup. */
  #history: string | undefined
  #inside = false
  /** How many times we have asked to enter and not been answered. */
  #asking = 0
  #held: SubspaceEvent[] = []
  #catching: Promise<void> | undefined
  #undo: (() => void)[] = []
  #tries = 0
  #giveUpTrying: (() => void) | undefined
  /** Counts entries, so that a page asked for before a closed door is not delivered after it. */
  #visit = 0

  constructor(connection: Connection, place: Place, page: Pager, reader: Reader) {
    this.#connection = connection
    this.#place = place
    this.#page = page
    this.#reader = reader
    this.#channel = 'channel' in place ? place.channel : undefined
  }

  /** Begins to follow, now and after every reconnect, until stop(). */
  start(): void {
    if (this.#undo.length) return
    this.#undo = [
      this.#connection.onLink((link) => (link === 'open' ? void this.enter() : (this.#inside = false))),
      this.#connection.onFrame((frame) => this.#receive(frame)),
    ]
    if (this.#connection.link === 'open') void this.enter()
  }

  stop(): void {
    for (const undo of this.#undo) undo()
    this.#undo = []
    // At once, also when the answer to 'enter' is on its way: whoever enters after us must come after this.
    if ((this.#inside || this.#asking) && this.#channel) {
      const leave = { ...this.#place, type: 'leave', channel: this.#channel } as const
      this.#connection.request(leave).catch(() => {})
    }
    this.forget()
  }

  /** Drops the cursor and everything held back: the next entry starts from the newest page. */
  forget(): void {
    this.#visit++
    this.#inside = false
    this.#held = []
    this.#catching = undefined
    this.cursor = undefined
    this.#settle()
  }

  async enter(): Promise<void> {
    this.#giveUpTrying?.()
    const history = this.#history === undefined ? {} : { history: this.#history }
    const cursor = this.cursor === undefined ? {} : { cursor: this.cursor, ...history }
    this.#asking++
    try {
      await this.#connection
        .request({ type: 'enter', ...this.#place, ...cursor })
        .finally(() => this.#asking--)
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (refusal.reason === 'cursor_unknown' && this.cursor !== undefined) this.#beginAnew()
      else if (refusal.passing) this.#wait(refusal.reason, refusal.retryAfter)
      else this.#leave(refusal.reason, refusal.message)
    }
  }

  /** What we have read is not what the server holds now. The newest page replaces it. */
  #beginAnew(): void {
    this.forget()
    void this.enter()
  }

  /** Trouble of the server's is not a closed door. Nor is a lost socket: entering follows when it is back. */
  #wait(reason: string, seconds = 0): void {
    if (this.#connection.link !== 'open' || this.#undo.length === 0) return
    this.#reader.waiting?.(reason)
    this.#giveUpTrying = this.#connection.later(this.#tries++, seconds * 1000, () => void this.enter())
  }

  #settle(): void {
    this.#giveUpTrying?.()
    this.#giveUpTrying = undefined
    this.#tries = 0
  }

  /** Messages before `seq`, oldest first, and a little of what came after them; for a reader who scrolls up. */
  older(seq: number): Promise<EventPage> {
    return this.#page({ before: seq + BEHIND, limit: PAGE })
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'entered' && this.#isMine(frame)) this.#entered(frame)
    else if (frame.type === 'closed' && this.#isMine(frame)) this.#closed(frame)
    else if (frame.type === 'event' && this.#isMine(frame) && this.#inside) this.#arrive([frame.event])
    else if (frame.type === 'skipped' && this.#isMine(frame) && this.#inside) this.#skip(frame)
  }

  /** Goes on behind what will not come. Is something missing before it, the next event has it all read. */
  #skip({ from, to, why }: Skipped): void {
    if (this.#catching || this.cursor === undefined || from > this.cursor + 1) return
    this.cursor = Math.max(this.cursor, to)
    this.#reader.skipped?.(why)
  }

  #isMine(frame: Located): boolean {
    // The overlay learns its channel's handle from the first answer.
    if (this.#channel === undefined && 'overlay' in this.#place) this.#channel = frame.channel
    const { room, thread } = this.#place
    return frame.channel === this.#channel && frame.room === room && frame.thread === thread
  }

  #entered(frame: Entered): void {
    this.#settle()
    this.#inside = true
    this.#held = []
    this.#catching = undefined
    this.#visit++
    this.#history = frame.history
    this.#reader.entered?.(frame)
    if (this.cursor === undefined) return this.#beginWith(frame.events, frame.more, frame.head)
    this.#arrive(frame.events)
    if (this.cursor < frame.head) this.#catchUp(frame.head)
  }

  #beginWith(events: SubspaceEvent[], older: boolean, head: number): void {
    this.cursor = events.at(-1)?.seq ?? head
    this.#reader.begin(events, older)
  }

  #arrive(events: SubspaceEvent[]): void {
    if (this.#catching) return void this.#held.push(...events)
    const next: SubspaceEvent[] = []
    let last = this.cursor ?? 0
    for (const event of events) {
      if (event.seq <= last) continue
      if (event.seq > last + 1) {
        this.#held.push(...events.filter((e) => e.seq > last))
        break
      }
      next.push(event)
      last = event.seq
    }
    this.#deliver(next)
    const missing = this.#held.at(-1)
    if (missing) this.#catchUp(missing.seq)
  }

  #deliver(events: SubspaceEvent[]): void {
    const last = events.at(-1)
    if (!last) return
    this.cursor = last.seq
    this.#reader.follow(events)
  }

  #catchUp(to: number): void {
    if (this.#catching) return
    const catching = this.#readUpTo(to, this.#visit).finally(() => {
      if (this.#catching === catching) this.#catching = undefined
    })
    this.#catching = catching
  }

  async #readUpTo(to: number, visit: number): Promise<void> {
    try {
      for (let pages = 0; (this.cursor ?? 0) < to; pages++) {
        const newest = pages === PAGES_TO_CATCH_UP
        const page = await this.#page(newest ? { limit: PAGE } : { after: this.cursor ?? 0, limit: PAGE })
        if (visit !== this.#visit) return
        if (newest) this.#beginWith(page.events, page.more, page.head)
        else this.#deliver(page.events.filter((e) => e.seq > (this.cursor ?? 0)))
        if (newest || !page.more) break
      }
    } catch {
      // The held events are newer than what we miss; showing them late beats showing nothing.
    }
    if (visit !== this.#visit) return
    const held = this.#held.filter((e) => e.seq > (this.cursor ?? 0)).sort((a, b) => a.seq - b.seq)
    this.#held = []
    this.#deliver(held.filter((e, i) => e.seq !== held[i - 1]?.seq))
  }

  /** A private door that shuts takes its words with it, whatever the reason. */
  #closed(frame: Closed): void {
    if (frame.room !== 'public' || !passingReasons.has(frame.reason))
      return this.#leave(frame.reason, frame.detail)
    this.#inside = false
    this.#wait(frame.reason)
  }

  #leave(reason: string, detail: string): void {
    this.forget()
    this.#reader.out?.(reason, detail)
  }
}
