import { afterEach, expect, it, vi } from 'vitest'
import { page } from 'vitest/browser'
import { people } from './fake-world'
import { openPage, type Page } from './visit-page'

// A part of the page that does not come, as after an update of the server.
vi.mock('../src/features/chat/MentionText.svelte', () => ({
  get default() {
    throw new Error('lost')
  },
}))

let opened: Page
afterEach(() => opened.close())

it('shows the plain words where what marks the names does not come', async () => {
  opened = await openPage('/c/ines', { as: 'light' })
  await expect.element(page.getByTestId('chat-log-public')).toBeVisible()
  const { id, name } = people.sam
  opened.server.happen('public', 'message.posted', {
    ...{ author: people.priya, text: `for @${name} <b>here</b>` },
    mentions: [{ id, name }],
  })
  await expect.element(page.getByTestId('chat-log-public')).toHaveTextContent(`for @${name} <b>here</b>`)
  expect(document.querySelector('[data-testid=chat-log-public] mark')).toBeNull()
  // It stays so when the part's failure has come.
  await new Promise((done) => setTimeout(done, 500))
  await expect.element(page.getByTestId('chat-log-public')).toHaveTextContent(`for @${name} <b>here</b>`)
})
