import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Role, World } from './fake-world'
import { openPage, type Page } from './visit-page'

describe('threads', () => {
  let opened: Page
  const row = (title: string) => page.getByRole('button', { name: title })
  const log = () => page.getByTestId('chat-log-thread')

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  async function threads(as: Role = 'subscriber', change?: (w: World) => void) {
    opened = await openPage('/c/ines', { as, ...(change ? { change } : {}) })
    await page.getByRole('tab').nth(1).click()
    await page.getByRole('button', { name: /^Threads/ }).click()
    await expect.element(page.getByTestId('threads')).toBeVisible()
  }

  it('lists them calmly: weight and a number for what is unread, and the last line', async () => {
    await threads()
    await expect.element(row('Cobalt at cone 6')).toHaveTextContent('Bastien: Half a part worked for me too')
    await expect.element(row('Cobalt at cone 6')).toHaveTextContent('2 new messages')
    await expect.element(row('Introduce yourself')).toHaveTextContent('127 messages')
    const weight = (id: string) =>
      getComputedStyle(document.querySelector(`#thread-${id} .title`)!).fontWeight
    expect(Number(weight('t1'))).toBeGreaterThan(Number(weight('t3')))
  })

  it('opens one where one left off, writes in it and marks it read', async () => {
    await threads()
    await row('Cobalt at cone 6').click()
    await expect.element(page.getByRole('heading', { name: 'Cobalt at cone 6' })).toHaveFocus()
    await expect.element(log()).toHaveTextContent('Lovely row')
    const rows = [...document.querySelectorAll('[data-testid=chat-log-thread] li')].map((li) => li.className)
    expect(rows.findIndex((c) => c.startsWith('since'))).toBe(2)
    const words = page.getByRole('textbox', { name: 'Reply in this thread' })
    await words.fill('Could you show the curve?')
    await userEvent.keyboard('{Enter}')
    await expect.element(log()).toHaveTextContent('Could you show the curve?')
    await page.getByRole('button', { name: 'All threads' }).click()
    await expect.element(row('Cobalt at cone 6')).toHaveFocus()
    await expect.element(row('Cobalt at cone 6')).not.toHaveTextContent('new message')
    expect(opened.server.calls).toContain('PUT /api/channels/ines/threads/t1/reading')
    expect(opened.server.bodies).toContainEqual({ seq: 6 })
    // What was written there is nowhere else.
    expect(opened.server.world.logs.space.some((e) => JSON.stringify(e).includes('the curve'))).toBe(false)
  })

  it('says in the room too where one left off, and remembers how far one reads', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber', change: (w) => (w.seen = 4) })
    await page.getByRole('tab').nth(1).click()
    const rows = () =>
      [...document.querySelectorAll('[data-testid=chat-log-space] li')].map((li) => li.className)
    await expect.poll(() => rows().findIndex((c) => c.startsWith('since'))).toBe(4)
    await page.getByRole('tab').nth(0).click()
    await expect.poll(() => opened.server.bodies).toContainEqual({ seq: 6 })
    expect(opened.server.calls).toContain('PUT /api/channels/ines/rooms/space/reading')
  })

  it('follows what is told of them', async () => {
    await threads()
    const moved = [
      {
        thread: 't3',
        head: 130,
        posts: 2,
        at: new Date().toISOString(),
        last: { name: 'Noa', text: 'hello again' },
      },
    ]
    opened.server.tell({ type: 'threads', channel: 'ines', moved })
    await expect.element(row('Introduce yourself')).toHaveTextContent('2 new messages')
    await expect.element(row('Introduce yourself')).toHaveTextContent('Noa: hello again')
    const order = () => [...document.querySelectorAll('[data-testid=threads] li button')].map((b) => b.id)
    expect(order()).toEqual(['thread-t1', 'thread-t3', 'thread-t2', 'thread-t4'])
    opened.server.tell({
      type: 'threads',
      channel: 'ines',
      moved: [{ thread: 't3', head: 131, posts: 0, removed: true }],
    })
    await expect.element(row('Introduce yourself')).not.toHaveTextContent('hello again')
    const changed = { thread: 't2', title: 'It is in', pinned: true, closed: false, archived: false }
    opened.server.happen('space', 'thread.changed', changed)
    await expect.element(row('It is in')).toBeVisible()
  })

  it('says why one cannot write, and has no composer then', async () => {
    await threads()
    await row('The Lune goes in').click()
    await expect.element(page.getByText('Only Inès Marchetti writes here.')).toBeVisible()
    expect(page.getByRole('textbox', { name: 'Reply in this thread' }).query()).toBeNull()
    await page.getByRole('button', { name: 'All threads' }).click()
    await row('Lyon kiln share').click()
    await expect.element(page.getByText('This thread is closed.')).toBeVisible()
    expect(page.getByRole('textbox', { name: 'Reply in this thread' }).query()).toBeNull()
  })

  it('lets the creator begin with a suggestion in one click, or with a topic of their own', async () => {
    await threads('owner', (w) => (w.threads = []))
    await page.getByRole('button', { name: 'Open the first' }).click()
    await page.getByRole('button', { name: 'Ask me anything' }).click()
    await expect.element(page.getByRole('heading', { name: 'Ask me anything' })).toBeVisible()
    await page.getByRole('button', { name: 'All threads' }).click()
    await page.getByRole('button', { name: 'New thread' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expect.element(page.getByRole('button', { name: 'New thread' })).toHaveFocus()
    await page.getByRole('button', { name: 'New thread' }).click()
    expect(page.getByRole('button', { name: 'Ask me anything' }).query()).toBeNull()
    await page.getByRole('textbox', { name: 'Topic' }).fill('Feet that crawl')
    await page.getByRole('radio', { name: 'Only you: an update' }).click()
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('heading', { name: 'Feet that crawl' })).toBeVisible()
    expect(opened.server.bodies).toContainEqual({ kind: 'update', level: 1, title: 'Feet that crawl' })
  })

  it('lets staff pin, close and archive', async () => {
    await threads('moderator')
    expect(page.getByRole('button', { name: 'New thread' }).query()).toBeNull()
    await row('Introduce yourself').click()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await expect.element(page.getByRole('button', { name: 'Reopen' })).toBeVisible()
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await expect.element(page.getByTestId('threads')).toHaveFocus()
    expect(row('Introduce yourself').query()).toBeNull()
  })

  it('leaves the open one when one looks elsewhere: what comes there is unread', async () => {
    await threads()
    await row('Introduce yourself').click()
    await expect.element(log()).toBeVisible()
    await page.getByRole('button', { name: 'Chat', exact: true }).click()
    await expect.element(page.getByTestId('ask-box')).toBeVisible()
    const at = new Date().toISOString()
    const moved = [{ thread: 't3', head: 130, posts: 2, at, last: { name: 'Noa', text: 'hello again' } }]
    opened.server.tell({ type: 'threads', channel: 'ines', moved })
    // Two are unread in another one.
    await expect.element(page.getByRole('button', { name: /^Threads/ })).toHaveTextContent('Threads4')
  })

  it('lets staff restore one from the archive, and write in it', async () => {
    await threads('moderator', (w) => (w.threads[2]!.archived = true))
    await page.getByRole('button', { name: 'Archived threads' }).click()
    await row('Introduce yourself').click()
    await expect.element(page.getByText('This thread is closed.')).toBeVisible()
    await page.getByRole('button', { name: 'Take out of the archive' }).click()
    await expect.element(page.getByRole('textbox', { name: 'Reply in this thread' })).toBeVisible()
    await page.getByRole('button', { name: 'All threads' }).click()
    await expect.element(page.getByText('Nothing is archived')).toBeVisible()
    await page.getByRole('button', { name: 'All threads' }).click()
    await expect.element(row('Introduce yourself')).toBeVisible()
  })

  it('keeps nothing of them at a desk whose door has closed', async () => {
    opened = await openPage('/cockpit/ines', { as: 'moderator' })
    await page.getByRole('button', { name: /^Threads/ }).click()
    await expect.element(row('Cobalt at cone 6')).toBeVisible()
    const w = opened.server.world
    w.channel.me = { ...w.channel.me, inside: false, reason: 'unconfirmed' }
    opened.server.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'unconfirmed', detail: '' })
    await expect.poll(() => row('Cobalt at cone 6').query()).toBeNull()
    const { fetch } = window
    // The list never comes: what is shown is what was kept.
    window.fetch = (asked, ...rest) =>
      asked instanceof Request && asked.url.includes('/threads')
        ? new Promise(() => {})
        : fetch(asked, ...rest)
    opened.server.openDoor()
    await expect.element(page.getByTestId('threads')).toBeVisible()
    expect(row('Cobalt at cone 6').query()).toBeNull()
  })

  it('keeps nothing of a thread when the door closes', async () => {
    await threads()
    await row('Cobalt at cone 6').click()
    await expect.element(log()).toHaveTextContent('Lovely row')
    const w = opened.server.world
    w.channel = {
      ...w.channel,
      me: { ...w.channel.me, inside: false, subscriber: false, reason: 'period_ended' },
    }
    for (const room of ['thread', 'space'] as const)
      opened.server.tell({
        type: 'closed',
        channel: 'ines',
        room,
        ...(room === 'thread' ? { thread: 't1' } : {}),
        reason: 'period_ended',
        detail: '',
      })
    await expect.element(page.getByTestId('space-locked')).toBeVisible()
    expect(document.body.textContent).not.toContain('Lovely row')
  })
})
