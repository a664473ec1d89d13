import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeRTC } from '../../tests/fake-camera'
import { attach } from './attach'

const hls = vi.hoisted(() => ({ attach: vi.fn() }))
vi.mock('./hls', () => hls)

const URL = '/hls/token.of.this/ines/main.m3u8'
const WHEP = '/whep/ines'

describe('the quickest way to a picture', () => {
  let rtc: FakeRTC
  let video: HTMLVideoElement
  const onFatal = vi.fn()
  const from = (whep: string) => ({ url: URL, whep, stalled: onFatal })

  beforeEach(() => {
    hls.attach.mockReset().mockResolvedValue({ detach() {} })
    onFatal.mockReset()
    rtc = new FakeRTC()
    video = document.body.appendChild(document.createElement('video'))
    video.muted = true
  })
  afterEach(() => {
    rtc.close()
    video.remove()
  })

  it('is WebRTC where it is offered, with picture and sound', async () => {
    const attached = await attach(video, from(WHEP))
    await video.play()
    await expect.poll(() => video.videoWidth).toBe(320)
    const stream = video.srcObject as MediaStream
    expect(stream.getTracks().map((t) => t.kind)).toEqual(expect.arrayContaining(['video', 'audio']))
    await expect.poll(() => attached.follow(), { timeout: 10_000 }).toBeGreaterThan(0)
    expect(hls.attach).not.toHaveBeenCalled()
    attached.detach()
    expect(video.srcObject).toBeNull()
    expect(rtc.asked).toEqual([
      { method: 'POST', path: WHEP, authorization: 'Bearer token.of.this' },
      { method: 'DELETE', path: `${WHEP}/c1`, authorization: 'Bearer token.of.this' },
    ])
    expect(onFatal).not.toHaveBeenCalled()
  })

  it('is the playlist where it is not offered', async () => {
    await attach(video, from(''))
    expect(rtc.asked).toEqual([])
    expect(hls.attach).toHaveBeenCalledWith(video, URL, expect.any(Function))
  })

  it('is the playlist where WebRTC is refused, and it is not asked for again at once', async () => {
    rtc.refuse = { status: 409, reason: 'aac_only' }
    await attach(video, from(WHEP))
    await attach(video, from(WHEP))
    expect(hls.attach).toHaveBeenCalledTimes(2)
    expect(rtc.asked).toHaveLength(1)
  })

  it('is the playlist where no picture comes, within a few seconds', async () => {
    rtc.silent = true
    const began = performance.now()
    await attach(video, from(WHEP))
    expect(performance.now() - began).toBeLessThan(6_000)
    expect(hls.attach).toHaveBeenCalledOnce()
    expect(video.srcObject).toBeNull()
    expect(rtc.asked.map((a) => a.method)).toEqual(['POST', 'DELETE'])
  })

  it('tells once that a connection was lost', async () => {
    await attach(video, from(WHEP))
    rtc.peers[0]!.close()
    await expect.poll(() => onFatal.mock.calls.length, { timeout: 15_000 }).toBe(1)
  })
})
