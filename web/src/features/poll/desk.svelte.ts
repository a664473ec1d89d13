/** The creator's polls, in all rooms, with how many chose what: also where the room sees that at the end only. */
import { api, type Poll, type PollWish } from '../../api/poll'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import type { ServerFrame } from '../../realtime/frames'

/** What the rooms are not told is asked for this often, while a poll is open. */
const LOOK_EVERY = 3_000

export class PollDeskState {
  all: Poll[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  /** Those that can be voted in, the newest first. */
  running = $derived(this.all.filter((poll) => !poll.closed_at))

  #connection: Connection
  #channel: string
  #reading = 0

  constructor(connection: Connection, channel: string) {
    this.#connection = connection
    this.#channel = channel
  }

  /** Until the returned undo is called. */
  follow(): () => void {
    const undo = this.#connection.onFrame((frame) => this.#receive(frame))
    const look = setInterval(() => this.#look(), LOOK_EVERY)
    void this.read()
    return () => {
      this.#reading++
      undo()
      clearInterval(look)
    }
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    try {
      const all = await api.polls(this.#channel)
      if (reading !== this.#reading) return
      this.all = all
      this.state = 'ready'
    } catch (thrown) {
      if (reading !== this.#reading || this.state === 'ready') return
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  async open(wish: PollWish): Promise<void> {
    await api.open(this.#channel, wish)
    await this.read()
  }

  async close(id: string): Promise<void> {
    await api.close(this.#channel, id)
    await this.read()
  }

  #look(): void {
    if (!document.hidden && this.running.length) void this.read()
  }

  #receive(frame: ServerFrame): void {
    if (!('channel' in frame) || frame.channel !== this.#channel) return
    if (frame.type === 'event' && frame.event.kind.startsWith('poll.')) void this.read()
  }
}
