import type { Page } from '@playwright/test'
import { spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { secret } from '../lib/place.ts'
import { t } from '../lib/words.ts'

const next = (page: Page) => page.getByTestId('next-live')
const list = (page: Page) => page.getByTestId('schedule')

type Planned = { id: string; title: string; starts: string }

/** The creator plans lives; everybody sees the same moment on their own clock, and nobody outside a private one. */
test('planned lives', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop, timezoneId: 'Europe/Paris' })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone, timezoneId: 'Asia/Tokyo' })
  const sam = await stage.person('Sam', { viewport: sizes.phone, timezoneId: 'America/New_York' })
  const noa = await stage.member('Noa', {
    ...{ viewport: sizes.desktop, timezoneId: 'Europe/Paris', locale: 'fr' },
  })
  await stage.subscribe(yuna)
  const day = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  const open = `${day}T20:30`
  let shown = ''

  await test.step('nobody sees a place where nothing is planned', async () => {
    for (const { page } of [sam, noa]) {
      await visit(page)
      await expect(page.getByTestId('viewers')).toBeVisible()
      await expect(next(page)).toBeHidden()
    }
  })

  await test.step('the creator plans one for everybody and one for those inside', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await page.getByText(t('settings.schedule'), { exact: true }).click()
    await page.getByRole('button', { name: t('schedule.plan') }).click()
    await accessible(page, 'planning a live')
    await page.getByLabel(t('schedule.name')).fill('Opening the raku kiln')
    await page.getByLabel(t('schedule.starts')).fill(open)
    await page.getByLabel(t('schedule.length')).selectOption({ index: 3 })
    await picture(page, 'schedule-cockpit-form')
    await page.getByRole('button', { name: t('save'), exact: true }).click()
    await expect(list(page)).toContainText('Opening the raku kiln')
    await page.getByRole('button', { name: t('schedule.plan') }).click()
    await page.getByLabel(t('schedule.name')).fill('Glaze notes, among us')
    await page.getByLabel(t('schedule.starts')).fill(`${day}T18:00`)
    await page.getByRole('switch', { name: t('schedule.private') }).click()
    await page.getByRole('button', { name: t('save'), exact: true }).click()
    await expect(list(page)).toContainText('Glaze notes, among us')
    await picture(page, 'schedule-cockpit')
  })

  await test.step('two browsers in two zones show the same moment', async () => {
    shown = (await next(sam.page).locator('time').getAttribute('datetime')) ?? ''
    expect(await next(noa.page).locator('time').getAttribute('datetime')).toBe(shown)
    const hours = async (page: Page, zone: string) =>
      expect(await next(page).locator('time').textContent()).toContain(
        new Date(shown)
          .toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit', timeZone: zone })
          .split(' ')[0],
      )
    await hours(sam.page, 'America/New_York')
    await expect(next(noa.page).locator('time')).toContainText('20:30')
    await accessible(sam.page, 'the next live')
    await picture(sam.page, 'schedule-next-phone')
    await picture(noa.page, 'schedule-next-desk-fr')
  })

  await test.step('a private one is inside only', async () => {
    await next(sam.page)
      .getByRole('button', { name: t('schedule.all') })
      .click()
    await expect(list(sam.page)).toContainText('Opening the raku kiln')
    await expect(list(sam.page)).not.toContainText('among us')
    await picture(sam.page, 'schedule-sheet-phone')
    const { page } = yuna
    await visit(page)
    await spaceTab(page).click()
    await page.getByRole('button', { name: t('schedule.tab'), exact: true }).click()
    await expect(list(page)).toContainText('Glaze notes, among us')
    await accessible(page, 'dates inside')
    await picture(page, 'schedule-inside-phone')
  })

  await test.step('a calendar shows what its person may know of', async () => {
    const { page } = yuna
    await page.getByRole('button', { name: t('schedule.calendar') }).click()
    const field = page.getByLabel(t('schedule.address'), { exact: true })
    await expect(field).toHaveValue(/lives\.ics$/)
    const address = await field.inputValue()
    secret(address.split('/').at(-2)!)
    await picture(page, 'schedule-calendar-phone')
    const calendar = await (await sam.context.request.get(address)).text()
    expect(calendar).toContain('BEGIN:VCALENDAR\r\n')
    expect(calendar).toContain('SUMMARY:Glaze notes\\, among us\r\n')
    await page.getByRole('button', { name: t('schedule.addressDrop') }).click()
    await expect(field).toBeHidden()
    expect((await sam.context.request.get(address)).status()).toBe(404)
  })

  await test.step('a change of date updates open pages, and what is off says so', async () => {
    const lives = await ada.rest.call<{ lives: Planned[] }>('GET', `/api/channels/${handle}/schedule`)
    const kiln = lives.lives.find(({ title }) => title.startsWith('Opening'))!
    const later = new Date(Date.parse(kiln.starts) + 86_400_000).toISOString()
    await ada.rest.call('PATCH', `/api/channels/${handle}/schedule/${kiln.id}`, { starts: later })
    await expect.poll(() => next(noa.page).locator('time').getAttribute('datetime')).not.toBe(shown)
    await ada.page.getByRole('button', { name: `${t('schedule.cancel')} Opening the raku kiln` }).click()
    await ada.page.getByRole('button', { name: t('schedule.cancelYes') }).click()
    await expect(list(sam.page)).toContainText(t('schedule.cancelled'))
    await expect(next(noa.page)).toContainText(t('schedule.allOff', {}, 'fr'))
  })
})
