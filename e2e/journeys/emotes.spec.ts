import type { Locator, Page } from '@playwright/test'
import { composer, log, say, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { disc } from '../lib/png.ts'
import { t, type Locale } from '../lib/words.ts'

const picker = (page: Page): Locator => page.getByTestId('emote-picker')
async function opens(page: Page, form: Page | Locator = page): Promise<void> {
  await form.getByTestId('emote-open').click()
  await expect(picker(page)).toBeVisible()
}
const picks = (page: Page, name: string): Promise<void> =>
  picker(page).getByRole('button', { name, exact: true }).click()
const pictures = (page: Page, code: string): Locator =>
  log(page, 'public').getByRole('img', { name: `:${code}:` })

/** Its picture has come. */
async function drawn(image: Locator): Promise<void> {
  await expect(image).toBeVisible()
  await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(96)
}

async function adds(page: Page, code: string, who: string, file: Buffer): Promise<void> {
  await page.getByRole('button', { name: t('emote.add') }).click()
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: `${code}.png`, mimeType: 'image/png', buffer: file })
  await expect(page.getByLabel(t('emote.code'))).toHaveValue(code)
  await page.getByLabel(t('emote.who')).selectOption({ label: who })
  await picture(page, `emotes-desk-adding-${code}`)
  await page.getByRole('button', { name: t('emote.add') }).click()
  await expect(page.getByTestId(`emote-${code}`)).toBeVisible()
}

/** A creator draws emotes; who may use which is the server's to say; old messages stay as they were. */
test('emotes', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone })
  const noa = await stage.member('Noa', { viewport: sizes.desktop, locale: 'fr' })
  await stage.subscribe(yuna)

  await test.step('the creator offers one to everybody, one to subscribers and one to a dearer tier', async () => {
    await ada.rest.call('POST', `/api/channels/${handle}/tiers`, {
      name: 'Kiln',
      month: { minor: 999, currency: 'EUR' },
      on_sale: true,
    })
    const { page } = ada
    await visit(page, `/cockpit/${handle}/subscriptions`)
    await page.getByRole('tab', { name: t('desk.emotes') }).click()
    await expect(page.getByText(t('emote.empty'))).toBeVisible()
    await picture(page, 'emotes-desk-empty')
    await adds(page, 'wave', t('emote.everybody'), disc([86, 140, 214, 255]))
    await adds(page, 'bowl', t('thread.forAll'), disc([232, 184, 120, 255]))
    await adds(page, 'flame', t('emote.from', { tier: 'Kiln' }), disc([240, 108, 48, 255]))
    await accessible(page, 'the emotes of a channel')
    await picture(page, 'emotes-desk')
    await page.setViewportSize(sizes.phone)
    await picture(page, 'emotes-desk-phone')
    await page.setViewportSize(sizes.desktop)
  })

  await test.step('a subscriber on a phone picks one, and is shown what is locked', async () => {
    const { page } = yuna
    await visit(page)
    await opens(page)
    await expect(picker(page)).toContainText(t('emote.tells'))
    await accessible(page, 'the picker')
    await picture(page, 'emotes-phone-picker')
    await picks(page, ':bowl:')
    await picker(page).getByRole('button', { name: ':flame:' }).click()
    await expect(picker(page)).toContainText(t('emote.locked', { tier: 'Kiln' }))
    await page.keyboard.press('Escape')
    const words = composer(page, 'public').locator('[data-words]')
    await expect(words).toHaveValue(':bowl: ')
    await expect(words).toBeFocused()
    await page.keyboard.type('fresh :flame:')
    await page.keyboard.press('Enter')
    await drawn(pictures(page, 'bowl'))
    await expect(log(page, 'public')).toContainText('fresh :flame:')
    await page.setViewportSize({ width: 320, height: 568 })
    await opens(page)
    await picture(page, 'emotes-phone-small')
    await page.keyboard.press('Escape')
    await page.setViewportSize(sizes.phone)
  })

  await test.step('a free viewer searches in French, by keyboard alone; codes that are not theirs stay words', async () => {
    const { page } = noa
    const fr: Locale = 'fr'
    await visit(page)
    await drawn(pictures(page, 'bowl'))
    const words = composer(page, 'public').locator('[data-words]')
    await words.focus()
    await page.keyboard.type('bravo ')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(picker(page)).toBeVisible()
    await expect(picker(page).getByRole('textbox', { name: t('emote.search', {}, fr) })).toBeFocused()
    await page.keyboard.type('feu')
    await picture(page, 'emotes-desktop-search-fr')
    await accessible(page, 'the picker, searching')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await expect(words).toHaveValue(/^bravo \P{ASCII}+$/u)
    await page.keyboard.type(' :bowl: :wa')
    await expect(page.getByTestId('codes')).toBeVisible()
    await picture(page, 'emotes-desktop-typing-fr')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await drawn(pictures(page, 'wave'))
    await expect(log(page, 'public')).toContainText(':bowl:')
    await opens(page)
    await picture(page, 'emotes-desktop-picker-fr')
    await page.keyboard.press('Escape')
  })

  await test.step('in the Sub Space and in the cockpit too', async () => {
    const { page } = yuna
    await spaceTab(page).click()
    await say(page, 'space', 'inside')
    await opens(page, composer(page, 'space'))
    await picks(page, ':wave:')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await drawn(log(page, 'space').getByRole('img', { name: ':wave:' }))
    await picture(page, 'emotes-phone-space')
    await visit(ada.page, `/cockpit/${handle}`)
    await opens(ada.page, composer(ada.page, 'public'))
    await picture(ada.page, 'emotes-cockpit')
    await picks(ada.page, ':flame:')
    await ada.page.keyboard.press('Escape')
    await ada.page.keyboard.press('Enter')
    await drawn(pictures(ada.page, 'flame'))
    await ada.page.setViewportSize(sizes.phone)
    await opens(ada.page, composer(ada.page, 'public'))
    await picture(ada.page, 'emotes-cockpit-phone')
    await ada.page.keyboard.press('Escape')
    await ada.page.setViewportSize(sizes.desktop)
  })

  await test.step('what is removed and renamed stays in old messages', async () => {
    const list = await ada.rest.call<{ emotes: { id: string; code: string }[] }>(
      'GET',
      `/api/channels/${handle}/emotes`,
    )
    const id = (code: string) => list.emotes.find((e) => e.code === code)!.id
    await ada.rest.call('DELETE', `/api/channels/${handle}/emotes/${id('bowl')}`)
    await ada.rest.call('PATCH', `/api/channels/${handle}/emotes/${id('wave')}`, { code: 'hello', level: 2 })
    await noa.page.reload()
    await drawn(pictures(noa.page, 'bowl'))
    await drawn(pictures(noa.page, 'wave'))
    await composer(noa.page, 'public').locator('[data-words]').fill('and now :wave: :hello: are words')
    await noa.page.keyboard.press('Enter')
    await expect(log(noa.page, 'public')).toContainText('and now :wave: :hello: are words')
    await expect(pictures(noa.page, 'wave')).toHaveCount(1)
    await picture(noa.page, 'emotes-desktop-old-fr')
  })
})
