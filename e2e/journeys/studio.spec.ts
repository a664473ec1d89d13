import type { Page } from '@playwright/test'
import { chromium, sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { picture } from '../lib/look.ts'
import { secret } from '../lib/place.ts'
import type { Ingest } from '../lib/rest.ts'
import { decoded } from '../lib/watching.ts'
import { t } from '../lib/words.ts'

// A camera that shows a clock and a microphone that beeps, both the browser's own.
test.use({
  launchOptions: {
    ...chromium.launchOptions,
    args: [
      ...chromium.launchOptions.args,
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  },
})

const live = (page: Page) => page.getByTestId('studio-live')

/** Which way the picture comes. */
const byWebRTC = (page: Page) =>
  page.evaluate(() => !!document.querySelector<HTMLVideoElement>('[data-testid=player]')?.srcObject)

/** The loudest that comes with the picture within a few seconds, whether it is muted here or not. */
function loudness(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const video = document.querySelector<HTMLVideoElement>('[data-testid=player]')!
    const sound = (video.srcObject as MediaStream).getAudioTracks()
    const context = new AudioContext()
    await context.resume()
    const meter = context.createAnalyser()
    context.createMediaStreamSource(new MediaStream(sound)).connect(meter)
    const samples = new Float32Array(meter.fftSize)
    let loudest = 0
    for (const until = performance.now() + 4_000; performance.now() < until;) {
      meter.getFloatTimeDomainData(samples)
      loudest = Math.max(loudest, ...samples.map(Math.abs))
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    await context.close()
    return loudest
  })
}

/** Watches with a few lines of its own, and returns how many pictures have come. */
async function watchRaw(page: Page, at: { whep: string; token: string }): Promise<() => Promise<number>> {
  await page.evaluate(async ({ whep, token }) => {
    const pc = new RTCPeerConnection()
    Object.assign(window, { pc })
    pc.addTransceiver('video', { direction: 'recvonly' })
    await pc.setLocalDescription()
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' }
    const answer = await fetch(whep, { method: 'POST', headers, body: pc.localDescription!.sdp })
    await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
  }, at)
  return () =>
    page.evaluate(async () => {
      const { pc } = window as unknown as { pc: RTCPeerConnection }
      for (const report of (await pc.getStats()).values())
        if (report.type === 'inbound-rtp') return report.framesDecoded as number
      return 0
    })
}

async function moves(page: Page, what: string): Promise<void> {
  await expect
    .poll(() => decoded(page).then((d) => d.frames), { message: what, timeout: 30_000 })
    .toBeGreaterThan(20)
  const before = await decoded(page)
  await expect
    .poll(() => decoded(page).then((d) => d.frames), { message: `${what}, and goes on` })
    .toBeGreaterThan(before.frames + 20)
}

/** A creator goes live from the browser alone; one viewer is less than a second behind, another has no WebRTC. */
test('studio', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const { key } = await ada.rest.call<Ingest>('GET', `/api/channels/${handle}/ingest`)
  secret(key)
  let resource = ''
  ada.page.on('response', (answer) => {
    if (new URL(answer.url()).pathname === '/whip') resource = answer.headers().location ?? ''
  })

  await test.step('the cockpit leads to the studio, which shows what would be sent', async () => {
    await ada.page.goto(`/cockpit/${handle}`)
    await ada.page.getByRole('link', { name: t('studio.open') }).click()
    await ada.page.waitForURL(`**/cockpit/${handle}/studio`)
    await expect(live(ada.page)).toBeEnabled()
    await expect
      .poll(() =>
        ada.page.evaluate(
          () => document.querySelector<HTMLVideoElement>('[data-testid=studio-preview]')?.videoWidth,
        ),
      )
      .toBeGreaterThan(300)
    await expect(ada.page.getByTestId('level')).not.toHaveAttribute('data-lit', '0', { timeout: 15_000 })
    await picture(ada.page, 'studio-before')
    expect(await ada.page.content(), 'the key is not shown').not.toContain(key)
  })

  await test.step('one button goes live', async () => {
    await live(ada.page).click()
    await expect(ada.page.getByTestId('studio-end')).toBeVisible()
    await expect(ada.page.locator('.pill.live')).toBeVisible({ timeout: 20_000 })
    await expect(ada.page.getByTestId('quality')).toHaveAttribute('data-grade', /good|fair/, {
      timeout: 20_000,
    })
  })

  const bea = await stage.person('Bea', { viewport: sizes.desktop })
  await test.step('a viewer sees and hears it by WebRTC', async () => {
    await bea.page.goto(`/c/${handle}`)
    await moves(bea.page, 'the picture comes')
    expect(await byWebRTC(bea.page), 'it comes by WebRTC').toBe(true)
    expect(await loudness(bea.page), 'the beeps are heard').toBeGreaterThan(0.01)
    await picture(bea.page, 'studio-watched')
  })

  const cy = await stage.person('Cy', { viewport: sizes.phone })
  await test.step('a viewer whose network lets no WebRTC through sees and hears it by HLS', async () => {
    await cy.page.addInitScript(() => {
      RTCPeerConnection.prototype.setRemoteDescription = async () => {}
    })
    await cy.page.goto(`/c/${handle}`)
    await moves(cy.page, 'the picture comes')
    expect(await byWebRTC(cy.page), 'it comes by HLS').toBe(false)
    await expect
      .poll(() => decoded(cy.page).then((d) => d.sound), { message: 'with sound' })
      .toBeGreaterThan(0)
  })

  const dee = await stage.member('Dee')
  await test.step('who is banned has no picture any more, whatever their page does', async () => {
    const playback = await dee.rest.call<{ whep: string; token: string }>(
      'GET',
      `/api/channels/${handle}/playback`,
    )
    secret(playback.token)
    // Nothing of ours runs here: the server alone can end it.
    await dee.page.goto('/healthz')
    const frames = await watchRaw(dee.page, playback)
    await expect.poll(frames, { message: 'the picture comes' }).toBeGreaterThan(20)
    const { account } = await dee.rest.call<{ account: { id: string } }>('GET', '/api/session')
    await ada.rest.call('POST', `/api/channels/${handle}/sanctions`, {
      account: account.id,
      kind: 'ban',
      reason: 'test',
    })
    // That nothing comes can only be waited for: a second in which the last frames arrive, then one and a half.
    await dee.page.waitForTimeout(1_000)
    const after = await frames()
    await dee.page.waitForTimeout(1_500)
    expect(await frames(), 'no picture comes a second after the ban').toBe(after)
  })

  await test.step('a connection that breaks is made anew, in the same broadcast', async () => {
    const before = await broadcast()
    const first = resource
    const gone = await ada.context.request.delete(first, { headers: { Authorization: `Bearer ${key}` } })
    expect(gone.status()).toBe(200)
    await expect.poll(() => resource, { message: 'another connection' }).not.toBe(first)
    await expect(ada.page.getByTestId('quality')).toHaveAttribute('data-grade', /good|fair/, {
      timeout: 20_000,
    })
    await moves(bea.page, 'the viewer goes on')
    expect(await broadcast()).toBe(before)
  })

  await test.step('the creator ends it, and everybody is told', async () => {
    await ada.page.getByTestId('studio-end').click()
    await ada.page
      .getByRole('dialog')
      .getByRole('button', { name: t('cockpit.end') })
      .click()
    await expect(live(ada.page)).toBeVisible()
    await expect(ada.page.locator('.pill.live')).toBeHidden()
    for (const { page } of [bea, cy])
      await expect(page.getByText(t('live.offline'))).toBeVisible({ timeout: 20_000 })
    await expect
      .poll(
        async () => (await ada.rest.call<Ingest>('GET', `/api/channels/${handle}/ingest`)).health.publishing,
      )
      .toBe(false)
  })

  async function broadcast(): Promise<string | undefined> {
    const c = await ada.rest.call<{ live: { id: string } | null }>('GET', `/api/channels/${handle}`)
    return c.live?.id
  }
})
