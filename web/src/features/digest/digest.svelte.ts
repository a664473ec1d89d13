/**
 * What was missed since the last visit to a Sub Space. While somebody looks at the room the server hears of it: on
 * coming, every two minutes, and on going. It says in return which absence there is to tell of.
 */
import { api, type Digest, type Visit } from '../../api/digest'

/** Well within the pause after which the server takes somebody for gone. */
const SAY_EVERY = 2 * 60_000

export class DigestState {
  /** Undefined: there is nothing to tell. */
  now: Digest | undefined = $state.raw()

  #channel: string
  /** The absence that was asked about. */
  #asked: Visit | undefined
  /** Rises when the door closes: what was asked for before that is not ours any more. */
  #stay = 0

  constructor(channel: string) {
    this.#channel = channel
  }

  /** Until the returned undo is called, after which nothing of it stays in memory. */
  follow(): () => void {
    const gone = new AbortController()
    const look = setInterval(() => document.hidden || void this.say(), SAY_EVERY)
    // Hidden it is the last word for now; shown again the first.
    document.addEventListener('visibilitychange', () => void this.say(), { signal: gone.signal })
    void this.say()
    return () => {
      clearInterval(look)
      gone.abort()
      this.#stay++
      this.#asked = this.now = undefined
      // Refused, when it was the door that closed.
      api.come(this.#channel).catch(() => {})
    }
  }

  async say(): Promise<void> {
    const stay = this.#stay
    try {
      const visit = await api.come(this.#channel)
      if (stay !== this.#stay || same(visit, this.#asked)) return
      const digest = visit.since === visit.until ? undefined : await api.digest(this.#channel)
      if (stay !== this.#stay) return
      this.#asked = visit
      this.now = digest?.worth ? digest : undefined
    } catch {
      // Without it the room is as it always is; the next word asks again.
    }
  }

  /** It was read, and is told on no device again. It stands until the server has heard so. */
  async putAway(): Promise<void> {
    const { now } = this
    if (!now) return
    await api.told(this.#channel, now.until)
    if (this.now === now) this.now = undefined
  }
}

const same = (a: Visit, b: Visit | undefined) => a.since === b?.since && a.until === b.until
