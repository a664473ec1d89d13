/** What happened during the live that is on, or else the last, as the server counts it. */
import { insight, type LiveFigures } from '../../api/insight'
import type { Connection } from '../../realtime/connection'
import type { ServerFrame } from '../../realtime/frames'

/** While a live goes on its figures are asked for this often. */
const LOOK_EVERY = 10_000

export class FiguresState {
  /** Undefined until they are known, and before the first live. */
  live: LiveFigures | undefined = $state.raw()

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
      const live = await insight.live(this.#channel)
      if (reading === this.#reading) this.live = live
    } catch {
      // What was known stays; before the first live there is nothing. The next look asks again.
    }
  }

  #look(): void {
    if (!document.hidden && this.live && !this.live.ended) void this.read()
  }

  #receive(frame: ServerFrame): void {
    if (!('channel' in frame) || frame.channel !== this.#channel || frame.type !== 'event') return
    if (/^live\.(started|ended)$|^gift\./.test(frame.event.kind)) void this.read()
  }
}
