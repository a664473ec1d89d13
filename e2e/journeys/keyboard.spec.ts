import { composer, log, onAir, spaceTab } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, password, test } from '../lib/fixtures.ts'
import { focusIsSeen, press, tabTo, type } from '../lib/keyboard.ts'
import { like, t } from '../lib/words.ts'

/** The creator's and the viewer's whole script with a keyboard alone. */
test('by keyboard alone', async ({ stage }) => {
  const ada = await stage.person('Ada', { viewport: sizes.desktop })
  const bea = await stage.person('Bea', { viewport: sizes.desktop })

  await test.step('the creator opens the channel', async () => {
    const { page } = ada
    await page.goto(stage.server.setup)
    await type(page, t('signin.name'), 'Ada')
    await type(page, t('signin.password'), password)
    await type(page, t('open.name'), 'Evening studio')
    await type(page, t('open.handle'), handle)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/cockpit/${handle}`)
  })

  await test.step('opens the Sub Space and sets a price', async () => {
    const { page } = ada
    await tabTo(page, page.locator('summary', { hasText: t('settings.space') }))
    await focusIsSeen(page)
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('switch', { name: t('space.switch') }).first())
    await page.keyboard.press('Space')
    await expect(page.getByText(t('space.switchOpen'))).toBeVisible()
    await type(page, t('space.price'), '4.99')
    await page.keyboard.press('Enter')
    await expect(page.getByText(like('space.priceNow'))).toBeVisible()
  })

  await stage.goLive(ada)

  await test.step('the viewer finds the live and writes', async () => {
    const { page } = bea
    await page.goto('/')
    await tabTo(page, page.locator(`main a[href="/c/${handle}"]`).first())
    await focusIsSeen(page)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/c/${handle}`)
    await expect(log(page, 'public')).toBeVisible()
    // The shortcut for the chat, then the name that the first message needs.
    await page.keyboard.press('c')
    await expect(composer(page, 'public').locator('[data-words]')).toBeFocused()
    await page.keyboard.type('hello by keyboard')
    await tabTo(page, composer(page, 'public').getByLabel(t('signin.name')), { back: true })
    await page.keyboard.type('Bea')
    await page.keyboard.press('Enter')
    await expect(log(page, 'public').getByText('hello by keyboard')).toBeVisible()
    await expect(log(ada.page, 'public').getByText('hello by keyboard')).toBeVisible()
  })

  await test.step('goes to the Sub Space, subscribes, and the focus is in the room', async () => {
    const { page } = bea
    await tabTo(page, page.getByRole('tab', { name: t('chat.public') }), { back: true })
    await page.keyboard.press('ArrowRight')
    await expect(spaceTab(page)).toBeFocused()
    await expect(page.getByTestId('space-locked')).toBeVisible()
    await tabTo(page, page.getByTestId('subscribe').first())
    await focusIsSeen(page)
    await page.keyboard.press('Enter')
    const sheet = page.getByTestId('checkout-sheet')
    await tabTo(page, sheet.getByLabel(t('signin.password')))
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await tabTo(page, sheet.getByTestId('of-age'))
    await page.keyboard.press('Enter')
    await expect(sheet.getByTestId('pay')).toBeEnabled()
    await tabTo(page, sheet.getByTestId('pay'))
    await focusIsSeen(page)
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('space-inside')).toBeAttached()
    await press(page, t('inside.ask'))
    await expect(page.locator('[data-question]')).toBeFocused()
  })

  await test.step('asks; the creator puts it on air and answers it', async () => {
    await bea.page.keyboard.type('does this work without a mouse')
    await press(bea.page, t('ask.send'))
    await expect(bea.page.getByTestId('ask-box').getByRole('status')).toHaveText(t('ask.done'))
    const queue = ada.page.getByTestId('question-queue')
    await expect(queue).toContainText('without a mouse')
    await press(ada.page, like('queue.air'))
    await expect(onAir(ada.page)).toContainText('without a mouse')
    await expect(onAir(bea.page)).toContainText('without a mouse')
    await press(ada.page, like('queue.answered'))
    await expect(bea.page.getByTestId('on-air')).toHaveCount(0)
  })

  await test.step('pins a message, and sends somebody out', async () => {
    const { page } = ada
    const max = await stage.member('Max')
    for (const text of ['a lovely blue', 'rude words'])
      await max.rest.call('POST', `/api/channels/${handle}/rooms/public/messages`, {
        key: crypto.randomUUID(),
        text,
      })
    const act = async (text: string, name: string) => {
      const row = log(page, 'public').getByRole('listitem').filter({ hasText: text })
      await tabTo(page, row.getByRole('button', { name: like('chat.actions') }), { most: 160 })
      await focusIsSeen(page)
      await page.keyboard.press('Enter')
      const item = page.getByRole('menuitem', { name, exact: true })
      for (let i = 0; i < 8 && !(await item.evaluate((n) => n === document.activeElement)); i++)
        await page.keyboard.press('ArrowDown')
      await expect(item).toBeFocused()
      await page.keyboard.press('Enter')
    }
    await act('a lovely blue', t('pin.put'))
    await expect(page.getByTestId('pinned')).toContainText('a lovely blue')
    await act('rude words', t('sanction.open'))
    await tabTo(page, page.getByRole('dialog').getByRole('radio').first())
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('radio', { name: t('sanction.ban'), exact: true })).toBeChecked()
    await press(page, t('sanction.ban'))
    await expect(log(page, 'public').getByText('rude words')).toHaveCount(0)
  })

  await test.step('opens a poll and closes it', async () => {
    const { page } = ada
    await tabTo(page, page.locator('summary', { hasText: t('settings.polls') }), { most: 160 })
    await page.keyboard.press('Enter')
    await press(page, t('poll.new'))
    await type(page, t('poll.question'), 'Which glaze next?')
    await type(page, t('poll.optionNo', { n: '1' }), 'Tenmoku')
    await type(page, t('poll.optionNo', { n: '2' }), 'Celadon')
    await press(page, t('poll.open'))
    await expect(page.getByTestId('poll-row').first()).toContainText('Which glaze next?')
    await press(page, t('poll.close'))
    await expect(log(page, 'public').getByTestId('poll-line')).toContainText('Which glaze next?')
  })

  await test.step('opens a thread and writes in it', async () => {
    const { page } = ada
    const inside = page.getByRole('navigation', { name: t('thread.inside') })
    await tabTo(page, inside.getByRole('button', { name: like('thread.threads') }), { most: 160 })
    await page.keyboard.press('Enter')
    await press(page, t('thread.first'))
    await type(page, t('thread.title'), 'Glazes that crawl')
    await press(page, t('thread.open'))
    await tabTo(page, page.locator('[data-composer="thread"] [data-words]'))
    await page.keyboard.type('Show me yours.')
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('chat-log-thread').getByText('Show me yours.')).toBeVisible()
  })

  await test.step('a dialog closes with Escape and gives the focus back', async () => {
    const { page } = ada
    const opener = page.getByRole('button', { name: like('keys.title') })
    await tabTo(page, opener, { back: true })
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
    await expect(opener).toBeFocused()
  })

  await test.step('the subscriber cancels and keeps the paid time', async () => {
    const { page } = bea
    await page.goto('/account')
    await press(page, like('subscription.cancel'))
    await press(page, t('subscription.confirm'))
    await expect(page.getByText(/You stay inside until/)).toBeVisible()
    await expect(page.getByRole('button', { name: t('subscription.resume') })).toBeVisible()
  })
})
