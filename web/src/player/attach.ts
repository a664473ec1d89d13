/** Puts a live on a <video> in the quickest way that works here: WebRTC where it is offered, else HLS. */
import type { Attached } from './hls'

/** A network that lets no WebRTC through does not change within minutes; nobody waits for it again at once. */
const NOT_AGAIN_FOR = 5 * 60_000
const failed = new WeakMap<HTMLVideoElement, number>()

/** `whep` is where to ask for WebRTC, '' for nowhere. The token in the playlist's address opens both. */
export async function attach(
  video: HTMLVideoElement,
  url: string,
  whep: string,
  onFatal: () => void,
): Promise<Attached> {
  const lately = performance.now() - (failed.get(video) ?? -Infinity) < NOT_AGAIN_FOR
  if (whep && 'RTCPeerConnection' in window && !lately) {
    const { watch } = await import('./whep')
    try {
      return await watch(video, whep, url.split('/')[2]!, onFatal)
    } catch {
      failed.set(video, performance.now())
    }
  }
  const hls = await import('./hls')
  return hls.attach(video, url, onFatal)
}
