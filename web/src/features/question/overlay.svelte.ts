import { api, type OnAir } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import { Feed } from '../../realtime/feed'
import type { SubspaceEvent } from '../../realtime/frames'

const AGAIN_AFTER = 5_000
/** Without news for this long the question may be over; an empty overlay is the smaller mistake. */
const TRUST_FOR = 20_000

/** The OBS overlay: the question on air of one channel, known only by the overlay's secret. */
export class OverlayState {
  onAir: OnAir | null = $state.raw(null)

  #secret: string
  #feed: Feed
  #timer: ReturnType<typeof setTimeout> | undefined
  #doubt: ReturnType<typeof setTimeout> | undefined

  constructor(connection: Connection, secret: string) {
    this.#secret = secret
    this.#feed = new Feed(connection, { overlay: secret, room: 'public' }, noHistory, {
      begin: () => {},
      follow: (events) => events.forEach((event) => this.#apply(event)),
      // Events before this entry are not replayed, so the present state is asked for.
      entered: () => this.#entered(),
      waiting: () => this.#doubtSoon(),
      out: () => (this.onAir = null),
    })
    connection.onLink((link) => link !== 'open' && this.#doubtSoon())
  }

  start(): void {
    this.#feed.start()
    void this.read()
  }

  async read(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      this.onAir = (await api.overlayView(this.#secret)).on_air
    } catch (thrown) {
      if (Refusal.from(thrown).status === 404) this.onAir = null
      this.#timer = setTimeout(() => void this.read(), AGAIN_AFTER)
    }
  }

  #apply(event: SubspaceEvent): void {
    if (event.kind === 'question.aired') {
      const { question, name, text } = event.data
      this.onAir = { question, name, text, since: event.at, audience: 'public' }
    }
    const over = event.kind === 'question.answered' || event.kind === 'question.returned'
    if (over && this.onAir?.question === event.data.question) this.onAir = null
  }

  #entered(): void {
    clearTimeout(this.#doubt)
    this.#doubt = undefined
    void this.read()
  }

  /** From now on nobody tells us what happens. */
  #doubtSoon(): void {
    this.#doubt ??= setTimeout(() => (this.onAir = null), TRUST_FOR)
  }
}

/** A gap costs the overlay nothing: it asks for the present state instead of the missed events. */
const noHistory = () => Promise.resolve({ events: [], head: 0, more: false })
