import { untrack } from 'svelte'
/** How loud: what the player reads at the start and writes when it is changed. */
export type Sound = { muted: boolean; volume: number }

import type { Ways } from './attach'
import type { Attached } from './hls'

/** The state of one <video>: what the controls show, and what keys and buttons do. */
export class PlayerState {
  paused = $state(true)
  muted = $state(false)
  /** The browser refused sound before a gesture, so we began silently and offer the sound. */
  silenced = $state(false)
  /** A picture is on the screen. */
  showing = $state(false)
  waiting = $state(false)
  latency: number | undefined = $state()
  /** Width by height of the picture; wide until the first frame says otherwise. */
  ratio = $state(16 / 9)

  /** The picture moves. */
  playing = $derived(this.showing && !this.paused && !this.waiting)

  #video: HTMLVideoElement | undefined
  #attached: Attached | undefined
  #preferences: Sound
  #wanted = ''

  constructor(preferences: Sound) {
    this.#preferences = preferences
    this.muted = preferences.muted
  }

  /** Called by the <video> itself, once. Returns the undo. */
  bind(video: HTMLVideoElement): () => void {
    this.#video = video
    // Later changes of the preferences come from this player itself; they must not bind it anew.
    untrack(() => {
      video.muted = this.#preferences.muted
      video.volume = this.#preferences.volume
    })
    const clock = setInterval(() => (this.latency = this.#attached?.follow()), 1_000)
    return () => {
      clearInterval(clock)
      this.#detach()
      this.#video = undefined
    }
  }

  /** Plays this address from now on; the same address again changes nothing, '' shows no picture. */
  async load(from: Ways): Promise<void> {
    const { url } = from
    if (url === this.#wanted || !this.#video) return
    this.#detach()
    this.#wanted = url
    if (!url) return
    const { attach } = await import('./attach')
    const attached = await attach(this.#video, from)
    if (this.#wanted !== url) return attached.detach()
    this.#attached = attached
    await this.play()
  }

  async play(): Promise<void> {
    const video = this.#video
    if (!video) return
    try {
      await video.play()
    } catch (thrown) {
      if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError' || video.muted) return
      video.muted = true
      this.silenced = true
      await video.play().catch(() => {})
    }
  }

  togglePlay(): void {
    if (!this.#video) return
    if (!this.#video.paused) return this.#video.pause()
    // A live that was paused goes on with what happens now.
    this.toLive()
  }

  toLive(): void {
    this.#attached?.toLive()
    void this.play()
  }

  toggleMute(): void {
    const video = this.#video
    if (!video) return
    video.muted = !video.muted
    this.silenced = false
    this.#preferences.muted = video.muted
  }

  setVolume(volume: number): void {
    if (!this.#video) return
    this.#video.volume = volume
    this.#video.muted = volume === 0
    this.silenced = false
    this.#preferences.volume = volume
  }

  get volume(): number {
    return this.#preferences.volume
  }

  /** What the element reports; it is the truth, the fields here only mirror it. */
  reflect(): void {
    const video = this.#video
    if (!video) return
    this.paused = video.paused
    this.muted = video.muted
    if (video.videoWidth) this.ratio = video.videoWidth / video.videoHeight
    this.showing = video.readyState >= 2 && this.#wanted !== ''
  }

  async toPicture(): Promise<void> {
    if (document.pictureInPictureElement) await document.exitPictureInPicture()
    else await this.#video?.requestPictureInPicture?.()
  }

  /** Fills the screen with the stage, so that the question on air stays on the picture. */
  async toFullScreen(stage: HTMLElement): Promise<void> {
    if (document.fullscreenElement) return document.exitFullscreen()
    const phone = this.#video as (HTMLVideoElement & { webkitEnterFullscreen?(): void }) | undefined
    if (stage.requestFullscreen) await stage.requestFullscreen()
    else phone?.webkitEnterFullscreen?.()
  }

  #detach(): void {
    this.#attached?.detach()
    this.#attached = undefined
    this.#wanted = ''
    this.showing = false
    this.latency = undefined
  }
}
