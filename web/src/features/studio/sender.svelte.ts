import { Refusal } from '../../api/refusal'
import { judge, read, type Counted, type Quality } from './quality'

export type Phase =
  /** Nothing is sent. */
  | 'off'
  /** The first connection comes about. */
  | 'connecting'
  | 'sending'
  /** It broke, and is made anew by itself. */
  | 'again'

const AGAIN_AFTER = [500, 1_000, 2_000, 4_000, 8_000]
/** A connection may be away for a moment before it counts as broken. */
const AWAY_FOR = 4_000
const CONNECT_WITHIN = 15_000
const LOOK_EVERY = 2_000
const BITS = 2_500_000

export type Where = { whip: string; key: string }

/** Sends a picture and a sound to this server by WHIP, and goes on by itself when the network comes back. */
export class Sender {
  phase: Phase = $state('off')
  failure: Refusal | undefined = $state.raw()
  quality: Quality | undefined = $state.raw()

  #where: () => Promise<Where>
  #picture: MediaStreamTrack | undefined
  #sound: MediaStreamTrack | undefined
  #connection: Connection | undefined
  #wanted = false
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `where` tells the address and the key each time a connection is made: the key may have been renewed. */
  constructor(where: () => Promise<Where>) {
    this.#where = where
  }

  /** What is sent from now on; while sending, without a break. */
  use(picture: MediaStreamTrack | undefined, sound: MediaStreamTrack | undefined): void {
    this.#picture = picture
    this.#sound = sound
    void this.#connection?.use(picture, sound)
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#failures = 0
    this.failure = undefined
    this.phase = 'connecting'
    void this.#connect()
  }

  stop(): void {
    this.#wanted = false
    clearTimeout(this.#timer)
    this.#drop()
    this.phase = 'off'
    this.quality = undefined
  }

  async #connect(): Promise<void> {
    const connection = new Connection(
      () => this.#sending(connection),
      () => this.#broke(connection),
      (quality) => {
        if (this.#connection === connection) this.quality = quality
      },
    )
    this.#connection = connection
    try {
      const where = await this.#where()
      if (this.#connection !== connection) return
      await connection.open(where, this.#picture, this.#sound)
    } catch (thrown) {
      if (this.#connection !== connection) return
      const refusal = Refusal.from(thrown)
      // What will be refused again is not asked for again.
      if (!refusal.passing) {
        this.stop()
        this.failure = refusal
        return
      }
      this.#broke(connection)
    }
  }

  #sending(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#failures = 0
    this.phase = 'sending'
  }

  #broke(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#drop()
    if (!this.#wanted) return
    this.phase = 'again'
    this.quality = undefined
    const wait = AGAIN_AFTER[Math.min(this.#failures++, AGAIN_AFTER.length - 1)]!
    this.#timer = setTimeout(() => void this.#connect(), wait)
  }

  #drop(): void {
    this.#connection?.close()
    this.#connection = undefined
  }
}

/** One connection, from its offer to its end. */
class Connection {
  #pc = new RTCPeerConnection()
  #senders: { picture?: RTCRtpSender; sound?: RTCRtpSender } = {}
  #resource = ''
  #key = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #clock: ReturnType<typeof setInterval> | undefined
  #counted: Counted | undefined

  #onsending: () => void
  #onbroken: () => void
  #onquality: (quality: Quality) => void

  constructor(onsending: () => void, onbroken: () => void, onquality: (quality: Quality) => void) {
    this.#onsending = onsending
    this.#onbroken = onbroken
    this.#onquality = onquality
  }

  async open(
    where: Where,
    picture: MediaStreamTrack | undefined,
    sound: MediaStreamTrack | undefined,
  ): Promise<void> {
    const pc = this.#pc
    this.#key = where.key
    const video = pc.addTransceiver(picture ?? 'video', {
      direction: 'sendonly',
      sendEncodings: [{ maxBitrate: BITS }],
    })
    onlyH264(video)
    this.#senders.picture = video.sender
    // Without a microphone there is no track at all: a player would wait for its sound.
    if (sound) this.#senders.sound = pc.addTransceiver(sound, { direction: 'sendonly' }).sender
    pc.onconnectionstatechange = () => this.#changed()
    this.#timer = setTimeout(this.#onbroken, CONNECT_WITHIN)
    await pc.setLocalDescription()
    const answer = await fetch(new URL(where.whip).pathname, {
      method: 'POST',
      headers: { Authorization: `Bearer ${where.key}`, 'Content-Type': 'application/sdp' },
      body: pc.localDescription!.sdp,
      signal: AbortSignal.timeout(CONNECT_WITHIN),
    })
    if (answer.status !== 201) throw new Refusal(await answer.json().catch(() => ({ status: answer.status })))
    this.#resource = answer.headers.get('Location') ?? ''
    if (pc.signalingState === 'closed') return this.#bye()
    await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
    await steady(video.sender)
  }

  async use(picture: MediaStreamTrack | undefined, sound: MediaStreamTrack | undefined): Promise<void> {
    await this.#senders.picture?.replaceTrack(picture ?? null)
    if (this.#senders.sound) await this.#senders.sound.replaceTrack(sound ?? null)
    else if (sound && this.#resource) this.#onbroken() // a track of its own needs a new agreement
  }

  close(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#clock)
    this.#pc.onconnectionstatechange = null
    this.#pc.close()
    this.#bye()
  }

  #bye(): void {
    if (!this.#resource) return
    const resource = this.#resource
    this.#resource = ''
    const headers = { Authorization: `Bearer ${this.#key}` }
    void fetch(resource, { method: 'DELETE', headers, keepalive: true }).catch(() => {})
  }

  #changed(): void {
    const state = this.#pc.connectionState
    if (state === 'connected') {
      clearTimeout(this.#timer)
      this.#clock ??= setInterval(() => void this.#look(), LOOK_EVERY)
      this.#onsending()
    } else if (state === 'disconnected') {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.#onbroken, AWAY_FOR)
    } else if (state === 'failed' || state === 'closed') {
      this.#onbroken()
    }
  }

  async #look(): Promise<void> {
    const now = read(await this.#pc.getStats())
    if (this.#counted) this.#onquality(judge(this.#counted, now))
    this.#counted = now
  }
}

/** Every player can show it; browsers would choose VP8. */
function onlyH264(video: RTCRtpTransceiver): void {
  const all = RTCRtpSender.getCapabilities?.('video')?.codecs ?? []
  const wanted = all.filter((c) => c.mimeType === 'video/H264')
  if (wanted.length) video.setCodecPreferences?.([...wanted, ...all.filter((c) => /rtx/i.test(c.mimeType))])
}

/** A weak network costs pictures rather than size: players begin anew with every size. */
async function steady(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string }
  parameters.degradationPreference = 'maintain-resolution'
  await sender.setParameters(parameters).catch(() => {})
}
