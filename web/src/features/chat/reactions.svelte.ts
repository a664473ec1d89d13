/** The reactions to the messages of one room: read once, then as the room is told. */
import { message, type Counts, type Emoji, type Reactions } from '../../api/message'
import type { Located, ServerFrame } from '../../realtime/frames'
import type { Connection } from '../../realtime/connection'

/** Those there are, in the order in which they are offered; the server's package chat has the same. */
export const EMOJIS: Record<Emoji, string> = {
  ...{ heart: '❤️', laugh: '😂', fire: '🔥', clap: '👏', wow: '😮', sad: '😢' },
}
export const emojis = Object.keys(EMOJIS) as Emoji[]

/** So many sequences are told of at once. */
const SPAN = 500

type Standing = Omit<Reactions, 'seq'>
const NONE: Standing = { counts: {}, mine: [] }

export class ReactionBoard {
  #of: Readonly<Record<number, Standing>> = $state.raw({})
  #place: Located
  /** The first sequence we have asked about; Infinity: none yet. */
  #from = Infinity
  /** Rises when all is forgotten: what was asked for before that is not ours any more. */
  #stay = 0
  #connection: Connection | undefined

  constructor(place: Located) {
    this.#place = place
  }

  of(seq: number): Standing {
    return this.#of[seq] ?? NONE
  }

  /** Hears the room until the returned undo is called; what is told after that is missed, so all is forgotten. */
  follow(connection: Connection): () => void {
    this.#connection = connection
    const undo = connection.onFrame((frame) => this.#receive(frame))
    return () => {
      undo()
      this.#forget()
    }
  }

  /** The rows begin at a sequence now: what stands at those before the ones we know of is asked for. */
  async reach(first: number, last: number): Promise<void> {
    const to = this.#from === Infinity ? last : this.#from - 1
    if (first > to) return
    this.#from = first
    await this.#read(Math.max(first, to - SPAN + 1), to)
  }

  /** Ours stands on the screen at once, and is taken off again when it is refused. */
  async toggle(seq: number, emoji: Emoji): Promise<void> {
    const was = this.of(seq)
    const on = !was.mine.includes(emoji)
    const stay = this.#stay
    const mine = on ? [...was.mine, emoji] : was.mine.filter((e) => e !== emoji)
    this.#put(seq, { mine, counts: { ...was.counts, [emoji]: (was.counts[emoji] ?? 0) + (on ? 1 : -1) } })
    try {
      const now = await message.react(this.#place, seq, emoji, on)
      if (stay === this.#stay) this.#put(seq, now)
    } catch (thrown) {
      if (stay === this.#stay) this.#put(seq, was)
      throw thrown
    }
  }

  #receive(frame: ServerFrame): void {
    if (!('room' in frame) || frame.channel !== this.#place.channel) return
    if (
      frame.room !== this.#place.room ||
      ('thread' in frame ? frame.thread : undefined) !== this.#place.thread
    )
      return
    if (frame.type === 'reactions') this.#count(frame.reactions)
    if (frame.type === 'closed') this.#forget()
    // What was told while we were away is in no frame.
    if (frame.type === 'entered' && this.#from !== Infinity)
      void this.#read(Math.max(1, frame.head - SPAN + 1), frame.head)
    if (frame.type === 'event' && frame.event.kind === 'message.removed') this.#removed(frame.event.data.seqs)
  }

  #count(totals: Record<number, Counts>): void {
    const told = ([seq, counts]: [string, Counts]): [string, Standing] => {
      const mine = this.of(Number(seq)).mine.filter((e) => counts[e])
      return [seq, { counts, mine }]
    }
    this.#of = { ...this.#of, ...Object.fromEntries(Object.entries(totals).map(told)) }
  }

  #put(seq: number, standing: Standing): void {
    this.#of = { ...this.#of, [seq]: standing }
  }

  #drop(gone: (seq: number) => boolean): void {
    this.#of = Object.fromEntries(Object.entries(this.#of).filter(([seq]) => !gone(Number(seq))))
  }

  #removed(seqs: number[]): void {
    this.#drop((seq) => seqs.includes(seq))
  }

  #forget(): void {
    this.#stay++
    this.#from = Infinity
    this.#of = {}
  }

  async #read(from: number, to: number): Promise<void> {
    const stay = this.#stay
    // Where many come at once, not all ask at once.
    await new Promise<void>((now) => this.#connection?.spread(this.#place.channel, now) ?? now())
    if (stay !== this.#stay) return
    try {
      const read = await message.reactions(this.#place, from, to)
      if (stay !== this.#stay) return
      this.#drop((seq) => seq >= from && seq <= to)
      for (const { seq, ...standing } of read) this.#put(seq, standing)
    } catch {
      // The room's next frames bring what moves; entering again asks again.
    }
  }
}
