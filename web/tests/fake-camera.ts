/** A camera, a microphone, and the other side of a WebRTC connection, all within the test's own page. */

/** A picture that moves and a tone; stop() ends both. */
export function makeStream(sound = true): MediaStream & { end(): void } {
  const canvas = document.createElement('canvas')
  canvas.width = 320
  canvas.height = 180
  const paper = canvas.getContext('2d')!
  let n = 0
  const clock = setInterval(() => {
    paper.fillStyle = `hsl(${n++ % 360} 60% 50%)`
    paper.fillRect(0, 0, 320, 180)
  }, 40)
  const stream = canvas.captureStream(25)
  const context = new AudioContext()
  if (sound) {
    const tone = context.createOscillator()
    const out = context.createMediaStreamDestination()
    tone.connect(out)
    tone.start()
    stream.addTrack(out.stream.getAudioTracks()[0]!)
  }
  return Object.assign(stream, {
    end() {
      clearInterval(clock)
      void context.close()
    },
  })
}

type Refusal = { status: number; reason: string }

/** Stands where /whip and /whep are. What it was asked is kept. */
export class FakeRTC {
  asked: { method: string; path: string; authorization: string | null }[] = []
  peers: RTCPeerConnection[] = []
  refuse: Refusal | undefined
  /** Answers, but sends nothing. */
  silent = false
  #real = window.fetch
  #stream: (MediaStream & { end(): void }) | undefined

  constructor() {
    const next = window.fetch
    window.fetch = async (input, init) => {
      const request = new Request(input, init)
      const { pathname } = new URL(request.url)
      if (!/^\/whe?i?p\b/.test(pathname)) return next(input, init)
      this.asked.push({
        method: request.method,
        path: pathname,
        authorization: request.headers.get('Authorization'),
      })
      if (request.method === 'DELETE') return new Response(null, { status: 200 })
      if (this.refuse) return Response.json({ ...this.refuse, detail: 'no' }, { status: this.refuse.status })
      return this.#answer(pathname, await request.text())
    }
  }

  close(): void {
    window.fetch = this.#real
    for (const peer of this.peers) peer.close()
    this.#stream?.end()
  }

  async #answer(path: string, offer: string): Promise<Response> {
    const peer = new RTCPeerConnection()
    this.peers.push(peer)
    await peer.setRemoteDescription({ type: 'offer', sdp: offer })
    if (path.startsWith('/whep') && !this.silent) {
      this.#stream ??= makeStream()
      for (const track of this.#stream.getTracks()) peer.addTrack(track, this.#stream)
    }
    await peer.setLocalDescription()
    await new Promise<void>((resolve) => {
      if (peer.iceGatheringState === 'complete') resolve()
      peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve()
    })
    return new Response(peer.localDescription!.sdp, {
      status: 201,
      headers: { Location: `${path}/c${this.peers.length}` },
    })
  }
}
