import type { Page } from '@playwright/test'
import { spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t } from '../lib/words.ts'

const button = (page: Page, key: string) => page.getByRole('button', { name: t(key), exact: true })

/** Rights that are given and taken, and what buyers say about their money, on the screens of both. */
test('the desk', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy', { viewport: sizes.phone })
  const dot = await stage.member('Dot', { viewport: sizes.phone })

  const row = (name: string) => ada.page.getByRole('listitem').filter({ hasText: name })

  await test.step('the creator gives somebody a right, and their open page opens', async () => {
    await visit(bea.page)
    await spaceTab(bea.page).click()
    await expect(bea.page.getByTestId('space-locked')).toBeVisible()
    const { page } = ada
    await page.goto(`/cockpit/${handle}/subscriptions`)
    await page.getByRole('tab', { name: t('desk.subscribers') }).click()
    await button(page, 'give.add').click()
    await page.getByLabel(t('give.name')).fill('bea')
    await page.getByLabel(like('give.count')).fill('2')
    await page.getByLabel(t('give.note')).fill('edits the recordings')
    await picture(page, 'desk-give')
    await accessible(page, 'giving a right')
    await button(page, 'give.submit').click()
    await expect(row('Bea')).toContainText('edits the recordings')
    await expect(bea.page.getByTestId('space-inside')).toBeAttached()
  })

  await test.step('a list lets in whom it can, and says of every other line why not', async () => {
    const { page } = ada
    await button(page, 'list.title').click()
    const list = 'name;months;note\r\nCy;3;by transfer\r\nNobody by this name;3;\r\nDot;three;\r\n'
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'patrons.csv', mimeType: 'text/csv', buffer: Buffer.from(list) })
    await page.getByRole('button', { name: t('list.import.other', { n: '3' }) }).click()
    await expect(page.getByText(t('list.granted.one', { n: '1' }))).toBeVisible()
    await expect(page.getByText(t('list.troubles.other', { n: '2' }))).toBeVisible()
    await expect(row(t('list.line', { line: '3' }))).toContainText(t('reason.account_missing'))
    await expect(row(t('list.line', { line: '4' }))).toContainText(t('reason.line_months_invalid'))
    await expect(row(t('list.line', { line: '4' }))).toContainText('Dot;three;')
    await accessible(page, 'a list')
    await picture(page, 'desk-list')
    await button(page, 'close').click()
    await expect(row('Cy')).toContainText(t('source.import'))
    const channel = await cy.rest.call<{ me: { inside: boolean } }>('GET', `/api/channels/${handle}`)
    expect(channel.me.inside).toBe(true)
  })

  await test.step('what was given is taken back, and the door closes at once', async () => {
    await row('Bea')
      .getByRole('button', { name: like('take.open') })
      .click()
    await expect(row('Bea')).toContainText(like('take.text'))
    await picture(ada.page, 'desk-take')
    await row('Bea')
      .getByRole('button', { name: t('take.confirm') })
      .click()
    await expect(ada.page.getByText(t('take.done', { name: 'Bea' }))).toBeVisible()
    await expect(bea.page.getByTestId('space-inside')).toBeHidden()
  })

  await test.step('a buyer sets a limit, and is refused above it', async () => {
    const { page } = dot
    await page.goto('/account#limit')
    const limit = page.getByRole('region', { name: t('limit.title') })
    await limit.getByRole('button', { name: t('limit.set') }).click()
    await limit.getByRole('textbox').fill('4')
    await page.keyboard.press('Enter')
    await expect(limit).toContainText(like('limit.most'))
    await visit(page)
    await spaceTab(page).click()
    await page.getByTestId('subscribe').click()
    const sheet = page.getByTestId('checkout-sheet')
    await sheet.getByTestId('of-age').click()
    await expect(sheet.getByRole('heading', { name: t('limit.over') })).toBeVisible()
    await expect(sheet).toContainText('€4.99')
    await picture(page, 'desk-over-limit')
    await accessible(page, 'over the limit')
    await page.goto('/account#limit')
    await limit.getByRole('button', { name: t('limit.edit') }).click()
    await limit.getByRole('textbox').fill('40')
    await limit.getByRole('button', { name: t('limit.set') }).click()
    await expect(limit).toContainText(like('limit.waits'))
    await picture(page, 'desk-limit')
  })

  await test.step('who paid opens the invoice, and nobody else does', async () => {
    const { page } = bea
    await stage.subscribe(bea)
    await page.goto('/account/papers')
    await picture(page, 'desk-papers')
    await page
      .locator('main')
      .getByRole('link', { name: like('paper.invoice') })
      .click()
    const paper = page.getByRole('article')
    await expect(paper).toContainText('€4.99')
    await expect(paper).toContainText('Bea')
    await expect(paper).toContainText(t('paper.sandbox'))
    await accessible(page, 'an invoice')
    await picture(page, 'desk-invoice')
    const address = page.url()
    await page.reload()
    await expect(paper).toContainText('€4.99')
    await cy.page.goto(address)
    await expect(cy.page.getByRole('heading', { name: t('paper.missing') })).toBeVisible()
  })
})
