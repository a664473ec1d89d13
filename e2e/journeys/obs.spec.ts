import type { Page } from '@playwright/test'
import { air, ask, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { watch } from '../lib/watching.ts'
import { t } from '../lib/words.ts'

const plate = (page: Page, name: string) => page.getByTestId(`overlay-${name}`)
const rest = <T>(who: Person, method: string, path: string, body?: object) =>
  who.rest.call<T>(method, `/api/channels/${handle}${path}`, body)

/** A picture that the browser shows of the live, as OBS would have it below the overlay. */
const frameOf = (page: Page) =>
  page.evaluate(() => {
    const video = document.querySelector('video')!
    const canvas = document.createElement('canvas')
    canvas.width = 1920
    canvas.height = 1080
    canvas.getContext('2d')!.drawImage(video, 0, 0, 1920, 1080)
    return canvas.toDataURL('image/jpeg', 0.8)
  })

const lay = (page: Page, ground: string) =>
  page.evaluate((css) => {
    document.documentElement.style.background = css
  }, ground)

/** OBS opens the overlay, which follows what the creator sets in the cockpit and what happens in the live. */
test('obs', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy')
  const dee = await stage.member('Dee')
  await stage.goLive(ada)
  await visit(bea.page)
  await watch(bea.page)
  const scene = `url(${await frameOf(bea.page)}) center / cover`
  const obs = await stage.person('OBS', {
    viewport: { width: 1920, height: 1080 },
  })
  const section = () => ada.page.getByText(t('settings.overlay'), { exact: true })
  let address = ''

  await test.step('the creator makes an address and sets the overlay up', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await section().click()
    await page.getByRole('button', { name: t('overlay.make') }).click()
    await expect(page.getByRole('textbox', { name: t('overlay.address') })).toBeVisible()
    const { url } = await rest<{ url: string }>(ada, 'GET', '/overlay')
    address = new URL(url, stage.server.url).pathname
    await obs.page.goto(address)
    await page.getByRole('switch', { name: t('overlay.goal') }).click()
    await page.getByLabel(t('overlay.goalWords')).fill('A new kiln')
    await page.getByLabel(t('overlay.goalOf'), { exact: true }).fill('5')
    await page
      .getByRole('button', { name: t('save'), exact: true })
      .last()
      .click()
    await expect(plate(obs.page, 'goal')).toContainText('A new kiln')
    await expect(plate(obs.page, 'goal')).toContainText(`0 ${t('overlay.of', { n: '5' })}`)
    await page.getByRole('switch', { name: t('overlay.begins') }).click()
    await expect(page.getByRole('switch', { name: t('overlay.begins') })).toHaveAttribute(
      'aria-checked',
      'true',
    )
    await page.getByTestId('overlay-preview').scrollIntoViewIfNeeded()
    await picture(page, 'obs-setup-desk-en')
    await accessible(page, 'setting the overlay up')
  })

  await test.step('somebody subscribes: the goal and an alert follow, and nobody is named', async () => {
    await stage.subscribe(cy)
    await expect(plate(obs.page, 'goal')).toContainText(`1 ${t('overlay.of', { n: '5' })}`)
    await expect(plate(obs.page, 'alert')).toHaveText(
      new RegExp(`^\\s*${t('overlay.begun.one')}\\s*${t('overlay.welcomeYou')}\\s*$`),
    )
    expect(await obs.page.content()).not.toContain('Cy')
  })

  await test.step('a gift is celebrated by name, with a question on air and a poll beside it', async () => {
    await rest(dee, 'POST', '/rooms/public/messages', {
      key: crypto.randomUUID(),
      text: 'hello',
    })
    await rest(ada, 'POST', '/polls', {
      ...{
        key: crypto.randomUUID(),
        question: 'Which glaze for the last kiln?',
        room: 'public',
      },
      ...{
        options: ['Celadon', 'Tenmoku', 'Shino'],
        changeable: true,
        results: 'live',
      },
    })
    await stage.subscribe(bea)
    await visit(bea.page)
    await spaceTab(bea.page).click()
    await ask(bea.page, 'How do you stop the drips at the shoulder?')
    await air(ada.page, 'How do you stop the drips at the shoulder?')
    await expect(plate(obs.page, 'on-air')).toContainText('Bea')
    await expect(plate(obs.page, 'poll')).toContainText('Tenmoku')
    await expect(plate(obs.page, 'alert')).toHaveCount(0, { timeout: 20_000 })
    const { id } = await rest<{ id: string }>(bea, 'POST', '/gift', {
      ...{
        key: crypto.randomUUID(),
        people: 3,
        named: true,
        of_age: true,
        country: 'FR',
      },
    })
    await bea.rest.call('POST', `/api/sandbox/checkouts/${id}/pay`, {
      card: '4242424242424242',
    })
    await expect(plate(obs.page, 'alert')).toContainText(`Bea ${t('overlay.gave.one')}`)
    await expect(plate(obs.page, 'alert')).toContainText(t('overlay.welcome', { names: 'Dee' }))
    await expect(plate(obs.page, 'goal')).toContainText(`3 ${t('overlay.of', { n: '5' })}`)
    await lay(obs.page, scene)
    await picture(obs.page, 'obs-overlay-full-en')
    await lay(obs.page, '#fff')
    await picture(obs.page, 'obs-overlay-white-en')
    await accessible(obs.page, 'the overlay on white')
  })

  await test.step('colours, size and places change while it is open', async () => {
    const { page } = ada
    await page.getByRole('combobox', { name: t('overlay.theme') }).selectOption('light')
    await page.getByRole('combobox', { name: t('overlay.size') }).selectOption('large')
    await page.getByRole('combobox', { name: t('overlay.atPoll'), exact: true }).selectOption('top_left')
    await page.getByRole('combobox', { name: t('overlay.atGoal'), exact: true }).selectOption('bottom')
    await expect(obs.page.locator('[data-theme=light][data-size=large] [data-place=top_left]')).toContainText(
      'Tenmoku',
    )
    await expect(obs.page.locator('[data-place=bottom]')).toContainText('A new kiln')
    await lay(obs.page, scene)
    await picture(obs.page, 'obs-overlay-light-large')
    await page.getByRole('combobox', { name: t('overlay.theme') }).selectOption('contrast')
    await page.getByRole('combobox', { name: t('overlay.size') }).selectOption('small')
    await expect(obs.page.locator('[data-theme=contrast][data-size=small]')).toBeVisible()
    await picture(obs.page, 'obs-overlay-contrast-small')
    await lay(obs.page, '#000')
    await accessible(obs.page, 'the overlay in high contrast')
  })

  await test.step('who comes back sees how things stand, and nothing celebrated twice', async () => {
    const other = await stage.person('OBS again', {
      viewport: { width: 1280, height: 720 },
      locale: 'fr-FR',
    })
    await other.page.goto(address)
    await obs.page.reload()
    for (const { page } of [obs, other]) {
      await expect(plate(page, 'goal')).toBeVisible()
      await expect(plate(page, 'on-air')).toBeVisible()
      await expect(plate(page, 'poll')).toBeVisible()
      await expect(plate(page, 'alert')).toHaveCount(0)
    }
    await expect(plate(other.page, 'goal')).toContainText(`3 ${t('overlay.of', { n: '5' }, 'fr')}`)
    await lay(other.page, scene)
    await picture(other.page, 'obs-overlay-full-fr')
  })

  await test.step('on a phone and in French the cockpit shows the same, and says what is wrong', async () => {
    const storageState = await ada.context.storageState()
    const phone = await stage.person('Ada', {
      viewport: sizes.phone,
      locale: 'fr-FR',
      storageState,
    })
    const { page } = phone
    await visit(page, `/cockpit/${handle}`)
    await page.getByRole('button', { name: t('cockpit.settings', {}, 'fr') }).click()
    await page.getByText(t('settings.overlay', {}, 'fr'), { exact: true }).click()
    await expect(page.getByTestId('overlay-preview')).toContainText('A new kiln')
    await page.getByTestId('overlay-preview').scrollIntoViewIfNeeded()
    await picture(page, 'obs-setup-phone-fr')
    await page.getByLabel(t('overlay.goalOf', {}, 'fr'), { exact: true }).fill('0')
    await page
      .getByRole('button', { name: t('save', {}, 'fr'), exact: true })
      .last()
      .click()
    await expect(page.getByRole('alert')).toHaveText(t('reason.goal_invalid', {}, 'fr'))
    await page.getByRole('alert').scrollIntoViewIfNeeded()
    await picture(page, 'obs-setup-wrong-phone-fr')
    await accessible(page, 'setting the overlay up, fr, phone')
  })

  await test.step('at a desk in French, on a phone in English, and in an upright picture', async () => {
    const storageState = await ada.context.storageState()
    for (const [viewport, locale, name] of [
      [sizes.desktop, 'fr', 'desk-fr'],
      [sizes.phone, 'en', 'phone-en'],
    ] as const) {
      const { page } = await stage.person('Ada', { viewport, locale, storageState })
      await visit(page, `/cockpit/${handle}`)
      if (name === 'phone-en') await page.getByRole('button', { name: t('cockpit.settings') }).click()
      await page.getByText(t('settings.overlay', {}, locale), { exact: true }).click()
      await expect(page.getByTestId('overlay-preview')).toContainText('A new kiln')
      const begins = page.getByRole('switch', { name: t('overlay.begins', {}, locale) })
      await begins.focus()
      await page.keyboard.press('Space')
      await expect(begins).toHaveAttribute('aria-checked', name === 'desk-fr' ? 'false' : 'true')
      await expect(begins).toBeFocused()
      await page.getByTestId('overlay-preview').scrollIntoViewIfNeeded()
      await picture(page, `obs-setup-${name}`)
      await accessible(page, `setting the overlay up, ${name}`)
    }
    await obs.page.setViewportSize({ width: 1080, height: 1920 })
    await lay(obs.page, scene)
    await picture(obs.page, 'obs-overlay-upright-en')
    await obs.page.setViewportSize({ width: 1920, height: 1080 })
  })

  await test.step('a revoked address shows nothing from then on', async () => {
    await ada.page.getByRole('button', { name: t('overlay.revoke') }).click()
    for (const name of ['goal', 'on-air', 'poll']) await expect(plate(obs.page, name)).toHaveCount(0)
    await stage.subscribe(dee).catch(() => {})
    await obs.page.reload()
    await expect(obs.page.locator('.stage')).toBeAttached()
    await expect(obs.page.getByTestId(/^overlay-/)).toHaveCount(0)
  })
})
