import { visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { until } from '../lib/process.ts'
import { like, t } from '../lib/words.ts'

type Card = { id: string; state: string; length_ms: number }

const newest = async ({ rest }: Person): Promise<Card | undefined> =>
  (await rest.call<{ recordings: Card[] }>('GET', `/api/channels/${handle}/recordings`)).recordings[0]

/** Until this much of the live is kept. */
async function kept(person: Person, ms: number): Promise<Card> {
  return until(`${ms} ms are kept`, async () => {
    const card = await newest(person)
    return card && card.length_ms >= ms ? card : undefined
  })
}

const asks = (person: Person, text: string, audience: string) =>
  person.rest.call<{ id: string }>('POST', `/api/channels/${handle}/questions`, {
    key: crypto.randomUUID(),
    text,
    room: 'space',
    audience,
  })

/** A live is over, and is watched: the picture, its moments, and what was said meanwhile. */
test('recording', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  await stage.subscribe(bea)
  const guest = await stage.person('Guest', { viewport: sizes.phone })
  let secretQuestion = ''

  await test.step('the creator marks a moment, and answers two questions on camera', async () => {
    await ada.page.goto(`/cockpit/${handle}`)
    await stage.goLive(ada)
    await kept(ada, 2_000)
    for (const [text, audience] of [
      ['How hot is the kiln?', 'public'],
      ['What did the vase cost?', 'space'],
    ] as const) {
      const { id } = await asks(bea, text, audience)
      for (const step of ['air', 'answer'])
        await ada.rest.call('POST', `/api/channels/${handle}/questions/${id}/${step}`)
      secretQuestion = id
    }
    await kept(ada, 6_000)
    await ada.page.getByRole('button', { name: t('keep.mark') }).click()
    await expect(ada.page.getByText(t('keep.marked'), { exact: true })).toBeVisible()
    await bea.rest.call('POST', `/api/channels/${handle}/rooms/public/messages`, {
      key: crypto.randomUUID(),
      text: 'Look at that glaze',
    })
    await kept(ada, 10_000)
    await ada.rest.call('POST', `/api/channels/${handle}/live/end`)
    await until('the recording is complete', async () => (await newest(ada))?.state === 'kept')
  })

  await test.step('a guest on a phone finds it where the live was, and watches', async () => {
    const { page } = guest
    await visit(page)
    const past = page.getByTestId('past-lives')
    await picture(page, 'recording-offline')
    await past.getByRole('link').click()
    await expect(page.getByRole('heading', { name: 'Evening studio' })).toBeVisible()
    const video = page.getByTestId('replay')
    await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.readyState)).toBeGreaterThan(1)
    const { length_ms } = (await newest(ada))!
    const long = await video.evaluate((v: HTMLVideoElement) => v.duration)
    expect(Math.abs(long * 1000 - length_ms), `${long} s of ${length_ms} ms`).toBeLessThan(700)
    await expect(page.getByText('How hot is the kiln?')).toBeVisible()
    await expect(page.getByText('What did the vase cost?')).toHaveCount(0)
    await accessible(page, 'a recording on a phone')
    await picture(page, 'recording-phone')

    await page.getByRole('button', { name: like('replay.mark') }).click()
    const at = () => video.evaluate((v: HTMLVideoElement) => v.currentTime * 1000)
    await expect.poll(at).toBeGreaterThan(6_000)
    // What was said just after the mark comes as the picture goes on.
    await expect(page.getByRole('tabpanel').getByText('Look at that glaze')).toBeVisible()
    expect(await at()).toBeLessThan(length_ms + 100)
    await page.getByRole('tab', { name: t('space.name') }).click()
    await expect(page.getByText(t('reason.sign_in'))).toBeVisible()
  })

  await test.step('a subscriber sees what was answered inside, and is led to it by its link', async () => {
    const { page } = bea
    const { id } = (await newest(ada))!
    await page.goto(`/c/${handle}/recordings/${id}?question=${secretQuestion}`)
    const chapter = page.locator(`[data-chapter="${secretQuestion}"]`)
    await expect(chapter).toHaveAttribute('aria-current', 'true')
    const { chapters } = await bea.rest.call<{ chapters: { id: string; at_ms: number }[] }>(
      'GET',
      `/api/channels/${handle}/recordings/${id}`,
    )
    const place = chapters.find((c) => c.id === secretQuestion)!.at_ms
    await expect
      .poll(() => page.getByTestId('replay').evaluate((v: HTMLVideoElement) => v.currentTime * 1000))
      .toBeGreaterThanOrEqual(place - 100)
    await accessible(page, 'a recording at a desk')
    await picture(page, 'recording-desk')
  })

  await test.step('the creator keeps it for subscribers, then deletes it', async () => {
    const { page } = ada
    await page.locator('summary', { hasText: t('settings.recordings') }).click()
    const desk = page.getByTestId('recordings')
    await desk.getByRole('combobox').selectOption('subscribers')
    await accessible(page, 'the creator’s recordings')
    await picture(page, 'recording-cockpit')
    await guest.page.reload()
    await expect(guest.page.getByText(t('replay.shut'))).toBeVisible()
    await expect(guest.page.getByTestId('replay')).toHaveCount(0)
    await accessible(guest.page, 'a recording that is for others')
    await picture(guest.page, 'recording-shut')
    await bea.page.reload()
    await expect(bea.page.getByTestId('replay')).toBeVisible()

    await desk.getByRole('button', { name: like('keep.delete') }).click()
    await desk.getByRole('button', { name: t('keep.deleteYes') }).click()
    await expect(desk.getByText(t('keep.none'))).toBeVisible()
    await guest.page.reload()
    await expect(guest.page.getByText(t('reason.recording_missing'))).toBeVisible()
  })
})
