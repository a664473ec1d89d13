import type { Locator, Page } from '@playwright/test'
import { log, say, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { keepsPlaying, watch } from '../lib/watching.ts'
import { like, t } from '../lib/words.ts'

const line = (page: Page): Locator => log(page, 'public').getByTestId('gift-line')

/** From the closed room to the choice of what is given. */
async function choose(page: Page): Promise<Locator> {
  await spaceTab(page).click()
  await page.getByTestId('give').click()
  const sheet = page.getByTestId('gift-sheet')
  await expect(sheet.getByTestId('gift-next')).toBeVisible()
  return sheet
}

/** Somebody gives, and others who look on are inside without doing anything. */
test('gift', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy', { viewport: sizes.phone })
  const di = await stage.member('Di')
  const encoder = await stage.goLive(ada)
  await visit(cy.page)
  await say(cy.page, 'public', 'hello from the harbour')
  await watch(cy.page)

  await test.step('a viewer gives to the room in a sheet over the running video', async () => {
    const { page } = bea
    await visit(page)
    await watch(page)
    await keepsPlaying(page, async () => {
      const sheet = await choose(page)
      await sheet.getByRole('radio', { name: '5', exact: true }).check()
      await expect(sheet).toContainText('€24.95')
      await expect(sheet).toContainText(t('gift.once'))
      await expect(sheet).toContainText(t('gift.back'))
      await accessible(page, 'choosing a gift')
      await picture(page, 'gift-choice')
      await sheet.getByTestId('gift-next').click()
      await sheet.getByTestId('of-age').click()
      await expect(sheet.getByTestId('pay')).toHaveText(t('checkout.pay', { price: '€24.95' }))
      await picture(page, 'gift-review')
      await keepsPlaying(cy.page, async () => {
        await sheet.getByTestId('pay').click()
        await expect(sheet.getByTestId('gift-done')).toContainText(t('gift.givenRoom.one', { n: '1' }))
        await expect(sheet).toContainText(t('gift.left.other', { n: '4', price: '€19.96' }))
        await picture(page, 'gift-done')
        // The other one's page does all by itself.
        const got = cy.page.getByTestId('gift-received')
        await expect(got).toContainText(t('gift.got.one', { name: 'Bea' }))
        await picture(cy.page, 'gift-received')
        await got.getByRole('button', { name: t('price.title') }).click()
        await expect(cy.page.getByTestId('space-inside')).toBeAttached()
        await got.getByRole('button', { name: t('close') }).click()
        await expect(got).toBeHidden()
      })
      await sheet
        .getByRole('button', { name: t('checkout.close') })
        .last()
        .click()
    })
  })

  // What follows is not about the picture, and decoding it in software is slow.
  await ada.rest.call('POST', `/api/channels/${handle}/live/end`)
  await encoder.stop('SIGKILL')

  await test.step('the chat says so to everybody, and after a reload too', async () => {
    const said = t('gift.saidOne.one', { name: 'Bea', to: 'Cy' })
    await bea.page.getByRole('tab', { name: t('chat.public') }).click()
    await expect(line(bea.page)).toHaveText(said)
    await visit(di.page)
    await expect(line(di.page)).toHaveText(said)
    await visit(ada.page, `/cockpit/${handle}`)
    await expect(line(ada.page)).toHaveText(said)
    await cy.page.reload()
    await expect(line(cy.page)).toHaveText(said)
    await expect(cy.page.getByTestId('gift-received')).toHaveCount(0) // it was read
    await picture(bea.page, 'gift-chat')
  })

  await test.step('a name that nobody has is refused beside it', async () => {
    const { page } = di
    const sheet = await choose(page)
    await sheet.getByTestId('gift-to-person').check()
    await sheet.getByTestId('gift-name').fill('Nobody in particular')
    await sheet.getByTestId('gift-next').click()
    await expect(sheet.getByRole('alert')).toHaveText(t('reason.account_missing'))
    await picture(page, 'gift-refused')
  })

  await test.step('without a name, three months to somebody who has some already', async () => {
    const { page } = di
    const sheet = page.getByTestId('gift-sheet')
    await sheet.getByTestId('gift-name').fill('Cy')
    await sheet.getByTestId('gift-months').selectOption('3')
    await sheet.getByTestId('gift-unnamed').check()
    await sheet.getByTestId('gift-next').click()
    await sheet.getByTestId('of-age').click()
    await sheet.getByTestId('test-card').selectOption('4000000000000002')
    await sheet.getByTestId('pay').click()
    await expect(sheet).toContainText(t('checkout.declinedText'))
    await sheet.getByRole('button', { name: t('checkout.anotherCard') }).click()
    await sheet.getByTestId('test-card').selectOption('4242424242424242')
    await sheet.getByTestId('pay').click()
    await expect(sheet.getByTestId('gift-done')).toContainText(
      t('gift.givenOne.other', { name: 'Cy', n: '3' }),
    )
    const got = cy.page.getByTestId('gift-received')
    await expect(got).toContainText(t('gift.got.other', { name: t('gift.somebody'), n: '3' }))
    await expect(got).toContainText(like('gift.gotLater'))
    await expect(line(cy.page).last()).toHaveText(
      t('gift.saidOne.other', { name: t('gift.somebody'), to: 'Cy', n: '3' }),
    )
  })

  await test.step('the creator pays the gift back, and the door closes; the chat stays as it was', async () => {
    const { page } = ada
    await page.goto(`/cockpit/${handle}/subscriptions`)
    await page.getByRole('tab', { name: t('desk.sales') }).click()
    for (const name of ['Bea', 'Di']) {
      const sale = page.getByRole('listitem').filter({ hasText: name }).first()
      await sale.getByRole('button', { name: like('refund.open') }).click()
      await sale.getByRole('button', { name: like('refund.pay') }).click()
      await expect(sale).toContainText(t('sale.refunded'))
    }
    await spaceTab(cy.page).click()
    await expect(cy.page.getByTestId('space-locked')).toBeVisible()
    await cy.page.getByRole('tab', { name: t('chat.public') }).click()
    await expect(line(cy.page)).toHaveCount(2)
  })
})
