import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

describe('reactions', () => {
  let opened: Page
  const hearts = () => page.getByRole('button', { name: /^Heart: / })
  const row = (n: number) => document.querySelectorAll('[data-testid=chat-log-public] li.msg')[n]!

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  async function watch(change: (w: World) => void = () => {}) {
    opened = await openPage('/c/ines', { as: 'light', change })
    await expect.element(page.getByTestId('chat-log-public')).toBeVisible()
  }

  it('show how many, mark what is one’s own, and are taken back by a click', async () => {
    await watch()
    await expect.element(hearts()).toHaveTextContent('12')
    await expect.element(hearts()).toHaveAttribute('aria-pressed', 'true')
    expect(await audit()).toEqual([])
    await hearts().click()
    await expect.element(hearts()).toHaveAttribute('aria-pressed', 'false')
    await expect.element(hearts()).toHaveTextContent('11')
    expect(opened.server.calls).toContain('DELETE /api/channels/ines/rooms/public/messages/2/reactions/heart')
  })

  it('follow what the room is told, and go with a message that is removed', async () => {
    await watch()
    await expect.element(hearts()).toHaveTextContent('12')
    const told = (reactions: Record<string, object>) =>
      opened.server.tell({ type: 'reactions', channel: 'ines', room: 'public', reactions })
    told({ 2: { heart: 14, sad: 1 } })
    await expect.element(hearts()).toHaveTextContent('14')
    await expect.element(page.getByRole('button', { name: 'Sad: 1' })).toBeVisible()
    told({ 2: {} })
    await expect.poll(() => hearts().query()).toBeNull()
    told({ 2: { heart: 3 } })
    await expect.element(hearts()).toHaveTextContent('3')
    opened.server.happen('public', 'message.removed', { seqs: [2], by: 'moderator' })
    await expect.poll(() => hearts().query()).toBeNull()
  })

  it('are given from the message’s menu, by keyboard', async () => {
    await watch((w) => (w.reactions = {}))
    await expect.poll(() => opened.server.calls).toContain('GET /api/channels/ines/rooms/public/reactions')
    await expect.poll(() => row(0).querySelector('[aria-haspopup=menu]')).not.toBeNull()
    row(0).querySelector<HTMLElement>('[aria-haspopup=menu]')!.focus()
    await userEvent.keyboard('{Enter}')
    const has = (role: 'menuitem' | 'menuitemcheckbox', name: string) =>
      expect.element(page.getByRole(role, { name })).toHaveFocus()
    await has('menuitem', 'Reply')
    await userEvent.keyboard('{ArrowDown}')
    await has('menuitemcheckbox', 'Heart')
    await userEvent.keyboard('{ArrowRight}{ArrowRight}')
    await has('menuitemcheckbox', 'Fire')
    await userEvent.keyboard('{ArrowUp}')
    await has('menuitem', 'Reply')
    await userEvent.keyboard('{ArrowUp}')
    await has('menuitemcheckbox', 'Heart')
    await userEvent.keyboard('{ArrowLeft}')
    await has('menuitemcheckbox', 'Sad')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('button', { name: 'Sad: 1' })).toHaveAttribute('aria-pressed', 'true')
  })

  it('say why one was refused, and take it off again', async () => {
    await watch((w) => (w.refuseReaction = 'thread_closed'))
    await hearts().click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('This thread is closed')
    await expect.element(hearts()).toHaveTextContent('12')
    await expect.element(hearts()).toHaveAttribute('aria-pressed', 'true')
  })

  it('are only shown to whoever is nobody yet', async () => {
    opened = await openPage('/c/ines', {})
    await expect.element(page.getByRole('img', { name: 'Heart: 12' })).toBeVisible()
    expect(hearts().query()).toBeNull()
  })

  it('stand at updates, and nothing of them stays when the door closes', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await page.getByRole('tab').nth(1).click()
    await page.getByRole('button', { name: /^Threads/ }).click()
    await page.getByRole('button', { name: 'The Lune goes in' }).click()
    const claps = page.getByRole('button', { name: 'Applause: 31' })
    await claps.click()
    await expect.element(page.getByRole('button', { name: 'Applause: 32' })).toBeVisible()
    expect(opened.server.calls).toContain('PUT /api/channels/ines/threads/t2/messages/3/reactions/clap')
    const w = opened.server.world
    w.channel = {
      ...w.channel,
      me: { ...w.channel.me, inside: false, subscriber: false, reason: 'period_ended' },
    }
    for (const room of ['thread', 'space'] as const) {
      const thread = room === 'thread' ? { thread: 't2' } : {}
      opened.server.tell({
        type: 'closed',
        channel: 'ines',
        room,
        ...thread,
        reason: 'period_ended',
        detail: '',
      })
    }
    await expect.element(page.getByTestId('space-locked')).toBeVisible()
    expect(page.getByRole('button', { name: /Applause/ }).query()).toBeNull()
  })
})
