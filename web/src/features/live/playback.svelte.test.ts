import { afterEach, expect, test, vi } from 'vitest'
import { api } from '../../api/subspace'
import { PlaybackState } from './playback.svelte'

afterEach(() => vi.restoreAllMocks())

const live = {
  state: 'live',
  url: '/hls/token/ines/main.m3u8',
  reason: '',
  token: '',
  whep_reason: '',
} as const

async function read(video: string, codecs: string, whep = ''): Promise<PlaybackState> {
  vi.spyOn(api, 'playback').mockResolvedValue({ ...live, video, codecs, whep })
  const playback = new PlaybackState('ines')
  await playback.read()
  return playback
}

test('what the browser can show is played', async () => {
  const playback = await read('AV1', 'av01.0.08M.08,opus')
  expect(playback.url).toBe(live.url)
  expect(playback.reason).toBe('')
})

test('what nothing is known of yet is tried', async () => {
  expect((await read('', '')).url).toBe(live.url)
})

test('what the browser has no decoder for is named instead of played', async () => {
  vi.spyOn(MediaSource, 'isTypeSupported').mockReturnValue(false)
  const playback = await read('HEVC', 'hvc1.1.6.L93.90,mp4a.40.2')
  expect(playback.url).toBe('')
  expect(playback.reason).toBe('codec:HEVC')
})

test('what WebRTC carries is played, whatever the browser thinks of the playlist', async () => {
  vi.spyOn(MediaSource, 'isTypeSupported').mockReturnValue(false)
  const playback = await read('H.264', 'avc1.42c01f,opus', '/whep/ines')
  expect(playback.url).toBe(live.url)
  expect(playback.whep).toBe('/whep/ines')
  expect(playback.reason).toBe('')
})
