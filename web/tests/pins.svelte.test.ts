import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Role, World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

describe('what is pinned and announced', () => {
  let opened: Page
  const bar = () => page.getByTestId('pinned')
  const author = {
    id: 'ines',
    name: 'Inès Marchetti',
    role: 'owner',
    subscriber: false,
    months: 0,
    badge: '',
  } as const
  const pinned = { seq: 900, author, text: 'Tonight at nine the kiln opens', by: 'owner' }

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  async function watch(as: Role, change: (w: World) => void = () => {}) {
    opened = await openPage('/c/ines', { as, change })
    await expect.element(page.getByTestId('chat-log-public')).toBeVisible()
  }

  /** The menu's button of the first message comes with the menu. */
  async function focusMenu() {
    const button = () =>
      document.querySelector<HTMLElement>('[data-testid=chat-log-public] li.msg [aria-haspopup=menu]')
    await expect.poll(button).not.toBeNull()
    button()!.focus()
  }

  it('stands above the chat for whoever comes, and goes when it is taken away', async () => {
    await watch('anonymous', (w) => (w.pinned.public = pinned))
    await expect.element(bar()).toHaveTextContent('Inès Marchetti Tonight at nine the kiln opens')
    expect(await audit()).toEqual([])
    expect(page.getByRole('button', { name: 'Unpin' }).query()).toBeNull()
    opened.server.happen('public', 'message.unpinned', { seq: 900, by: 'owner' })
    await expect.poll(() => bar().query()).toBeNull()
    opened.server.happen('public', 'message.pinned', { ...pinned, text: 'Another one' })
    await expect.element(bar()).toHaveTextContent('Another one')
  })

  it('is put there and taken away by staff, from the message’s menu', async () => {
    await watch('moderator')
    await expect.poll(() => opened.server.calls).toContain('GET /api/channels/ines/rooms/public/reactions')
    await focusMenu()
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('menuitem', { name: 'Reply' })).toHaveFocus()
    // The last of the words, above the emoji.
    await userEvent.keyboard('{End}{ArrowUp}{Enter}')
    await expect.element(bar()).toHaveTextContent('good evening from Brno')
    await page.getByRole('button', { name: 'Unpin' }).click()
    await expect.poll(() => bar().query()).toBeNull()
  })

  it('is announced by staff, and stands out', async () => {
    await watch('moderator')
    await page.getByRole('button', { name: 'Announcement' }).click()
    await page.getByRole('textbox', { name: 'Say something' }).fill('We begin in ten minutes')
    await userEvent.keyboard('{Enter}')
    const loud = () => document.querySelector('[data-testid=chat-log-public] li.loud')
    await expect.poll(() => loud()?.textContent).toContain('We begin in ten minutes')
    expect(loud()!.textContent).toContain('Announcement')
    await expect
      .element(page.getByRole('button', { name: 'Announcement' }))
      .toHaveAttribute('aria-pressed', 'false')
  })

  it('is nothing that viewers are offered', async () => {
    await watch('light')
    await expect.poll(() => opened.server.calls).toContain('GET /api/channels/ines/rooms/public/reactions')
    expect(page.getByRole('button', { name: 'Announcement' }).query()).toBeNull()
    await focusMenu()
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('menuitem', { name: 'Reply' })).toBeVisible()
    expect(page.getByRole('menuitem', { name: 'Pin above the chat' }).query()).toBeNull()
  })
})
