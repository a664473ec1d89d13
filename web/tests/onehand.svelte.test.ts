import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { audit, openPage, type Page } from './visit-page'

describe('the cockpit in one hand', () => {
  let opened: Page
  const stream = () => page.getByTestId('chat-log-both')
  const row = (text: string) => stream().getByRole('listitem').filter({ hasText: text })
  const author = { id: 'yuna', name: 'Yuna', role: 'none', subscriber: true, months: 2, badge: '' } as const
  const posted = (room: 'public' | 'space', text: string) =>
    opened.server.happen(room, 'message.posted', { author, text })

  beforeEach(async () => {
    await page.viewport(390, 844)
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await expect.element(stream()).toBeVisible()
  })
  afterEach(() => opened.close())

  const choose = async (text: string, act: string) => {
    await row(text)
      .getByRole('button', { name: /^Actions/ })
      .click()
    await page.getByRole('menuitem', { name: act, exact: true }).click()
  }

  it('answers in the room of what is answered', async () => {
    posted('space', 'the handle fell off')
    await choose('the handle fell off', 'Reply')
    const field = page.getByRole('textbox', { name: 'Write to subscribers' })
    await expect.element(field).toHaveFocus()
    await expect.element(page.getByText('Reply to Yuna')).toBeVisible()
    posted('public', 'what a lovely evening')
    await choose('what a lovely evening', 'Reply')
    await expect.element(page.getByRole('textbox', { name: 'Write to everyone' })).toHaveFocus()
    expect(await audit()).toEqual([])
  })

  it('takes away in the room of the row, and not in the other', async () => {
    posted('space', 'the handle fell off')
    await choose('the handle fell off', 'Remove')
    await expect
      .poll(() => opened.server.calls.filter((call) => call.startsWith('DELETE')))
      .toEqual([expect.stringMatching(/^DELETE \/api\/channels\/ines\/rooms\/space\/messages\//)])
  })

  it('keeps rows where they are for who looks further up, and says how many came', async () => {
    for (let i = 0; i < 20; i++) posted(i % 2 ? 'public' : 'space', `firing note ${i}`)
    await expect.element(row('firing note 19')).toBeVisible()
    const box = stream().element()
    await expect.poll(() => box.scrollTop).toBeGreaterThan(100)
    box.scrollTop -= 90
    await expect.poll(() => box.scrollTop).toBeGreaterThan(0)
    const at = box.scrollTop
    await new Promise(requestAnimationFrame)
    posted('public', 'one more')
    const fresh = page.getByRole('button', { name: '1 new' })
    await expect.element(fresh).toBeVisible()
    expect(box.scrollTop).toBe(at)
    await fresh.click()
    await expect.poll(() => box.scrollHeight - box.scrollTop - box.clientHeight).toBeLessThan(2)
    await expect.poll(() => fresh.query()).toBeNull()
  })

  it('takes nothing that is offered for one room into the words for the other', async () => {
    posted('space', 'the handle fell off')
    await page.getByRole('textbox', { name: 'Write to everyone' }).click()
    await userEvent.keyboard('hello ')
    await page.getByRole('button', { name: 'Write to subscribers only' }).click()
    const inside = page.getByRole('textbox', { name: 'Write to subscribers' })
    await inside.click()
    await userEvent.keyboard('secret plan @Yu')
    await expect.element(page.getByRole('option', { name: '@Yuna' })).toBeVisible()
    await userEvent.keyboard('{Enter}')
    await expect.element(inside).toHaveValue('secret plan @Yuna ')
    await page.getByRole('button', { name: 'Write to subscribers only' }).click()
    await expect.element(page.getByRole('textbox', { name: 'Write to everyone' })).toHaveValue('hello ')
  })

  it('has what goes with words only while one writes', async () => {
    const announce = () => page.getByRole('button', { name: 'Announcement' })
    await expect.element(row('good evening from Brno')).toBeVisible()
    expect(announce().query()).toBeNull()
    await page.getByRole('textbox', { name: 'Write to everyone' }).click()
    await expect.element(announce()).toBeVisible()
  })

  it('keeps the stream’s menus when the Sub Space’s sheet has come and gone', async () => {
    posted('space', 'the handle fell off')
    await page.getByTestId('open-space').click()
    await expect.element(page.getByRole('dialog').getByText('the handle fell off')).toBeVisible()
    await userEvent.keyboard('{Escape}')
    await expect.poll(() => page.getByRole('dialog').query()).toBeNull()
    await row('the handle fell off')
      .getByRole('button', { name: /^Actions/ })
      .click()
    // Reactions and pins come from what stands around the words.
    await expect
      .element(page.getByRole('menuitem', { name: 'Pin above the chat', exact: true }))
      .toBeVisible()
  })
})
