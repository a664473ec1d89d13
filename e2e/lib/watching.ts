/** Whether a browser really decodes what it is sent. */
import { expect, type Page } from '@playwright/test'

type Decoded = { frames: number; sound: number; time: number; broken: number; same: boolean }

declare global {
  interface Window {
    __video?: HTMLVideoElement & { broken: number; webkitAudioDecodedByteCount: number }
  }
}

/** Waits for the first frames, then keeps hold of this very <video>. */
export async function watch(page: Page): Promise<void> {
  await expect
    .poll(() => decoded(page).then((d) => d.frames), { message: 'frames are decoded', timeout: 25_000 })
    .toBeGreaterThan(5)
  await page.evaluate(() => {
    const video = document.querySelector('[data-testid=player]') as NonNullable<Window['__video']>
    window.__video = video
    video.broken = 0
    // hls.js only lets go of a source, and the element only reports an error, when playing failed.
    for (const kind of ['emptied', 'error', 'ended']) video.addEventListener(kind, () => video.broken++)
  })
}

export function decoded(page: Page): Promise<Decoded> {
  return page.evaluate(() => {
    const shown = document.querySelector('[data-testid=player]') as NonNullable<Window['__video']> | null
    const video = window.__video ?? shown
    return {
      frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
      sound: video?.webkitAudioDecodedByteCount ?? 0,
      time: video?.currentTime ?? 0,
      broken: video?.broken ?? 0,
      same: shown !== null && shown === video,
    }
  })
}

/** Fails unless the same <video> went on with picture and sound all through `act`, and goes on after it. */
export async function keepsPlaying<T>(page: Page, act: () => Promise<T>): Promise<T> {
  const before = await decoded(page)
  const result = await act()
  await expect
    .poll(
      async () => {
        const now = await decoded(page)
        return now.frames > before.frames && now.sound > before.sound && now.time > before.time
      },
      { message: 'picture and sound go on' },
    )
    .toBe(true)
  const after = await decoded(page)
  expect(after.same, 'it is the same <video>').toBe(true)
  expect(after.broken, 'the player was never interrupted').toBe(0)
  return result
}
