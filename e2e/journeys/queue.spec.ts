import type { Page } from '@playwright/test'
import { air, choose, onAir, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t } from '../lib/words.ts'

type Asked = { id: string }

const asks = (person: Person, text: string, more: object = {}) =>
  person.rest.call<Asked>('POST', `/api/channels/${handle}/questions`, {
    key: crypto.randomUUID(),
    text,
    ...more,
  })

const inPublic = { room: 'public' }
const questions = (page: Page) => page.getByRole('button', { name: t('watch.questions'), exact: true })
const queue = (page: Page) => page.getByTestId('question-queue')

/** One evening's questions from both rooms: asked, voted for, moved, answered, and carried over to the next. */
test('the queue', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy', { viewport: sizes.phone, locale: 'fr-FR' })
  const noa = await stage.member('Noa', { viewport: sizes.phone })
  for (const person of [bea, cy]) await stage.subscribe(person)

  await test.step('what is not answered waits for the next live', async () => {
    const encoder = await stage.goLive(ada)
    await asks(bea, 'Will you fire the test tiles in the same kiln?')
    await ada.rest.call('POST', `/api/channels/${handle}/live/end`)
    await encoder.stop('SIGTERM') // says goodbye, without which the next would be taken for the same one
    await stage.goLive(ada)
    await ada.page.goto(`/cockpit/${handle}`)
    await expect(queue(ada.page)).toContainText(like('queue.carried'))
  })

  await test.step('a viewer asks beside the public chat and votes', async () => {
    await asks(bea, 'Is rutile worth it below cone 6, or does it only go brown?', inPublic)
    await visit(noa.page)
    await questions(noa.page).click()
    await noa.page.getByRole('textbox', { name: like('ask.publicLabel') }).fill('Do you ship to Berlin?')
    await noa.page.getByRole('button', { name: t('ask.send') }).click()
    const board = noa.page.getByTestId('question-board')
    await expect(board).toContainText('Berlin')
    await board.getByRole('button', { name: like('queue.vote') }).click()
    await expect(board.getByRole('button', { name: like('queue.voted') })).toBeVisible()
    await expect(queue(ada.page).getByRole('listitem').filter({ hasText: 'rutile' })).toContainText('1 vote')
    await picture(noa.page, 'queue-watch-phone-en')
    await accessible(noa.page, 'the public questions')
  })

  await test.step('a subscriber votes inside, and keeps an answer among subscribers', async () => {
    await visit(cy.page)
    await cy.page.getByRole('tab', { name: t('space.name', {}, 'fr') }).click()
    await cy.page
      .getByRole('navigation', { name: t('thread.inside', {}, 'fr') })
      .getByRole('button', { name: like('thread.questions', 'fr') })
      .click()
    const board = cy.page.getByTestId('question-board')
    await board
      .getByRole('button', { name: like('queue.vote', 'fr') })
      .first()
      .click()
    await expect(board.getByRole('button', { name: like('queue.voted', 'fr') })).toBeVisible()
    await cy.page.locator('[data-question]').fill('Entre nous, combien coûte un tel four ?')
    await cy.page.getByRole('radio', { name: t('ask.onlyInside', {}, 'fr') }).click()
    await picture(cy.page, 'queue-space-phone-fr')
    await accessible(cy.page, 'asking inside')
    await cy.page.getByRole('button', { name: t('ask.send', {}, 'fr') }).click()
    await expect(queue(ada.page)).toContainText('Entre nous')
  })

  await test.step('the creator moves, answers in text and goes back to the rule, by keyboard alone', async () => {
    const { page } = ada
    await expect(page.getByTestId('attention')).toBeVisible()
    await picture(page, 'queue-desk-en')
    await accessible(page, 'the queue at a desk')
    const first = queue(page).getByRole('listitem').first()
    const before = await first.textContent()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Shift+ArrowUp')
    await expect(page.getByTestId('queue-rule')).toContainText(like('queue.moved'))
    await expect(first).not.toHaveText(before!)
    await page.keyboard.press('o')
    await expect(page.getByTestId('queue-rule')).not.toContainText(like('queue.moved'))
    await choose(page, 'Do you ship to Berlin?')
    await page.keyboard.press('r')
    await page.keyboard.type('Once a week, packed in straw.')
    await picture(page, 'queue-desk-reply-en')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(queue(page)).not.toContainText('Berlin')
  })

  await test.step('who asked is told once', async () => {
    const told = noa.page.getByTestId('answer-told')
    await expect(told).toContainText('Once a week, packed in straw.')
    await picture(noa.page, 'queue-told-phone-en')
    await told.getByRole('button', { name: t('close') }).click()
    await expect(told).toBeHidden()
    await noa.page.reload()
    await questions(noa.page).click()
    await expect(noa.page.getByTestId('question-board')).toContainText('Once a week')
    await expect(told).toBeHidden()
  })

  await test.step('what is for subscribers only is on air for them alone', async () => {
    const { page } = ada
    const text = 'Entre nous, combien coûte un tel four ?'
    await air(page, text)
    await expect(onAir(page)).toContainText(t('queue.privateNote'))
    await expect(onAir(cy.page)).toContainText(text)
    await picture(page, 'queue-desk-private-en')
    await page.keyboard.press('a')
    await expect(page.getByTestId('on-air')).toBeHidden()
    await expect(page.getByTestId('attention')).toContainText('%')
    await expect(noa.page.getByTestId('on-air')).toHaveCount(0)
    expect(await noa.page.content()).not.toContain('Entre nous')
  })

  await test.step('in French, and in one hand', async () => {
    const { page } = ada
    await page.goto(`/cockpit/${handle}?lang=fr`)
    await expect(page.getByTestId('attention')).toContainText('%')
    await picture(page, 'queue-desk-fr')
    await page.setViewportSize(sizes.phone)
    await expect(page.getByTestId('attention')).toContainText('%')
    await picture(page, 'queue-phone-fr')
    await page.getByRole('button', { name: like('queue.open.other', 'fr') }).click()
    await expect(queue(page)).toBeVisible()
    await picture(page, 'queue-phone-drawer-fr')
    await accessible(page, 'the queue in one hand')
    await page.goto(`/cockpit/${handle}?lang=en`)
    await page.getByRole('button', { name: like('queue.open.other') }).click()
    await expect(queue(page)).toBeVisible()
    await picture(page, 'queue-phone-drawer-en')
    await visit(bea.page, `/c/${handle}?lang=fr`)
    await bea.page.getByRole('button', { name: t('watch.questions', {}, 'fr'), exact: true }).click()
    await expect(bea.page.getByTestId('question-board')).toContainText('rutile')
    await picture(bea.page, 'queue-watch-desk-fr')
  })
})
