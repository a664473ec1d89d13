/** Puts a live on a <video> in the quickest way that works here: WebRTC where it is offered, else HLS. */
import { attach as attachPlaylist, type Attached } from './hls'
import { watch } from './whep'

/** A network that lets no WebRTC through does not change within minutes; nobody waits for it again at once. */
const NOT_AGAIN_FOR = 5 * 60_000
const failed = new WeakMap<HTMLVideoElement, number>()

/** Where a live can be had. The token in the playlist's address opens both ways. */
export type Ways = {
  /** The playlist; '' for no picture. */
  url: string
  /** Where to ask for WebRTC; '' for nowhere. */
  whep: string
  /** Told when the picture cannot go on. */
  stalled(): void
}

export async function attach(video: HTMLVideoElement, from: Ways): Promise<Attached> {
  // Another address may stand there by the time this one is given up.
  const { url, whep } = from
  const onFatal = () => from.stalled()
  const lately = performance.now() - (failed.get(video) ?? -Infinity) < NOT_AGAIN_FOR
  if (whep && 'RTCPeerConnection' in window && !lately) {
    try {
      return await watch(video, whep, url.split('/')[2]!, onFatal)
    } catch {
      failed.set(video, performance.now())
    }
  }
  return attachPlaylist(video, url, onFatal)
}
