import type { Locator, Page } from '@playwright/test'
import { resolve } from 'node:path'
import { spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { t } from '../lib/words.ts'

const pottery = resolve(import.meta.dirname, '../../internal/adapter/media/loop/clip/pottery.jpg')
const words = (page: Page): Locator => page.getByTestId('chat-log-thread')
const threads = (page: Page): Locator =>
  page.getByRole('navigation').getByRole('button', { name: /^(Threads|Fils)/ })

async function open(page: Page): Promise<void> {
  await threads(page).click()
  await page
    .getByTestId('threads')
    .getByRole('button', { name: /The Lune/ })
    .click()
  await expect(words(page)).toContainText('If the shoulder holds')
}

/** The creator writes an update with a picture; subscribers see it and react; nobody else learns of it. */
test('updates', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone })
  const noa = await stage.member('Noa', { viewport: sizes.desktop, locale: 'fr' })
  const sam = await stage.member('Sam', { viewport: sizes.phone })
  await stage.subscribe(yuna)
  await stage.subscribe(noa)
  let address = ''

  await test.step('the creator writes an update with a picture, and pins it', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await threads(page).click()
    await page.getByRole('button', { name: t('thread.first') }).click()
    await page.getByLabel(t('thread.title')).fill('The Lune goes in tonight')
    await page.getByLabel(t('thread.updateHint')).check()
    await page.getByRole('button', { name: t('thread.open'), exact: true }).click()
    const form = page.locator('[data-composer="thread"]')
    await form.locator('input[type=file]').setInputFiles(pottery)
    await form.getByRole('textbox', { name: t('picture.alt') }).fill('A tall jar on the wheel')
    await form.locator('[data-words]').fill('If the shoulder holds, the next ten are yours first.')
    await accessible(page, 'writing an update')
    await picture(page, 'updates-desk-writing')
    await form.getByRole('button', { name: t('chat.send') }).click()
    const shown = page.getByRole('img', { name: 'A tall jar on the wheel' })
    await expect(shown).toBeVisible()
    await expect.poll(() => shown.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(100)
    address = (await shown.getAttribute('src'))!
    await words(page)
      .getByRole('button', { name: t('chat.actions', { name: 'Ada' }) })
      .click()
    await page.getByRole('menuitem', { name: t('pin.put') }).click()
    await expect(page.getByTestId('pinned')).toContainText('If the shoulder holds')
    await picture(page, 'updates-desk')
  })

  await test.step('a subscriber on a phone sees it, and reacts', async () => {
    const { page } = yuna
    await visit(page)
    await spaceTab(page).click()
    await open(page)
    await expect(page.getByTestId('pinned')).toContainText('Ada')
    await words(page)
      .getByRole('button', { name: t('chat.actions', { name: 'Ada' }) })
      .click()
    await picture(page, 'updates-phone-menu')
    await page.getByRole('menuitemcheckbox', { name: t('reaction.fire') }).click()
    await expect(words(page).getByRole('button', { pressed: true })).toContainText('1')
    await accessible(page, 'an update')
    await picture(page, 'updates-phone')
  })

  await test.step('the creator and another one see how many, and not who', async () => {
    await expect(
      words(ada.page).getByRole('button', {
        name: t('reaction.count', { what: t('reaction.fire'), n: '1' }),
      }),
    ).toBeVisible()
    const { page } = noa
    await visit(page)
    await page.getByRole('tab', { name: 'Espace abonnés' }).click()
    await open(page)
    await words(page).getByRole('button', { name: /Feu/ }).click()
    await expect(words(page).getByRole('button', { name: /Feu/ })).toContainText('2')
    await picture(page, 'updates-desk-fr')
    await expect(words(yuna.page).getByRole('button', { pressed: true })).toContainText('2')
  })

  await test.step('whoever is outside gets no picture', async () => {
    await visit(sam.page)
    const status = await sam.page.evaluate(async (at) => (await fetch(at)).status, address)
    expect(status).toBe(404)
  })
})
