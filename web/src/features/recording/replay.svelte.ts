import { api, type Replayed } from '../../api/recording'
import { Refusal } from '../../api/refusal'
import type { Attached } from '../../player/hls'

/** A recording, its picture, and the place in it that is shown. */
export class ReplayState {
  now: Replayed | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()
  /** The picture cannot be loaded any more. */
  broken = $state(false)
  /** The place that is shown, in milliseconds. */
  at = $state(0)

  readonly channel: string
  readonly id: string

  #reading = 0
  /** It was begun at the question that it was opened for. */
  #led = false
  readonly #question: string
  #video: HTMLVideoElement | undefined
  #attached: Attached | undefined
  #wanted = ''

  /** It begins where a question was on air, or else at from, in milliseconds. */
  constructor(channel: string, id: string, from: number, question: string) {
    this.channel = channel
    this.id = id
    this.#question = question
    this.at = from
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    this.failure = undefined
    this.broken = false
    try {
      const now = await api.read(this.channel, this.id)
      if (reading !== this.#reading) return
      this.now = now
      const asked = this.now.chapters.find(({ id }) => id === this.#question)
      if (asked && !this.#led) this.at = asked.at_ms
      this.#led = true
    } catch (thrown) {
      if (reading === this.#reading) this.failure = Refusal.from(thrown)
    }
  }

  /** Called by the <video> itself, once. Returns the undo. */
  bind(video: HTMLVideoElement): () => void {
    this.#video = video
    return () => {
      this.#attached?.detach()
      this.#attached = undefined
      this.#video = undefined
      this.#wanted = ''
    }
  }

  async load(url: string): Promise<void> {
    if (!this.#video || url === this.#wanted) return
    this.#attached?.detach()
    this.#attached = undefined
    this.#wanted = url
    if (!url) return
    const { attach } = await import('../../player/hls')
    if (this.#wanted !== url || !this.#video) return
    const attached = await attach(this.#video, url, () => (this.broken = true), this.at / 1000)
    if (this.#wanted !== url) return attached.detach()
    this.#attached = attached
  }

  seek(ms: number): void {
    if (!this.#video) return
    this.#video.currentTime = ms / 1000
    this.at = ms
    // Somebody who chose a place wants to see it; a browser that refuses leaves its own button.
    void this.#video.play().catch(() => {})
  }

  /** What the element reports. */
  reflect(): void {
    if (this.#video) this.at = Math.round(this.#video.currentTime * 1000)
  }
}
