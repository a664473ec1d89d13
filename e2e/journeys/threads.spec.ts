import type { Locator, Page } from '@playwright/test'
import { composer, log, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t } from '../lib/words.ts'

const threads = (page: Page): Locator => page.getByTestId('threads')
const words = (page: Page): Locator => page.getByTestId('chat-log-thread')
const view = (page: Page, name: 'thread.threads' | 'thread.room'): Locator =>
  page
    .getByRole('navigation', { name: t('thread.inside') })
    .getByRole('button', { name: new RegExp(`^${t(name)}`) })

async function reply(page: Page, text: string): Promise<void> {
  const form = page.locator('[data-composer="thread"]')
  await form.locator('[data-words]').fill(text)
  await form.getByRole('button', { name: t('chat.send') }).click()
  await expect(words(page).getByText(text)).toBeVisible()
}

/** The creator opens threads at the desk; subscribers read, answer and find back on a phone. */
test('threads', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone })
  const noa = await stage.member('Noa', {
    viewport: sizes.desktop,
    locale: 'fr',
  })
  await stage.subscribe(yuna)
  await stage.subscribe(noa)

  await test.step('the creator begins with a suggestion, and writes an update', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await view(page, 'thread.threads').click()
    await expect(threads(page)).toContainText(t('thread.none'))
    await picture(page, 'threads-desk-empty')
    await page.getByRole('button', { name: t('thread.first') }).click()
    await expect(page.getByRole('button', { name: t('thread.prompt.next_live') })).toBeVisible()
    await accessible(page, 'opening a thread')
    await picture(page, 'threads-desk-open')
    await page.getByRole('button', { name: t('thread.prompt.next_live') }).click()
    await reply(page, 'Tell me, and I fire the winner full size.')
    await page.getByRole('button', { name: t('thread.back') }).click()
    await page.getByRole('button', { name: t('thread.new') }).click()
    await page.getByLabel(t('thread.title')).fill('The Lune goes in tonight')
    await page.getByLabel(t('thread.updateHint')).check()
    await page.getByRole('button', { name: t('thread.open'), exact: true }).click()
    await reply(page, 'If the shoulder holds, the next ten are yours first.')
    await page.getByRole('button', { name: t('thread.back') }).click()
    await expect(threads(page)).toContainText('If the shoulder holds')
    await picture(page, 'threads-desk')
  })

  await test.step('a subscriber on a phone sees what is new, and answers', async () => {
    const { page } = yuna
    await visit(page)
    await spaceTab(page).click()
    await expect(view(page, 'thread.threads')).toContainText('2')
    await view(page, 'thread.threads').click()
    await expect(threads(page)).toContainText('The Lune goes in tonight')
    await accessible(page, 'threads')
    await picture(page, 'threads-phone')
    await threads(page)
      .getByRole('button', {
        name: new RegExp(t('thread.prompt.next_live').replace('?', '\\?')),
      })
      .click()
    await reply(page, 'The tall one, please.')
    await accessible(page, 'a thread')
    await picture(page, 'thread-phone')
    await page.getByRole('button', { name: t('thread.back') }).click()
    await expect(view(page, 'thread.threads')).toContainText('1')
    // Nobody but the creator writes an update.
    await threads(page)
      .getByRole('button', { name: /The Lune/ })
      .click()
    await expect(page.getByText(t('thread.updateText', { name: 'Ada' }))).toBeVisible()
    await expect(composer(page, 'space')).toBeHidden()
  })

  await test.step('the answer reaches the creator in the list, and the room is left alone', async () => {
    const { page } = ada
    await expect(threads(page)).toContainText('Yuna: The tall one, please.')
    await view(page, 'thread.room').click()
    await expect(log(page, 'space')).not.toContainText('The tall one')
  })

  await test.step('another one reads it in French, from where they left off', async () => {
    const { page } = noa
    await visit(page)
    await page.getByRole('tab', { name: 'Espace abonnés' }).click()
    await page.getByRole('button', { name: /^Fils/ }).click()
    await page.getByRole('button', { name: /Que faire au prochain direct/ }).click()
    await expect(words(page)).toContainText('The tall one, please.')
    await picture(page, 'thread-desk-fr')
    await page.getByRole('button', { name: 'Tous les fils' }).click()
    await ada.rest.call('POST', `/api/channels/${handle}/threads`, {
      title: 'Kilns',
      kind: 'topic',
    })
    await expect(threads(page)).toContainText('Kilns')
    // While nobody looks, more is written: the line stands before it.
    await view(ada.page, 'thread.threads').click()
    await threads(ada.page)
      .getByRole('button', { name: like('thread.prompt.next_live') })
      .click()
    await reply(ada.page, 'The tall one it is.')
    await expect(threads(page)).toContainText('The tall one it is.')
    await page.getByRole('button', { name: /Que faire au prochain direct/ }).click()
    await expect(words(page).locator('.since')).toContainText('Nouveau depuis')
    await picture(page, 'thread-desk-since-fr')
  })

  await test.step('a right that is lost closes the thread on the open page', async () => {
    const me = await noa.rest.call<{ id: string }[] | { account: { id: string } }>('GET', '/api/session')
    const account = (me as { account: { id: string } }).account.id
    await ada.rest.call('POST', `/api/channels/${handle}/sanctions`, {
      account,
      kind: 'ban',
      reason: 'test',
    })
    await expect(words(noa.page)).toBeHidden()
    await expect(noa.page.getByText('The tall one, please.')).toBeHidden()
  })
})
