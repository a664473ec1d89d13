import type { Locator, Page } from '@playwright/test'
import { spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { focusIsSeen, press, tabTo, type } from '../lib/keyboard.ts'
import { accessible, picture } from '../lib/look.ts'
import { until } from '../lib/process.ts'
import { keepsPlaying, watch } from '../lib/watching.ts'
import { like, t } from '../lib/words.ts'

// The second tab has to see that the money is on its way, also on a slow machine.
test.use({ serverArgs: ['--sandbox-late-after', '45s'] })

const mine = (page: Page): Locator => page.getByTestId(`subscription-${handle}`)

/** From the closed room to the sheet, with a rehearsal card in hand. */
async function takeCard(page: Page, number: string): Promise<Locator> {
  await page.getByTestId('subscribe').click()
  const sheet = page.getByTestId('checkout-sheet')
  await sheet.getByTestId('of-age').click() // asked once in a lifetime
  await expect(sheet.getByTestId('pay')).toBeEnabled()
  await expect(sheet).toContainText(t('sandbox.text'))
  await sheet.getByTestId('test-card').selectOption(number)
  return sheet
}

/** Buys a month without a screen. */
async function buys({ rest, name }: Person, country: string): Promise<void> {
  const key = crypto.randomUUID()
  const { id } = await rest.call<{ id: string }>('POST', `/api/channels/${handle}/checkout`, {
    key,
    country,
    of_age: true,
  })
  await rest.call('POST', `/api/sandbox/checkouts/${id}/pay`, { card: '4242424242424242' })
  await until(`${name} has paid`, async () => {
    const { state } = await rest.call<{ state: string }>('GET', `/api/checkouts/${id}`)
    return state === 'complete'
  })
}

/** Everything a subscription goes through, on the screens of who sells it and who pays for it. */
test('subscribe', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy', { viewport: sizes.phone })

  await test.step('the creator makes two tiers, by keyboard alone', async () => {
    const { page } = ada
    await page.goto(`/cockpit/${handle}/subscriptions`)
    await press(page, like('edit'))
    await type(page, t('tier.name'), 'Studio')
    await type(page, t('tier.year'), '49')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'Studio' })).toBeVisible()
    await press(page, t('tier.add'))
    await type(page, t('tier.month'), '9.99')
    await type(page, t('tier.year'), '99')
    await type(page, t('tier.name'), 'Kiln')
    await tabTo(page, page.getByLabel(t('tier.perks')))
    await page.keyboard.type('The recipes, written out')
    await tabTo(page, page.getByRole('button', { name: t('save') }))
    await focusIsSeen(page)
    await page.keyboard.press('Enter')
    await expect(page.getByText('€9.99 a month · €99 a year')).toBeVisible()
    await accessible(page, 'the tiers')
    await picture(page, 'subscribe-tiers')
  })

  await stage.goLive(ada)

  await test.step('a viewer subscribes by the year, after the bank has asked, and the video goes on', async () => {
    const { page } = bea
    await visit(page)
    await watch(page)
    await spaceTab(page).click()
    await expect(page.getByRole('radio', { name: /Studio/ })).toBeChecked()
    await page.getByRole('radio', { name: /Kiln/ }).check()
    await page.getByRole('radio', { name: like('plan.yearly') }).check()
    await keepsPlaying(page, async () => {
      const sheet = await takeCard(page, '4000002500003155')
      await expect(sheet.getByTestId('country')).toHaveValue('GB')
      await expect(sheet).toContainText('Kiln, yearly')
      await picture(page, 'subscribe-checkout')
      await sheet.getByTestId('pay').click()
      await expect(sheet.getByRole('heading', { name: t('checkout.approve') })).toBeVisible()
      await sheet.getByRole('button', { name: t('checkout.approveNo') }).click()
      await expect(sheet).toContainText(t('checkout.declinedText'))
      await sheet.getByRole('button', { name: t('checkout.anotherCard') }).click()
      await sheet.getByTestId('pay').click()
      await sheet.getByRole('button', { name: t('checkout.approveYes', { price: '€99' }) }).click()
      await expect(page.getByTestId('space-inside')).toBeAttached()
      await sheet.getByRole('button', { name: t('inside.look') }).click()
    })
  })

  await test.step('another one’s money comes late, and the door opens by itself', async () => {
    const { page } = cy
    await visit(page)
    await spaceTab(page).click()
    const sheet = await takeCard(page, '4000000000000077')
    // A second tab, there before the money is on its way, cannot pay for it again.
    const second = await cy.context.newPage()
    await visit(second)
    await spaceTab(second).click()
    await expect(second.getByTestId('subscribe')).toBeVisible()
    await sheet.getByTestId('pay').click()
    await expect(sheet.getByRole('heading', { name: t('checkout.late') })).toBeVisible()
    await picture(page, 'subscribe-late')
    await second.getByTestId('subscribe').click()
    await expect(second.getByRole('heading', { name: t('checkout.late') })).toBeVisible()
    await sheet
      .getByRole('button', { name: t('checkout.close') })
      .last()
      .click()
    await expect(sheet).toBeHidden()
    for (const tab of [page, second])
      await expect(tab.getByTestId('space-inside')).toBeAttached({ timeout: 90_000 })
    await second.close()
  })

  await test.step('the viewer changes to a smaller plan, sees when it begins, and keeps the old one', async () => {
    const { page } = bea
    await page.goto('/account')
    await expect(mine(page)).toContainText('Kiln, €99 a year')
    await mine(page)
      .getByRole('button', { name: like('subscription.change') })
      .click()
    await mine(page)
      .getByRole('radio', { name: /Studio/ })
      .check()
    await expect(mine(page)).toContainText(t('change.laterText'))
    await mine(page)
      .getByRole('button', { name: like('change.later') })
      .click()
    await expect(mine(page)).toContainText(/From .+: Studio, €49 a year/)
    await picture(page, 'subscribe-pending')
    await mine(page)
      .getByRole('button', { name: t('subscription.keepPlan') })
      .click()
    await expect(mine(page)).not.toContainText('Studio')
  })

  await test.step('changes to a dearer one, which costs at once what was shown', async () => {
    const { page } = cy
    await page.goto('/account')
    await mine(page)
      .getByRole('button', { name: like('subscription.change') })
      .click()
    await mine(page).getByRole('radio', { name: /Kiln/ }).check()
    const pay = mine(page).getByRole('button', { name: like('change.pay') })
    await expect(pay).toBeVisible()
    await accessible(page, 'changing the plan')
    await pay.click()
    await expect(mine(page)).toContainText('Kiln, €9.99 a month')
    await expect(page.getByText(t('sale.change', { plan: 'Kiln, monthly' }))).toBeVisible()
  })

  await test.step('gets the difference back, and has the plan that is still paid for', async () => {
    await ada.page.getByRole('tab', { name: t('desk.sales') }).click()
    const sale = ada.page
      .getByRole('listitem')
      .filter({ hasText: 'Cy' })
      .filter({ hasText: t('sale.change', { plan: 'Kiln, monthly' }) })
    await sale.getByRole('button', { name: like('refund.open') }).click()
    await expect(sale.getByRole('checkbox')).not.toBeChecked()
    await expect(sale).toContainText(t('refund.falls'))
    await sale.getByRole('button', { name: like('refund.pay') }).click()
    await expect(sale).toContainText(t('sale.refunded'))
    await cy.page.reload()
    await expect(mine(cy.page)).toContainText('Kiln, €9.99 a month')
    await expect(mine(cy.page)).toContainText(/Until .+ you have the plan that is still paid for/)
    await expect(mine(cy.page).getByRole('button', { name: like('subscription.change') })).toHaveCount(0)
    await accessible(cy.page, 'a plan that is paid for in part')
    await picture(cy.page, 'subscribe-reduced')
  })

  await test.step('pauses, resumes, and lets a year pass', async () => {
    const { page } = bea
    await mine(page)
      .getByRole('button', { name: like('subscription.pause') })
      .click()
    await mine(page)
      .getByRole('button', { name: t('subscription.pause') })
      .click()
    await expect(mine(page)).toContainText(like('subscription.paused'))
    await mine(page)
      .getByRole('button', { name: like('subscription.resume') })
      .click()
    await expect(mine(page)).toContainText('Renews')
    await expect(mine(page)).toContainText('1 month inside')
    await page.getByRole('button', { name: t('rehearsal.year') }).click()
    await expect(mine(page)).toContainText('13 months inside')
    await expect(
      page.getByRole('region', { name: t('payments.title') }).getByText('€99', { exact: true }),
    ).toHaveCount(2)
  })

  await test.step('cancels in three clicks from the home page, and keeps the paid time', async () => {
    const { page } = bea
    await page.goto('/')
    await page.evaluate(() => {
      const count = window as unknown as { clicks: number }
      count.clicks = 0
      addEventListener('click', (e) => e.isTrusted && count.clicks++, true)
    })
    await page.getByRole('link', { name: t('nav.account') }).click()
    await mine(page)
      .getByRole('button', { name: like('subscription.cancel') })
      .click()
    await expect(mine(page).getByRole('heading', { name: like('subscription.until') })).toBeVisible()
    await picture(page, 'subscribe-cancel')
    await mine(page)
      .getByRole('button', { name: t('subscription.confirm') })
      .click()
    await expect(mine(page)).toContainText('You stay inside until then')
    expect(await page.evaluate(() => (window as unknown as { clicks: number }).clicks)).toBe(3)
    await visit(page)
    await spaceTab(page).click()
    await expect(page.getByTestId('space-inside')).toBeVisible()
  })

  await test.step('the creator sees them, pays back, and the door closes', async () => {
    const { page } = ada
    await page.getByRole('tab', { name: t('desk.subscribers') }).click()
    const bearer = page.getByRole('listitem').filter({ hasText: 'Bea' })
    await expect(bearer).toContainText('13 months inside')
    await expect(bearer).toContainText(t('subscriber.leaving'))
    await page.getByRole('tab', { name: t('desk.sales') }).click()
    await accessible(page, 'the sales')
    const sale = page.getByRole('listitem').filter({ hasText: 'Bea' }).first()
    await sale.getByRole('button', { name: like('refund.open') }).click()
    await expect(sale.getByRole('checkbox')).toBeChecked()
    await expect(sale).toContainText(t('refund.ends'))
    await picture(page, 'subscribe-refund')
    await sale.getByRole('button', { name: t('refund.pay', { price: '€99' }) }).click()
    await expect(sale).toContainText(t('sale.refunded'))
    await expect(bea.page.getByTestId('space-locked')).toBeVisible()
    await expect(bea.page.getByTestId('space-inside')).toHaveCount(0)
    await bea.page.goto('/account')
    await expect(mine(bea.page)).toContainText('Ended')
    await expect(bea.page.getByText(t('sale.refunded'))).toBeVisible()
  })

  await test.step('where the law says so, a newcomer withdraws and has all of it back', async () => {
    const di = await stage.member('Di')
    await buys(di, 'FR')
    await di.page.goto('/account')
    await mine(di.page)
      .getByRole('button', { name: like('subscription.withdraw') })
      .click()
    await mine(di.page)
      .getByRole('button', { name: t('subscription.withdrawNow') })
      .click()
    await expect(mine(di.page)).toContainText('Ended')
    await expect(di.page.getByText(t('sale.refunded'))).toBeVisible()
    const el = await stage.member('El')
    await buys(el, 'US')
    await el.page.goto('/account')
    await expect(mine(el.page)).toContainText('Renews')
    await expect(el.page.getByText('€4.99', { exact: true })).toBeVisible()
    await expect(mine(el.page).getByRole('button', { name: like('subscription.withdraw') })).toHaveCount(0)
  })
})
