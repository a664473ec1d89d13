/**
 * The open poll of one room, for those who are in it. It is read once and then follows the room's log and the totals
 * that the server tells; one that closes meanwhile stays until it is put away.
 */
import { api, type Place, type Poll } from '../../api/poll'
import { Refusal } from '../../api/refusal'
import { Again } from '../../realtime/again'
import type { Connection } from '../../realtime/connection'
import type { EventData, Happened, ServerFrame, SubspaceEvent } from '../../realtime/frames'

/** So often the polls are read when something happens meanwhile. */
const TRIES = 3

export class RoomPolls {
  poll: Poll | undefined = $state.raw()
  /** It opened or closed while we were here: told once to those who listen. */
  news: 'opened' | 'closed' | undefined = $state()

  #connection: Connection
  #channel: string
  #place: Place
  #reading = 0
  /** Rises with every change: what was asked for before it may be older. */
  #changes = 0
  #again: Again

  constructor(connection: Connection, channel: string, place: Place) {
    this.#connection = connection
    this.#channel = channel
    this.#place = place
    this.#again = new Again(connection, channel, () => void this.read())
  }

  /** Until the returned undo is called. `opened` is what opened before anybody followed, and is open still. */
  follow(opened?: Happened<'poll.opened'>): () => void {
    const undo = this.#connection.onFrame((frame) => this.#receive(frame))
    if (opened) {
      // Everybody was told of it at once.
      this.#opened(opened.data, opened.at)
      this.#again.ask()
    } else {
      void this.read()
    }
    return () => {
      undo()
      this.#again.drop()
      this.#reading++
      this.poll = undefined
    }
  }

  async read(tries = TRIES): Promise<void> {
    const reading = ++this.#reading
    const changes = this.#changes
    try {
      const [newest] = await api.polls(this.#channel, this.#place)
      if (reading !== this.#reading) return
      if (changes !== this.#changes && tries > 1) return void this.read(tries - 1)
      if (!newest?.closed_at) this.poll = newest
      else if (this.poll?.id === newest.id) this.poll = newest
      else this.poll = undefined
    } catch {
      // Without an answer the room goes on without a poll; entering again asks again.
    }
  }

  /** The own vote stands on the screen at once, and is taken off again when it is refused. */
  async vote(option: number): Promise<void> {
    const { poll } = this
    if (!poll || poll.choice === option) return
    this.#change(poll.id, { choice: option })
    try {
      await this.#send(poll.id, option)
    } catch (thrown) {
      this.#change(poll.id, { choice: poll.choice })
      throw thrown
    }
  }

  async #send(poll: string, option: number): Promise<void> {
    const channel = this.#channel
    try {
      await this.#connection.request({ type: 'vote', channel, poll, option })
    } catch (thrown) {
      if (Refusal.from(thrown).reason !== 'unreachable') throw thrown
      // Without a link, or an answer by it, the vote goes the other way.
      await api.vote(channel, poll, option)
    }
  }

  putAway(): void {
    if (this.poll?.closed_at) this.poll = undefined
  }

  #receive(frame: ServerFrame): void {
    if (!('channel' in frame) || frame.channel !== this.#channel || !('room' in frame)) return
    const { room, thread } = this.#place
    if (frame.room !== room || ('thread' in frame ? frame.thread : undefined) !== thread) return
    // What is left out of a crowded room's sample is chat, never a poll: only who was too slow may have missed one.
    if (frame.type === 'entered') this.#again.ask()
    if (frame.type === 'skipped' && frame.why === 'slow') void this.read()
    if (frame.type === 'event') this.#happened(frame.event)
    if (frame.type === 'poll') this.#count(frame.poll, frame.totals)
  }

  #happened(event: SubspaceEvent): void {
    if (event.kind === 'poll.opened') this.#opened(event.data, event.at)
    if (event.kind !== 'poll.closed' || this.poll?.id !== event.data.poll) return
    const { options, voters } = event.data
    this.#change(event.data.poll, { options, voters, closed_at: event.at })
    this.news = 'closed'
  }

  #opened({ poll: id, options, ...asked }: EventData['poll.opened'], at: string): void {
    if (this.poll?.id === id) return
    this.#changes++
    const votes = asked.results === 'live' ? 0 : null
    this.poll = {
      ...{ id, room: this.#place.room, thread: this.#place.thread ?? '', ...asked },
      options: options.map((text) => ({ text, votes })),
      ...{ choice: null, voters: votes, opened_at: at, closed_at: null },
    }
    this.news = 'opened'
  }

  #count(id: string, totals: number[]): void {
    const { poll } = this
    if (poll?.id !== id || poll.closed_at) return
    const options = poll.options.map((option, i) => ({ ...option, votes: totals[i] ?? 0 }))
    this.#change(id, { options, voters: totals.reduce((a, b) => a + b, 0) })
  }

  #change(id: string, change: Partial<Poll>): void {
    if (this.poll?.id !== id) return
    this.#changes++
    this.poll = { ...this.poll, ...change }
  }
}
