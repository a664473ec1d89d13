/** Watches a live by WebRTC, less than a second behind the camera. */
import type { Attached } from './hls'

/** A picture that has not come by then comes sooner by HLS. */
const PATIENCE = 4_000
const LOOK_EVERY = 100
/** A connection may be away for a moment: a phone that changes its network. */
const AWAY_FOR = 3_000

/** Throws when no picture comes. Later losses are told to onFatal, once. */
export async function watch(
  video: HTMLVideoElement,
  whep: string,
  token: string,
  onFatal: () => void,
): Promise<Attached> {
  const connection = new Watching(whep, token)
  try {
    await connection.open()
  } catch (thrown) {
    connection.close()
    throw thrown
  }
  video.srcObject = connection.stream
  connection.onlost = onFatal
  return {
    follow: () => connection.delay && Math.max(0.1, connection.delay),
    // What comes is what happens now: there is nothing to jump to.
    toLive: () => {},
    detach: () => {
      connection.close()
      video.srcObject = null
    },
  }
}

class Watching {
  readonly stream = new MediaStream()
  /** Seconds from the server to the screen. */
  delay: number | undefined
  onlost: (() => void) | undefined

  #pc = new RTCPeerConnection()
  #whep: string
  #headers: Record<string, string>
  #resource = ''
  #over = false
  #away: ReturnType<typeof setTimeout> | undefined
  #clock: ReturnType<typeof setInterval> | undefined
  #before = { delay: 0, emitted: 0 }

  constructor(whep: string, token: string) {
    this.#whep = whep
    this.#headers = { Authorization: `Bearer ${token}` }
  }

  /** Resolves once a picture can be shown. */
  async open(): Promise<void> {
    const pc = this.#pc
    pc.addTransceiver('video', { direction: 'recvonly' })
    pc.addTransceiver('audio', { direction: 'recvonly' })
    pc.ontrack = ({ track }) => this.stream.addTrack(track)
    await pc.setLocalDescription()
    const answer = await fetch(this.#whep, {
      method: 'POST',
      headers: { ...this.#headers, 'Content-Type': 'application/sdp' },
      body: pc.localDescription!.sdp,
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (answer.status !== 201) throw new Error(`no way by WebRTC: ${answer.status}`)
    this.#resource = answer.headers.get('Location') ?? ''
    await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
    await this.#picture()
    pc.onconnectionstatechange = () => this.#changed()
    this.#clock = setInterval(() => void this.#measure(), 1_000)
    this.#changed()
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#away)
    clearInterval(this.#clock)
    this.#pc.close()
    if (!this.#resource) return
    // The server would notice by itself, later.
    void fetch(this.#resource, { method: 'DELETE', headers: this.#headers, keepalive: true }).catch(() => {})
  }

  async #picture(): Promise<void> {
    const until = performance.now() + PATIENCE
    while (performance.now() < until) {
      for (const report of (await this.#pc.getStats()).values())
        if (report.type === 'inbound-rtp' && report.kind === 'video' && report.framesDecoded > 0) return
      if (['failed', 'closed'].includes(this.#pc.connectionState)) break
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
    }
    throw new Error('no picture came')
  }

  #changed(): void {
    clearTimeout(this.#away)
    const state = this.#pc.connectionState
    if (state === 'failed' || state === 'closed') this.#lost()
    else if (state === 'disconnected') this.#away = setTimeout(() => this.#lost(), AWAY_FOR)
  }

  #lost(): void {
    if (this.#over) return
    this.#resource = ''
    this.close()
    this.onlost?.()
  }

  /** What the network and the buffer add; the camera and the encoder are not ours to see. */
  async #measure(): Promise<void> {
    let wait = 0
    let trip = 0
    for (const report of (await this.#pc.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video') {
        const { jitterBufferDelay: delay, jitterBufferEmittedCount: emitted } = report
        const frames = emitted - this.#before.emitted
        if (frames > 0) wait = (delay - this.#before.delay) / frames
        this.#before = { delay, emitted }
      }
      if (report.type === 'candidate-pair' && report.nominated) trip = report.currentRoundTripTime ?? 0
    }
    if (wait) this.delay = wait + trip / 2
  }
}
