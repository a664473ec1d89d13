/**
 * What was missed since the last visit to a Sub Space. While somebody looks at the room the server hears of it: on
 * coming, every two minutes, and on going. It says in return which absence there is to tell of.
 */
import { api, type Digest, type Visit } from '../../api/digest'
import type { Connection } from '../../realtime/connection'
import type { ServerFrame } from '../../realtime/frames'
import { takenAway, tells } from './taken'

/** Well within the pause after which the server takes somebody for gone. */
const SAY_EVERY = 2 * 60_000

export class DigestState {
  /** Undefined: there is nothing to tell. */
  now: Digest | undefined = $state.raw()

  #connection: Connection
  #channel: string
  /** The absence that was asked about. */
  #asked: Visit | undefined
  /** Rises when the door closes: what was asked for before that is not ours any more. */
  #stay = 0
  #reading = 0
  /** The last reading that was answered, or failed. */
  #read = 0

  constructor(connection: Connection, channel: string) {
    this.#connection = connection
    this.#channel = channel
  }

  /** Until the returned undo is called, after which nothing of it stays in memory. */
  follow(): () => void {
    const gone = new AbortController()
    const look = setInterval(() => document.hidden || void this.say(), SAY_EVERY)
    const deaf = this.#connection.onFrame((frame) => this.#receive(frame))
    // Hidden it is the last word for now; shown again the first.
    document.addEventListener('visibilitychange', () => void this.say(), { signal: gone.signal })
    void this.say()
    return () => {
      clearInterval(look)
      deaf()
      gone.abort()
      this.#stay++
      this.#forget()
      // Refused, when it was the door that closed.
      api.come(this.#channel).catch(() => {})
    }
  }

  async say(): Promise<void> {
    const stay = this.#stay
    try {
      const visit = await api.come(this.#channel)
      if (stay === this.#stay && !same(visit, this.#asked)) await this.#tell(visit)
    } catch {
      // Without it the room is as it always is; the next word asks again.
    }
  }

  /** It was read, and is told on no device again. It stands until the server has heard so. */
  async putAway(): Promise<void> {
    const { now } = this
    if (!now) return
    await api.told(this.#channel, now.until)
    if (this.now?.until !== now.until) return
    // An answer that is on its way is of before.
    this.#read = ++this.#reading
    this.now = undefined
  }

  async #tell(visit: Visit): Promise<void> {
    const reading = ++this.#reading
    this.#asked = visit
    try {
      const digest = visit.since === visit.until ? undefined : await api.digest(this.#channel)
      if (reading !== this.#reading) return
      this.#read = reading
      this.now = digest?.worth ? digest : undefined
    } catch {
      // What stood there may be nobody's to read any more. The next word asks again.
      if (reading === this.#reading) this.#forget()
    }
  }

  #forget(): void {
    this.#read = ++this.#reading
    this.#asked = this.now = undefined
  }

  /** What was taken away, or is not ours to read any more, does not stay on the card. */
  #receive(frame: ServerFrame): void {
    if (!this.#asked || !('channel' in frame) || frame.channel !== this.#channel) return
    const gone = takenAway(frame)
    const onItsWay = this.#reading !== this.#read
    const concerns = frame.type === 'standing' || gone.some((taken) => onItsWay || tells(this.now, taken))
    if (concerns && (onItsWay || this.now)) void this.#tell(this.#asked)
  }
}

const same = (a: Visit, b: Visit | undefined) => a.since === b?.since && a.until === b.until
