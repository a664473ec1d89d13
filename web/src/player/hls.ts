/** Puts an HLS address on a <video>, of a live or of a recording: by hls.js where Media Source exists, else by the browser itself. */
import type Hls from 'hls.js'
import { Edge } from './edge'
import worker from 'hls.js/dist/hls.worker.js?url'

export type Attached = {
  /** Called each second: keeps the picture at what happens now, and says how many seconds behind the camera that is. */
  follow(): number | undefined
  /** Jumps to what is happening now. */
  toLive(): void
  detach(): void
}

/** from is where a recording begins to play, in seconds; a live is played where it is. */
export async function attach(
  video: HTMLVideoElement,
  url: string,
  onFatal: () => void,
  from?: number,
): Promise<Attached> {
  if (playsItself()) return attachNative(video, url, onFatal, from)
  const { default: Hls } = await import('hls.js')
  const hls = new Hls({
    lowLatencyMode: true,
    // 1.5 catches up within seconds after a stall without the voices turning into cartoons.
    maxLiveSyncPlaybackRate: 1.5,
    backBufferLength: 30,
    startPosition: from ?? -1,
    // The content security policy allows workers of this origin only, not those made from a blob.
    workerPath: worker,
  })
  recover(Hls, hls, onFatal)
  hls.loadSource(url)
  hls.attachMedia(video)
  const edge = new Edge()
  const toLive = () => {
    if (hls.liveSyncPosition) video.currentTime = hls.liveSyncPosition
  }
  return {
    follow: () => {
      // Seconds from the playhead to the place that toLive would jump to.
      const lag = hls.liveSyncPosition ? hls.liveSyncPosition - video.currentTime : undefined
      if (edge.fellBehind(lag, video, Date.now())) toLive()
      return hls.latency > 0 ? hls.latency : undefined
    },
    toLive,
    detach: () => hls.destroy(),
  }
}

/**
 * Chromium claims native HLS and plays it badly. Safari plays it well, and is told apart by its managed media
 * source; a browser without any media source has no other way.
 */
function playsItself(): boolean {
  return 'ManagedMediaSource' in window || !('MediaSource' in window)
}

function recover(Library: typeof Hls, hls: Hls, onFatal: () => void): void {
  let mended = 0
  hls.on(Library.Events.ERROR, (_, error) => {
    if (!error.fatal) return
    // A decoder that stumbles over a damaged frame usually goes on after a restart of the buffer.
    if (error.type === Library.ErrorTypes.MEDIA_ERROR && Date.now() - mended > 5_000) {
      mended = Date.now()
      hls.recoverMediaError()
    } else {
      onFatal()
    }
  })
}

function attachNative(video: HTMLVideoElement, url: string, onFatal: () => void, from?: number): Attached {
  video.src = url
  if (from) video.addEventListener('loadedmetadata', () => (video.currentTime = from), { once: true })
  video.addEventListener('error', onFatal)
  const distance = () =>
    video.seekable.length ? video.seekable.end(video.seekable.length - 1) - video.currentTime : undefined
  // How close to the end of the playlist this browser plays is its own choice: the closest it came is "live".
  let closest = Infinity
  const lag = () => {
    const now = distance()
    if (now === undefined) return undefined
    closest = Math.min(closest, Math.max(0, now))
    return now - closest
  }
  const edge = new Edge()
  const toLive = () => {
    video.currentTime += lag() ?? 0
  }
  return {
    follow: () => {
      if (edge.fellBehind(lag(), video, Date.now())) toLive()
      return undefined
    },
    toLive,
    detach: () => {
      video.removeEventListener('error', onFatal)
      video.removeAttribute('src')
      video.load()
    },
  }
}
