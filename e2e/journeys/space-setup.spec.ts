import type { Page } from '@playwright/test'
import { composer, log, say, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { png } from '../lib/png.ts'
import { like, t } from '../lib/words.ts'

const locked = (page: Page) => page.getByTestId('space-locked')

/** The creator sets the room up; people outside, inside and between lives see what they are meant to. */
test('setting up a Sub Space', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone })
  const sam = await stage.person('Sam', { viewport: sizes.phone })
  const noa = await stage.person('Noa', { viewport: sizes.desktop, locale: 'fr' })
  await stage.subscribe(yuna)

  await test.step('outside, nothing is told at first', async () => {
    await visit(sam.page)
    await spaceTab(sam.page).click()
    await expect(locked(sam.page)).toBeVisible()
    await expect(sam.page.getByTestId('teaser')).toBeHidden()
    await visit(noa.page)
    await noa.page.getByRole('tab', { name: t('space.name', {}, 'fr') }).click()
    await expect(locked(noa.page)).toBeVisible()
  })

  await test.step('the creator gives the room a face and words of welcome', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await page.getByText(t('settings.space')).click()
    await page
      .locator('#space-picture')
      .setInputFiles({ name: 'kiln.png', mimeType: 'image/png', buffer: png(64) })
    await expect(page.getByRole('button', { name: t('setup.pictureDrop'), exact: true })).toBeVisible()
    await page.getByLabel(t('setup.name')).fill('The kiln room')
    await page.getByLabel(t('setup.welcome')).fill('Come in.\nAsk anything about glazes.')
    await page
      .getByRole('button', { name: t('save'), exact: true })
      .first()
      .click()
    await expect(page.getByRole('button', { name: t('save'), exact: true })).toBeHidden()
    await expect(locked(sam.page)).toContainText('The kiln room')
    await expect(locked(sam.page)).not.toContainText('Come in.')
  })

  await test.step('a subscriber is welcomed', async () => {
    const { page } = yuna
    await visit(page)
    await page.getByRole('tab', { name: 'The kiln room' }).click()
    await expect(page.getByTestId('welcome')).toContainText('Ask anything about glazes.')
    await accessible(page, 'the welcome')
    await picture(page, 'space-setup-welcome-phone')
    await say(page, 'space', 'Which cone for this blue?')
    await page.getByRole('button', { name: t('space.welcomeAway') }).click()
    await expect(page.getByTestId('welcome')).toBeHidden()
  })

  await test.step('what is ticked is told outside, and not a word more', async () => {
    const { page } = ada
    await page.getByLabel(t('setup.tellPeople')).check()
    await page.getByLabel(t('setup.tellReply')).check()
    await page.getByLabel(t('setup.line')).fill('Tonight we open the kiln.')
    await page.getByLabel(t('setup.tellLine')).check()
    const teaser = sam.page.getByTestId('teaser')
    await expect(teaser).toContainText('Tonight we open the kiln.')
    await expect(teaser).toContainText(t('locked.peopleFew'))
    await expect(locked(sam.page)).not.toContainText('Which cone')
    await accessible(page, 'setting up')
    await picture(page, 'space-setup-cockpit')
    await accessible(sam.page, 'the teaser')
    await picture(sam.page, 'space-setup-teaser-phone')
    await expect(noa.page.getByTestId('teaser')).toContainText(t('locked.peopleFew', {}, 'fr'))
    await picture(noa.page, 'space-setup-teaser-desk-fr')
    await page.getByLabel(t('setup.tellLine')).uncheck()
    await expect(teaser).not.toContainText('Tonight we open the kiln.')
  })

  await test.step('open during lives only: shut between them, open without a reload', async () => {
    await ada.page.getByRole('switch', { name: like('setup.lives') }).click()
    await expect(locked(yuna.page)).toContainText(t('locked.waitsText', { name: 'Ada' }))
    await accessible(yuna.page, 'between lives')
    await picture(yuna.page, 'space-setup-waits-phone')
    await picture(ada.page, 'space-setup-cockpit-lives')
    await stage.goLive(ada)
    await expect(log(yuna.page, 'space')).toContainText('Which cone for this blue?')
    await expect(composer(yuna.page, 'space')).toBeVisible()
    await ada.rest.call('POST', `/api/channels/${handle}/live/end`)
    await expect(locked(yuna.page)).toContainText(t('locked.waitsText', { name: 'Ada' }))
    await expect(yuna.page.getByText('Which cone for this blue?')).toBeHidden()
    await expect(sam.page.getByText('Which cone for this blue?')).toBeHidden()
  })
})
