import type { Goal, Look } from '../../api/overlay'
import type { Poll } from '../../api/poll'
import { api, type OnAir } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import { Feed } from '../../realtime/feed'
import type { EventData, ServerFrame, SubspaceEvent, Totals } from '../../realtime/frames'
import type { Alerts, News } from './alerts.svelte'

const AGAIN_AFTER = 5_000
/** Without news for this long the question may be over; an empty overlay is the smaller mistake. */
const TRUST_FOR = 20_000

/** So often it is read when something happens meanwhile. */
const TRIES = 3

/** How long the result of a poll stands over the picture. */
const RESULT_FOR = 12_000

/** How it looks until the server has said. */
const FIRST: Look = {
  ...{ theme: 'dark', size: 'medium' },
  ...{ question: 'bottom_left', poll: 'bottom_right', goal: 'top_right', alerts: 'top_left' },
}

/** The OBS overlay of one channel, known only by the overlay's secret: all that it shows everybody may see. */
export class OverlayState {
  onAir: OnAir | null = $state.raw(null)
  poll: Poll | null = $state.raw(null)
  goal: Goal | null = $state.raw(null)
  look: Look = $state.raw(FIRST)
  /** Null until there is something to celebrate. */
  alerts: Alerts | null = $state.raw(null)

  #secret: string
  #feed: Feed
  #timer: ReturnType<typeof setTimeout> | undefined
  #doubt: ReturnType<typeof setTimeout> | undefined
  #result: ReturnType<typeof setTimeout> | undefined
  #gifts = false
  #reading = 0
  /** Rises with everything heard that a reading tells of too: what was asked for before it may be older. */
  #changes = 0
  /** Rises when all is taken away: nothing of before comes back. */
  #cleared = 0
  /** Of the events heard as they happened, the last: nothing is celebrated twice. */
  #heard = 0

  constructor(connection: Connection, secret: string) {
    this.#secret = secret
    this.#feed = new Feed(connection, { overlay: secret, room: 'public' }, noHistory, {
      begin: () => {},
      follow: (events) => events.forEach((event) => this.#apply(event)),
      // Events before this entry are not replayed, so the present state is asked for.
      entered: () => this.#entered(),
      waiting: () => this.#doubtSoon(),
      out: () => this.#clear(),
    })
    connection.onFrame((frame) => this.#hear(frame))
    connection.onLink((link) => link !== 'open' && this.#doubtSoon())
  }

  start(): void {
    this.#feed.start()
    void this.read()
  }

  async read(tries = TRIES): Promise<void> {
    clearTimeout(this.#timer)
    const reading = ++this.#reading
    const changes = this.#changes
    try {
      const { on_air, poll, look, goal, alerts } = await api.overlayView(this.#secret)
      if (reading !== this.#reading) return
      if (changes !== this.#changes && tries > 1) return void this.read(tries - 1)
      this.onAir = on_air
      this.look = look
      this.goal = goal
      this.#gifts = alerts.gifts
      // A result stands its time out.
      if (poll || !this.poll?.closed_at) this.poll = poll
    } catch (thrown) {
      if (reading !== this.#reading) return
      if (Refusal.from(thrown).status === 404) this.#clear()
      this.#timer = setTimeout(() => void this.read(), AGAIN_AFTER)
    }
  }

  #hear(frame: ServerFrame): void {
    if (frame.type === 'poll' || frame.type === 'goal') this.#changes++
    if (frame.type === 'poll') this.#count(frame)
    else if (frame.type === 'overlay') void this.read()
    else if (frame.type === 'goal' && this.goal) this.goal = { ...this.goal, people: frame.people }
    else if (frame.type === 'begun') void this.#celebrate({ kind: 'begun', n: frame.people })
    // What was missed stands in the answer to 'enter' and is no news any more: only what comes by itself is.
    else if (frame.type === 'event' && frame.room === 'public') this.#given(frame.event)
  }

  #given({ kind, seq, data }: SubspaceEvent): void {
    if (seq <= this.#heard) return
    this.#heard = seq
    if (kind !== 'gift.given' || !this.#gifts) return
    void this.#celebrate({ kind: 'gift', name: data.name, n: data.people, to: data.to })
  }

  async #celebrate(news: News): Promise<void> {
    if (!this.alerts) {
      const cleared = this.#cleared
      const { Alerts } = await import('./alerts.svelte')
      if (cleared !== this.#cleared) return
      this.alerts ??= new Alerts()
    }
    this.alerts.add(news)
  }

  #apply(event: SubspaceEvent): void {
    if (/^(question|poll)\./.test(event.kind)) this.#changes++
    if (event.kind === 'question.aired') {
      const { question, name, text } = event.data
      this.onAir = { question, name, text, since: event.at, audience: 'public' }
    }
    // What is asked is read anew: the server alone says what may be shown of it.
    if (event.kind === 'poll.opened') void this.read()
    if (event.kind === 'poll.closed') this.#closed(event.data, event.at)
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
    this.#doubt ??= setTimeout(() => this.#clear(), TRUST_FOR)
  }

  /** What is on its way is forgotten too; who enters again asks again. */
  #clear(): void {
    clearTimeout(this.#timer)
    this.#reading++
    this.#cleared++
    this.onAir = null
    this.poll = null
    this.goal = null
    this.alerts?.clear()
  }

  #count({ poll: id, totals }: Totals): void {
    const { poll } = this
    if (poll?.id !== id || poll.closed_at) return
    const options = poll.options.map((option, i) => ({ ...option, votes: totals[i] ?? 0 }))
    this.poll = { ...poll, options, voters: totals.reduce((a, b) => a + b, 0) }
  }

  #closed({ poll: id, options, voters }: EventData['poll.closed'], at: string): void {
    if (this.poll?.id !== id) return
    this.poll = { ...this.poll, options, voters, closed_at: at }
    clearTimeout(this.#result)
    this.#result = setTimeout(() => {
      if (this.poll?.id === id) this.poll = null
    }, RESULT_FOR)
  }
}

/** A gap costs the overlay nothing: it asks for the present state instead of the missed events. */
const noHistory = () => Promise.resolve({ events: [], head: 0, more: false })
