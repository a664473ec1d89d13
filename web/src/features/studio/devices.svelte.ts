/** Camera, screen and microphone of this browser: what there is, what was chosen, and what hinders. */

export type Source = 'camera' | 'screen'

/** Why there is no picture or no sound; each has its sentence. */
export type Hindrance = 'insecure' | 'unsupported' | 'refused' | 'missing' | 'busy'

type Kind = 'camera' | 'microphone'

const CHOICES = 'subspace.studio'
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } }

export class Devices {
  cameras: MediaDeviceInfo[] = $state.raw([])
  microphones: MediaDeviceInfo[] = $state.raw([])
  source: Source = $state('camera')
  picture: MediaStreamTrack | undefined = $state.raw()
  sound: MediaStreamTrack | undefined = $state.raw()
  muted = $state(false)
  /** What keeps the picture or the sound away. */
  pictureHindrance: Hindrance | undefined = $state()
  soundHindrance: Hindrance | undefined = $state()
  opening = $state(true)
  /** The browser has a choice for us: its own dialog is open. */
  readonly canShare: boolean

  camera = $derived(this.source === 'camera' ? this.#idOf(this.picture) : '')
  microphone = $derived(this.#idOf(this.sound))
  /** A camera that looks at who sits before it is shown as a mirror, the others are not. */
  mirrored = $derived(
    this.source === 'camera' && this.picture?.getSettings().facingMode !== 'environment' && !!this.picture,
  )

  /** Told whenever another picture or sound is there. */
  onchange: () => void = () => {}

  #media = navigator.mediaDevices as MediaDevices | undefined
  #closed = false

  constructor() {
    this.canShare = !!this.#media && 'getDisplayMedia' in this.#media
  }

  /** Asks for what was used the last time; the browser asks its reader. Returns the undo. */
  open(): () => void {
    void this.#begin()
    const again = () => void this.#list()
    this.#media?.addEventListener?.('devicechange', again)
    return () => {
      this.#closed = true
      this.#media?.removeEventListener?.('devicechange', again)
      this.picture?.stop()
      this.sound?.stop()
    }
  }

  async retry(): Promise<void> {
    await this.#begin()
  }

  async useCamera(id?: string): Promise<void> {
    this.#keep('camera', id)
    const track = await this.#ask('camera', id)
    if (!track) return
    this.source = 'camera'
    this.#show(track)
  }

  async useMicrophone(id?: string): Promise<void> {
    this.#keep('microphone', id)
    const track = await this.#ask('microphone', id)
    if (!track) return
    this.sound?.stop()
    track.enabled = !this.muted
    this.sound = track
    this.onchange()
  }

  /** Whoever closes the browser's dialog keeps what was there. */
  async useScreen(): Promise<void> {
    if (!this.#media) return
    let stream: MediaStream
    try {
      stream = await this.#media.getDisplayMedia({
        video: { frameRate: { ideal: 30, max: 30 } },
        audio: false,
      })
    } catch {
      return
    }
    if (this.#late(stream)) return
    const track = stream.getVideoTracks()[0]!
    track.contentHint = 'detail'
    this.source = 'screen'
    this.pictureHindrance = undefined
    this.#show(track)
  }

  toggleMute(): void {
    this.muted = !this.muted
    if (this.sound) this.sound.enabled = !this.muted
  }

  async #begin(): Promise<void> {
    if (!this.#media?.getUserMedia) {
      this.pictureHindrance = this.soundHindrance = isSecureContext ? 'unsupported' : 'insecure'
      this.opening = false
      return
    }
    this.opening = true
    // One question for both where both are there; a device that is missing must not hide the other.
    await this.#both()
    if (!this.picture) await this.useCamera(this.#kept('camera'))
    if (!this.sound) await this.useMicrophone(this.#kept('microphone'))
    if (this.#closed) return
    this.opening = false
    await this.#list()
  }

  async #both(): Promise<void> {
    if (this.picture || this.sound) return
    try {
      const stream = await this.#media!.getUserMedia({
        video: { ...PICTURE, deviceId: this.#kept('camera') },
        audio: { deviceId: this.#kept('microphone') },
      })
      if (this.#late(stream)) return
      this.pictureHindrance = this.soundHindrance = undefined
      this.sound = stream.getAudioTracks()[0]
      if (this.sound) this.sound.enabled = !this.muted
      this.#show(stream.getVideoTracks()[0]!)
    } catch {
      // Each is asked for by itself then, and says what is wrong.
    }
  }

  async #ask(kind: Kind, id?: string): Promise<MediaStreamTrack | undefined> {
    if (this.#closed) return undefined
    const device = id ? { exact: id } : undefined
    try {
      const stream = await this.#media!.getUserMedia(
        kind === 'camera' ? { video: { ...PICTURE, deviceId: device } } : { audio: { deviceId: device } },
      )
      if (this.#late(stream)) return undefined
      this.#hinder(kind, undefined)
      return stream.getTracks()[0]
    } catch (thrown) {
      // A device that was unplugged since: any other will do.
      if (id && thrown instanceof DOMException && thrown.name === 'OverconstrainedError')
        return this.#ask(kind)
      this.#hinder(kind, hindranceOf(thrown))
      return undefined
    }
  }

  /** What is granted after the page was left is let go at once: nobody could see that it is on. */
  #late(stream: MediaStream): boolean {
    if (this.#closed) for (const track of stream.getTracks()) track.stop()
    return this.#closed
  }

  #hinder(kind: Kind, what: Hindrance | undefined): void {
    if (kind === 'camera') this.pictureHindrance = what
    else this.soundHindrance = what
  }

  #show(track: MediaStreamTrack): void {
    const before = this.picture
    // The reader ends the sharing in the browser's own bar, or pulls the plug.
    track.onended = () => {
      if (this.picture !== track) return
      if (this.source === 'screen') void this.useCamera(this.#kept('camera'))
      else this.pictureHindrance = 'missing'
    }
    this.picture = track
    before?.stop()
    this.onchange()
  }

  async #list(): Promise<void> {
    const all = (await this.#media?.enumerateDevices()) ?? []
    // Without a permission devices have no names, and there is nothing to choose by.
    this.cameras = all.filter((d) => d.kind === 'videoinput' && d.label)
    this.microphones = all.filter((d) => d.kind === 'audioinput' && d.label)
  }

  #idOf(track: MediaStreamTrack | undefined): string {
    return track?.getSettings().deviceId ?? ''
  }

  #kept(kind: Kind): string | undefined {
    try {
      return JSON.parse(localStorage.getItem(CHOICES) ?? '{}')[kind] as string | undefined
    } catch {
      return undefined
    }
  }

  #keep(kind: Kind, id: string | undefined): void {
    if (!id) return
    try {
      const kept = JSON.parse(localStorage.getItem(CHOICES) ?? '{}') as Record<string, string>
      localStorage.setItem(CHOICES, JSON.stringify({ ...kept, [kind]: id }))
    } catch {
      // A browser may refuse storage; the choice then lasts as long as the page.
    }
  }
}

/** What a browser's refusal means. */
export function hindranceOf(thrown: unknown): Hindrance {
  const name = thrown instanceof DOMException ? thrown.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'unsupported'
}
