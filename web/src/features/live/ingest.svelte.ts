import { api, type Ingest } from '../../api/subspace'
import { Refusal } from '../../api/refusal'

const LOOK_EVERY = 3_000

export type Trouble = 'b_frames' | 'keyframes' | 'hevc' | 'audio'

/** Where the creator's stream arrives, and how it is doing; asked every few seconds while it is looked at. */
export class IngestState {
  ingest: Ingest | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()

  health = $derived(this.ingest?.health)
  /** What a viewer would notice and the creator can change in OBS; empty when all is well. */
  troubles: Trouble[] = $derived.by(() => {
    const health = this.health
    if (!health?.publishing) return []
    const found: Trouble[] = []
    if (health.b_frames) found.push('b_frames')
    if (health.keyframe_seconds > 4) found.push('keyframes')
    if (health.video === 'HEVC') found.push('hevc')
    if (!health.audio) found.push('audio')
    return found
  })

  #channel: string

  constructor(channel: string) {
    this.#channel = channel
  }

  /** Looks until the returned undo is called. */
  watch(): () => void {
    void this.read()
    const timer = setInterval(() => document.hidden || this.read(), LOOK_EVERY)
    return () => clearInterval(timer)
  }

  async read(): Promise<void> {
    try {
      this.ingest = await api.ingest(this.#channel)
      this.failure = undefined
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }

  /** The old key stops working at once. Throws the refusal. */
  async renewKey(): Promise<void> {
    this.ingest = await api.newIngestKey(this.#channel)
  }
}
