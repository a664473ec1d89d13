import { api, type Playback } from '../../api/subspace'

const AGAIN_AFTER = [1_000, 2_000, 4_000, 8_000]

/**
 * Where the picture comes from. A fresh address for a live that is already playing is ignored: the video
 * must not restart because something else on the page was read again.
 */
export class PlaybackState {
  state: Playback['state'] | 'loading' = $state('loading')
  url = $state('')
  /** Where the same can be watched by WebRTC, whatever the browser thinks of its playlist; '' for nowhere. */
  whep = ''
  /** Why there is none. What this browser has no decoder for is 'codec:' and its name. */
  reason = $state('')

  #channel: string
  #reading = 0
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(channel: string) {
    this.#channel = channel
  }

  async read({ fresh = false } = {}): Promise<void> {
    const reading = ++this.#reading
    try {
      const playback = await api.playback(this.#channel)
      if (reading === this.#reading) this.#take(playback, fresh)
    } catch {
      if (reading === this.#reading) this.#later()
    }
  }

  /** The player could not go on with the address it has: an ended token, a restarted server. */
  stalled(): void {
    this.#later()
  }

  /** The player shows a picture again. */
  playing(): void {
    this.#failures = 0
  }

  stop(): void {
    this.#reading++
    clearTimeout(this.#timer)
    this.url = ''
  }

  #take(playback: Playback, fresh: boolean): void {
    const resumes = this.state === 'interrupted' && playback.state === 'live'
    this.state = playback.state
    // What nothing is known of is tried, and so is all where there is nobody to ask.
    const type = playback.codecs && `video/mp4;codecs="${playback.codecs}"`
    this.whep = playback.whep
    const unplayable = !this.whep && type && window.MediaSource?.isTypeSupported(type) === false
    const url = unplayable ? '' : playback.url
    this.reason = unplayable ? `codec:${playback.video}` : playback.reason
    // While interrupted the player keeps its last frame and its address: the same broadcast may come back.
    if (!url && playback.state === 'interrupted') return
    if (!this.url || !url || fresh || resumes) this.url = url
  }

  #later(): void {
    clearTimeout(this.#timer)
    const wait = AGAIN_AFTER[Math.min(this.#failures++, AGAIN_AFTER.length - 1)]!
    this.#timer = setTimeout(() => void this.read({ fresh: true }), wait * (0.75 + Math.random() / 2))
  }
}
