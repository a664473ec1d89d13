import { air, ask, composer, log, onAir, say, spaceTab, toThePayButton, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { Bytes } from '../lib/bytes.ts'
import { encode } from '../lib/encoder.ts'
import { expect, handle, password, test } from '../lib/fixtures.ts'
import { picture } from '../lib/look.ts'
import { secret } from '../lib/place.ts'
import type { Program } from '../lib/process.ts'
import type { Ingest } from '../lib/rest.ts'
import { keepsPlaying, watch } from '../lib/watching.ts'
import { like, t } from '../lib/words.ts'

/** The whole main job, by three people on their screens. */
test('first light', async ({ stage, browser }) => {
  const ada = await stage.person('Ada', { viewport: sizes.desktop })
  const bea = await stage.person('Bea', { viewport: sizes.desktop })
  const cy = await stage.person('Cy', { viewport: sizes.phone })
  const received = await Bytes.of(cy.context)
  let encoder: Program | undefined

  await test.step('a stranger opens the printed link and has a channel', async () => {
    expect(stage.server.setup, 'the server prints a one-time link').toContain('/setup#')
    await ada.page.goto(stage.server.setup)
    await ada.page.getByLabel(t('signin.name')).fill('Ada')
    await ada.page.getByLabel(t('signin.password')).fill(password)
    await ada.page.getByLabel(t('open.name')).fill('Evening studio')
    await ada.page.getByLabel(t('open.handle')).fill(handle)
    await ada.page.getByRole('button', { name: t('setup.submit') }).click()
    await ada.page.waitForURL(`**/cockpit/${handle}`)
  })

  await test.step('opens the Sub Space, sets a price, makes an overlay', async () => {
    const { page } = ada
    await page.getByText(t('settings.space')).click()
    await page.getByRole('switch', { name: t('space.switch') }).click()
    await expect(page.getByText(t('space.switchOpen'))).toBeVisible()
    await page.getByLabel(t('space.price')).fill('4.99')
    await page.getByRole('button', { name: t('save') }).click()
    await expect(page.getByText(like('space.priceNow'))).toBeVisible()
  })

  await test.step('goes live with the address and key the cockpit shows', async () => {
    const settings = ada.page.getByTestId('go-live-settings')
    const server = await settings.getByLabel(t('golive.server'), { exact: true }).inputValue()
    const key = await settings.getByLabel(t('golive.key'), { exact: true }).inputValue()
    const ingest = await ada.rest.call<Ingest>('GET', `/api/channels/${handle}/ingest`)
    expect({ server, key }).toEqual({ server: ingest.server, key: ingest.key })
    expect(server).toBe(stage.server.rtmp)
    encoder = encode(server, secret(key))
    await expect(ada.page.getByRole('button', { name: t('cockpit.end') })).toBeVisible({ timeout: 20_000 })
  })

  try {
    await test.step('two people come and really see and hear it', async () => {
      for (const { page } of [bea, cy]) {
        await page.goto('/')
        await page.locator(`a[href="/c/${handle}"]`).first().click()
        await watch(page)
      }
      for (const { page } of [bea, cy]) await keepsPlaying(page, async () => {})
      await expect(ada.page.getByTestId('viewers')).toHaveText(/[23]/)
      // From here on nothing may load a page anew.
      for (const { page } of [bea, cy])
        await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    })

    await test.step('they talk in public', async () => {
      await say(bea.page, 'public', 'hello from Bea', 'Bea')
      await say(cy.page, 'public', 'hello from Cy', 'Cy')
      for (const { page } of [ada, bea, cy]) {
        await expect(log(page, 'public').getByText('hello from Bea')).toBeVisible()
        await expect(log(page, 'public').getByText('hello from Cy')).toBeVisible()
      }
      await say(ada.page, 'public', 'welcome, both')
      await expect(log(cy.page, 'public').getByText('welcome, both')).toBeVisible()
    })

    await test.step('one subscribes while the video runs, and is inside without a reload', async () => {
      await spaceTab(bea.page).click()
      await expect(bea.page.getByTestId('space-locked')).toBeVisible()
      await keepsPlaying(bea.page, async () => {
        const pay = await toThePayButton(bea.page, password)
        await picture(bea.page, 'first-light-checkout')
        const paid = Date.now()
        await pay.click()
        await expect(bea.page.getByTestId('space-inside')).toBeAttached()
        console.log(`figure: paid to inside the open page in ${Date.now() - paid} ms`)
        await bea.page.getByRole('button', { name: t('inside.look') }).click()
      })
      await expect(bea.page.getByTestId('checkout-sheet')).toBeHidden()
    })

    await test.step('the creator and the subscriber talk inside', async () => {
      await say(bea.page, 'space', 'velvetwhisper from Bea')
      await expect(log(ada.page, 'space').getByText('velvetwhisper from Bea')).toBeVisible()
      await say(ada.page, 'space', 'velvetwhisper from Ada')
      await expect(log(bea.page, 'space').getByText('velvetwhisper from Ada')).toBeVisible()
      await spaceTab(cy.page).click()
      await expect(cy.page.getByTestId('space-locked')).toBeVisible()
      await expect(composer(cy.page, 'space')).toHaveCount(0)
      await cy.page.getByRole('tab', { name: t('chat.public') }).click()
    })

    const question = 'which brush made that sky'
    await test.step('a question is asked and goes on air', async () => {
      await ask(bea.page, question, { unnamed: true })
      await ask(bea.page, 'velvetwhisper, kept for another day')
      await air(ada.page, question)
      await expect(onAir(bea.page)).toContainText(question)
      await expect(onAir(cy.page)).toContainText(question)
      await expect(onAir(cy.page)).toContainText(t('question.aSubscriber'))
      await picture(cy.page, 'first-light-on-air')
    })

    await test.step('OBS shows it, and lets go of it when it is answered', async () => {
      const { url } = await ada.rest.call<{ url: string }>('POST', `/api/channels/${handle}/overlay`)
      const path = new URL(url, stage.server.url).pathname
      secret(path.split('/')[2]!)
      const obs = await browser.newPage({ viewport: { width: 1920, height: 1080 } })
      await obs.goto(stage.server.url + path)
      await expect(obs.getByTestId('overlay-on-air')).toContainText(question)
      await expect(obs.locator('body')).toHaveCSS('background-color', 'rgba(0, 0, 0, 0)')
      await cy.page.reload()
      await expect(onAir(cy.page), 'a reload keeps it').toContainText(question)
      await ada.page
        .getByRole('button', { name: like('queue.answered') })
        .first()
        .click()
      for (const { page } of [ada, bea, cy]) await expect(page.getByTestId('on-air')).toHaveCount(0)
      await expect(obs.getByTestId('overlay-on-air')).toHaveCount(0)
      await obs.close()
    })

    await test.step('nobody was interrupted, and who did not pay received only what was on air', async () => {
      await keepsPlaying(bea.page, async () => {})
      expect(await bea.page.evaluate(() => 'sameDocument' in window), 'never reloaded').toBe(true)
      expect(await received.places(question)).not.toEqual([])
      expect(await received.places('velvetwhisper')).toEqual([])
      expect(await received.places('hello from Bea')).not.toEqual([])
    })

    await test.step('the creator ends the live', async () => {
      await ada.page.getByRole('button', { name: t('cockpit.end'), exact: true }).click()
      await ada.page
        .getByRole('dialog')
        .getByRole('button', { name: t('cockpit.end') })
        .click()
      await expect(ada.page.getByText(t('live.off'), { exact: true }).first()).toBeVisible()
      await visit(cy.page)
      await expect(cy.page.getByText(t('live.offline'))).toBeVisible()
    })
  } finally {
    await encoder?.stop('SIGKILL')
  }
})
