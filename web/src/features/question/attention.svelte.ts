import { api, type Attention } from '../../api/question'

const SOON = 400

/** How this live's attention is shared between the rooms, as the server counts it. */
export class AttentionState {
  figures: Attention | undefined = $state.raw()

  #channel: string
  #soon: ReturnType<typeof setTimeout> | undefined

  constructor(channel: string) {
    this.#channel = channel
  }

  /** Reads once for whatever happened in this moment. */
  refresh(): void {
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => void this.read(), SOON)
  }

  stop(): void {
    clearTimeout(this.#soon)
  }

  async read(): Promise<void> {
    try {
      this.figures = await api.attention(this.#channel)
    } catch {
      // What was known stays; the next event asks again.
    }
  }

  async setPatience(seconds: number): Promise<void> {
    this.figures = await api.setPatience(this.#channel, seconds)
  }
}
