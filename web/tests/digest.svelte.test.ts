import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Digest } from '../src/api/digest'
import { aDigest, nothing } from './fake-digest'
import { audit, openPage, type Page } from './visit-page'

describe('what was missed', () => {
  let opened: Page
  const card = () => page.getByTestId('digest')
  const line = (name: string | RegExp) => card().getByRole('button', { name })
  const visits = () => opened.server.calls.filter((c) => c.endsWith('/visit')).length

  beforeEach(() => page.viewport(390, 844))
  afterEach(() => opened.close())

  async function comes(digest: Digest, locale = 'en') {
    opened = await openPage('/c/ines', { as: 'subscriber', locale, change: (w) => (w.digest = digest) })
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('chat-log-space')).toBeVisible()
  }

  it('stands before the chat in short, and whole when it is wanted', async () => {
    await comes(aDigest())
    await expect.element(card().getByRole('heading')).toHaveTextContent('Since your last visit')
    await expect.element(card()).toHaveTextContent('1 day ago')
    await expect.element(line(/2 updates/)).toHaveTextContent('If the shoulder holds')
    await expect.element(line(/Which glaze/)).toHaveTextContent('Tenmoku 60%')
    await expect.element(card()).not.toHaveTextContent('200 new messages')
    const { top } = document.querySelector('[data-testid=chat-log-space]')!.getBoundingClientRect()
    expect(card().element().getBoundingClientRect().bottom).toBeLessThanOrEqual(top)
    await card().getByRole('button', { name: '5 more' }).click()
    await expect.element(line(/Is the rutile/)).toHaveTextContent('Answered · on camera at 12:34')
    await expect.element(line(/Cone 6 or cone 8/)).toHaveFocus()
    await expect.element(line(/Cone 6 or cone 8/)).toHaveTextContent('Poll, still open')
    await expect.element(line(/In the chat/)).toHaveTextContent('200 new messages')
    await expect.element(line(/In the threads/)).toHaveTextContent('12 new messages')
    await expect.element(line(/New thread/)).toHaveTextContent('Introduce yourself')
    expect(await audit()).toEqual([])
  })

  it('says where there may be more than was counted', async () => {
    const { updates, ...rest } = aDigest()
    await comes({
      ...rest,
      ...{ missed: 700, missed_more: true, missed_threads: 100, missed_threads_more: true },
      updates: updates.map((u) => ({ ...u, posts: 100, more: true })),
    })
    await expect.element(line(/100 updates or more/)).toBeVisible()
    await card().getByRole('button', { name: '5 more' }).click()
    await expect.element(line(/In the chat/)).toHaveTextContent('700 new messages or more')
    await expect.element(line(/In the threads/)).toHaveTextContent('100 new messages or more')
  })

  it('leads to the place of each', async () => {
    await comes(aDigest())
    await line(/2 updates/).click()
    await expect.element(page.getByRole('heading', { name: 'The Lune goes in' })).toHaveFocus()
    await page.getByRole('button', { name: 'Chat', exact: true }).click()
    await card().getByRole('button', { name: '5 more' }).click()
    await line(/In the threads/).click()
    await expect.element(page.getByTestId('threads')).toBeVisible()
    await page.getByRole('button', { name: 'Chat', exact: true }).click()
    await card().getByRole('button', { name: '5 more' }).click()
    await line(/In the chat/).click()
    await expect.element(page.getByTestId('chat-log-space')).toHaveFocus()
  })

  it('leads to an answered question on the board', async () => {
    opened = await openPage('/c/ines', {
      as: 'subscriber',
      change: (w) => {
        const q = w.questions[0]!
        w.questions = [{ ...q, id: 'q9', text: 'Is the rutile old?', state: 'answered' }]
        w.digest = aDigest({ updates: [], polls: [], threads: [] })
      },
    })
    await page.getByRole('tab').nth(1).click()
    await line(/Is the rutile/).click()
    const row = page.getByTestId('question-board').getByRole('listitem')
    await expect.element(row).toHaveTextContent('Is the rutile old?')
    await expect.element(row).toHaveFocus()
  })

  it('is put away for good, and says so when it could not be', async () => {
    await comes(aDigest())
    opened.server.world.refuseTold = true
    await card().getByRole('button', { name: 'Put it away' }).click()
    await expect.element(card().getByRole('alert')).toBeVisible()
    opened.server.world.refuseTold = false
    const { until } = opened.server.world.digest
    await card().getByRole('button', { name: 'Put it away' }).click()
    await expect.poll(() => card().elements()).toEqual([])
    expect(opened.server.bodies.at(-1)).toEqual({ until })
    await expect.element(page.getByTestId('chat-log-space')).toHaveFocus()
    await page.getByRole('tab').nth(0).click()
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('chat-log-space')).toBeVisible()
    await expect.poll(visits).toBe(3) // on coming, on going, on coming again
    expect(card().elements()).toEqual([])
  })

  it('is not there for somebody new, nor when nothing happened', async () => {
    await comes(nothing())
    await expect.poll(visits).toBe(1)
    expect(opened.server.calls.filter((c) => c.endsWith('/digest'))).toEqual([])
    await opened.close()
    await comes({ ...nothing(), since: aDigest().since })
    await expect.poll(() => opened.server.calls.filter((c) => c.endsWith('/digest')).length).toBe(1)
    expect(card().elements()).toEqual([])
  })

  const mention = (seq: number) => ({
    thread: '',
    seq,
    name: 'Priya',
    text: 'keep me the small one',
    at: new Date().toISOString(),
  })
  const asked = () => opened.server.calls.filter((c) => c.endsWith('/digest')).length

  it('loses the words of a message that is removed, and asks for nothing else', async () => {
    await comes(aDigest({ mentions: [mention(5)] }))
    await expect.element(card()).toHaveTextContent('keep me the small one')
    const { server } = opened
    server.world.digest = { ...server.world.digest, mentions: [] }
    server.happen('space', 'message.removed', { seqs: [2], by: 'author' })
    server.happen('public', 'message.removed', { seqs: [5], by: 'author' })
    server.happen('space', 'message.removed', { seqs: [4, 5], by: 'sanction' })
    await expect.element(card()).not.toHaveTextContent('keep me the small one')
    await expect.element(card()).toHaveTextContent('The Lune')
    expect(asked()).toBe(2)
    server.world.digest = { ...server.world.digest, updates: [] }
    server.tell({
      type: 'threads',
      channel: 'ines',
      moved: [{ thread: 't2', head: 9, posts: 1, removed: true }],
    })
    await expect.element(card()).not.toHaveTextContent('The Lune')
  })

  it('loses what a lower tier may not read, also while the server cannot say', async () => {
    await comes(aDigest())
    await expect.element(card()).toHaveTextContent('The Lune')
    const { server } = opened
    server.world.digest = aDigest({ updates: [] })
    server.tell({ type: 'standing', channel: 'ines' })
    await expect.element(card()).not.toHaveTextContent('The Lune')
    await expect.element(card()).toHaveTextContent('Which glaze')
    server.world.down = true
    server.tell({ type: 'standing', channel: 'ines' })
    await expect.poll(() => card().elements()).toEqual([])
  })

  it('stands in the hand of a creator too, who reads it in the Sub Space', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner', change: (w) => (w.digest = aDigest()) })
    const missed = page.getByTestId('missed')
    await expect.element(missed).toHaveTextContent('Since your last visit')
    expect(await audit()).toEqual([])
    await missed.click()
    await expect.element(line(/2 updates/)).toBeVisible()
    expect(await audit()).toEqual([])
    await line(/2 updates/).click()
    await expect.element(page.getByRole('heading', { name: 'The Lune goes in' })).toHaveFocus()
    await page.getByRole('dialog').getByRole('button', { name: 'Chat', exact: true }).click()
    await card().getByRole('button', { name: 'Put it away' }).click()
    await expect.poll(() => missed.elements()).toEqual([])
    await expect.element(page.getByRole('dialog').getByTestId('chat-log-space')).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect.poll(() => document.activeElement?.id).toBe('main')
    await expect.poll(visits).toBe(1)
  })

  it('is gone with the right to it', async () => {
    await comes(aDigest(), 'fr')
    await expect.element(card()).toHaveTextContent('Depuis votre dernière visite')
    const { channel } = opened.server.world
    channel.me = { ...channel.me, inside: false, reason: 'period_ended' }
    opened.server.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'period_ended', detail: '' })
    await expect.poll(() => card().elements()).toEqual([])
    expect(document.body.textContent).not.toContain('The Lune')
  })
})
