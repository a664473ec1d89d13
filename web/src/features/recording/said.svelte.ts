import { api } from '../../api/recording'
import type { Replayed } from '../../api/recording'
import { Refusal } from '../../api/refusal'
import { api as rooms } from '../../api/subspace'
import type { RoomName } from '../../realtime/frames'
import { append, type Row } from '../chat/rows'
import { offset } from './offset'

/** A row and where in the recording it was written. */
export type SaidRow = { row: Row; at: number }

/** How many rows stand on the screen: those before them have been read. */
const SHOWN = 100
/** After a jump the rows begin this much earlier, so that the list is not empty. */
const BEFORE = 60_000
/** The next stretch of the log is asked for when this little is left. */
const AHEAD = 20_000
const PAGE = 200

/** What was said in a room while a recording was live, up to the place that is shown. */
export class Said {
  failure: Refusal | undefined = $state.raw()

  #rows: SaidRow[] = $state.raw([])
  /** From where to where all is known; nothing is at first. */
  #from = $state(0)
  #to = $state(-1)
  #cursor = 0
  #loading = false

  readonly #channel: string
  readonly #recording: Replayed
  readonly room: RoomName

  constructor(channel: string, recording: Replayed, room: RoomName) {
    this.#channel = channel
    this.#recording = recording
    this.room = room
  }

  /** The rows that had been written at a place, the last of them. */
  upTo(at: number): SaidRow[] {
    const rows = this.#rows
    let end = rows.length
    while (end > 0 && rows[end - 1]!.at > at) end--
    return rows.slice(Math.max(0, end - SHOWN), end)
  }

  /** Has what belongs to a place read, when it is not known yet. */
  async follow(at: number): Promise<void> {
    if (this.#loading || this.failure) return
    const jumped = this.#to < 0 || at < this.#from || at > this.#to + BEFORE
    if (!jumped && at + AHEAD < this.#to) return
    this.#loading = true
    try {
      if (jumped) await this.#begin(Math.max(0, at - BEFORE))
      else await this.#more()
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    } finally {
      this.#loading = false
    }
  }

  /** After a failure. */
  again(): void {
    this.failure = undefined
  }

  async #begin(from: number): Promise<void> {
    this.#cursor = await api.place(this.#channel, this.#recording.id, this.room, from)
    this.#rows = []
    this.#from = from
    this.#to = from
    await this.#more()
  }

  async #more(): Promise<void> {
    if (this.#to === Infinity) return
    const page = await rooms.events(this.#channel, this.room, { after: this.#cursor, limit: PAGE })
    const last = page.events.at(-1)
    const { stretches } = this.#recording
    const all = append(
      this.#rows.map(({ row }) => row),
      page.events,
      Infinity,
    )
    const ends = stretches.at(-1)
    const end = ends ? Date.parse(ends.at) + ends.length_ms : 0
    // What was removed has no place in a replay, and is not spoken of.
    this.#rows = all
      .filter((row) => row.kind !== 'removed' && Date.parse(row.at) <= end)
      .map((row) => ({ row, at: offset(stretches, row.at) }))
    this.#cursor = last?.seq ?? this.#cursor
    const over = !page.more || (last && Date.parse(last.at) > end)
    this.#to = over ? Infinity : last ? offset(stretches, last.at) : this.#to
  }
}
