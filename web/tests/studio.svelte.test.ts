import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { page } from 'vitest/browser'
import { FakeRTC, makeStream } from './fake-camera'
import { audit, openPage, type Page } from './visit-page'

const LIVE = { id: 'b1', title: '', state: 'live' as const, started_at: new Date().toISOString() }

describe('the studio', () => {
  let opened: Page
  let rtc: FakeRTC
  const streams: { end(): void }[] = []
  const media = navigator.mediaDevices

  /** What the browser gives, in the order of asking; a name stands for its refusal. */
  function given(...answers: (MediaStream | string)[]) {
    return vi.spyOn(media, 'getUserMedia').mockImplementation(() => {
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      if (typeof answer === 'string') return Promise.reject(new DOMException('', answer))
      return Promise.resolve(answer)
    })
  }

  function camera(sound = true) {
    const stream = makeStream(sound)
    streams.push(stream)
    return stream
  }

  async function open(as: 'owner' | 'moderator' = 'owner', live = false, locale = 'en') {
    opened = await openPage('/cockpit/ines/studio', {
      as,
      locale,
      change: (w) => {
        w.channel.live = live ? LIVE : null
        w.ingest.whip = `${location.origin}/whip`
      },
    })
    rtc = new FakeRTC()
  }

  const goLive = () => page.getByTestId('studio-live')

  beforeEach(() => page.viewport(390, 844))
  afterEach(async () => {
    rtc.close()
    await opened.close()
    vi.restoreAllMocks()
    for (const stream of streams.splice(0)) stream.end()
  })

  it('shows the picture, sends it with the key that nobody sees, and ends it', async () => {
    given(camera())
    await open()
    await expect.element(page.getByTestId('studio-preview')).toBeVisible()
    await goLive().click()
    await expect.element(page.getByTestId('studio-end')).toBeVisible()
    const { key } = opened.server.world.ingest
    await expect
      .poll(() => rtc.asked)
      .toEqual([{ method: 'POST', path: '/whip', authorization: `Bearer ${key}` }])
    expect(document.body.innerHTML).not.toContain(key)
    await expect.poll(() => rtc.peers[0]!.connectionState).toBe('connected')
    const kinds = rtc.peers[0]!.getReceivers().map((r) => r.track.kind)
    expect(kinds.toSorted()).toEqual(['audio', 'video'])
    expect(await audit()).toEqual([])
    await page.getByTestId('studio-end').click()
    await page.getByRole('dialog').getByRole('button', { name: 'End live' }).click()
    await expect.element(goLive()).toBeVisible()
    expect(rtc.asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/whip/c1' })
  })

  it('connects anew by itself when the connection breaks', async () => {
    given(camera())
    await open()
    await goLive().click()
    await expect.poll(() => rtc.peers[0]?.connectionState).toBe('connected')
    rtc.peers[0]!.close()
    await expect.poll(() => rtc.peers[1]?.connectionState, { timeout: 20_000 }).toBe('connected')
    await expect.element(page.getByTestId('studio-end')).toBeVisible()
  })

  it('says why it was refused, and does not ask again', async () => {
    given(camera())
    await open()
    rtc.refuse = { status: 401, reason: 'stream_key_wrong' }
    await goLive().click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('This stream key opens no channel')
    await expect.element(goLive()).toBeVisible()
    expect(rtc.asked).toHaveLength(1)
  })

  it.each([
    ['NotAllowedError', 'Your browser was told not to allow it'],
    ['NotFoundError', 'None was found on this device'],
    ['NotReadableError', 'Another program uses it'],
  ])('says in words what %s means', async (name, words) => {
    given(name)
    await open()
    await expect.element(page.getByRole('alert')).toHaveTextContent(words)
    await expect.element(goLive()).toBeDisabled()
    expect(await audit()).toEqual([])
    given(camera())
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.element(goLive()).toBeEnabled()
  })

  it('goes live with a picture alone where there is no microphone', async () => {
    // Both together are refused; the camera alone is not; the microphone is.
    given('NotFoundError', camera(false), 'NotFoundError')
    await open()
    await expect.element(page.getByText('No sound.')).toBeVisible()
    await goLive().click()
    await expect.poll(() => rtc.peers[0]?.connectionState).toBe('connected')
    expect(rtc.peers[0]!.getReceivers().map((r) => r.track.kind)).toEqual(['video'])
  })

  it('needs an encrypted page, and says so', async () => {
    vi.spyOn(media, 'getUserMedia')
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true })
    const secure = vi.spyOn(window, 'isSecureContext', 'get').mockReturnValue(false)
    await open()
    await expect.element(page.getByRole('alert')).toHaveTextContent('encrypted pages (https) only')
    Object.defineProperty(navigator, 'mediaDevices', { value: media, configurable: true })
    secure.mockRestore()
  })

  it('tells that the live is sent from elsewhere, and takes its place', async () => {
    given(camera())
    await open('owner', true)
    await expect.element(page.getByText('is being sent from elsewhere')).toBeVisible()
    await page.getByRole('button', { name: 'Send from here' }).click()
    await expect.element(page.getByTestId('studio-end')).toBeVisible()
  })

  it('is the owner’s alone', async () => {
    given(camera())
    await open('moderator')
    await expect.element(page.getByText('goes live here.')).toBeVisible()
    expect(goLive().query()).toBeNull()
    expect(media.getUserMedia).not.toHaveBeenCalled()
  })

  it('stops sending, and gives the camera back, when it is left', async () => {
    const stream = camera()
    given(stream)
    await open()
    await goLive().click()
    await expect.poll(() => rtc.peers[0]?.connectionState).toBe('connected')
    opened.app.router.go('/account')
    await expect.poll(() => rtc.asked.at(-1)!.method).toBe('DELETE')
    expect(stream.getTracks().map((t) => t.readyState)).toEqual(['ended', 'ended'])
  })
})
