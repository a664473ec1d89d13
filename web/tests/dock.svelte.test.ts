import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { language } from '../src/i18n/index.svelte'
import { asDock, DockPage } from './fake-dock'
import { fullQueue } from './fake-queue'
import { aPoll } from './fake-polls'
import { audit } from './visit-page'
import type { World } from './fake-world'

const rows = () => [...document.querySelectorAll('[data-testid=dock-queue] .q')].map((q) => q.textContent)
const chat = () => page.getByTestId('chat-log-both')
/** Nothing of the page stands beyond its edge. */
const wide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth

describe('the dock', () => {
  let opened: DockPage
  const calls = () => opened.server.calls.filter((c) => !c.startsWith('GET'))
  const show = async (change: (w: World) => void = () => {}, locale = 'en', secret?: string) => {
    opened = new DockPage((w) => {
      w.questions = fullQueue()
      change(w)
    }, secret)
    return opened.open(locale)
  }

  beforeAll(asDock)
  beforeEach(() => page.viewport(400, 900))
  afterEach(async () => {
    await opened.close()
    await language.choose('en')
  })

  it('shows who is there, both rooms in one stream, and the queue', async () => {
    await show()
    await expect.element(page.getByTestId('viewers')).toHaveTextContent('2,418')
    await expect.element(page.getByTestId('inside')).toBeInTheDocument()
    await expect.poll(rows).toHaveLength(6)
    await expect.poll(() => chat().element().querySelectorAll('.msg.locked').length).toBeGreaterThan(0)
    await expect.poll(() => chat().element().querySelectorAll('.msg:not(.locked)').length).toBeGreaterThan(0)
    expect(document.title).toContain('Inès Marchetti')
  })

  it('comes by its address alone, and leaves the cookie at home', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    expect(opened.secrets).toEqual(['dock_secret'])
    for (const { authorization, credentials } of opened.by) {
      expect(authorization).toBe('Bearer dock_secret')
      expect(credentials).toBe('omit')
    }
    expect(opened.server.calls.filter((c) => c.includes('/api/session') || c.endsWith('/ines'))).toEqual([])
  })

  it('puts the next question on air, answers it, and skips another', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    const [first] = rows()
    await page.getByRole('button', { name: 'Put on air' }).click()
    await expect.element(page.getByTestId('on-air')).toHaveTextContent(first!)
    await expect.poll(rows).toHaveLength(5)
    // One is on air at a time.
    await expect.element(page.getByRole('button', { name: 'Put on air' })).toBeDisabled()
    await page.getByRole('button', { name: 'Answered' }).click()
    await expect.poll(() => page.getByTestId('on-air').query()).toBeNull()
    await page.getByRole('button', { name: 'Skip' }).click()
    await expect.poll(() => calls().at(-1)).toMatch(/\/skip$/)
    expect(calls().map((c) => c.split('/').at(-1))).toEqual(['air', 'answer', 'skip'])
  })

  it('is worked by keyboard', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    const second = document.querySelectorAll<HTMLElement>('[data-testid=dock-queue] .pick')
    second[0]!.focus()
    await userEvent.keyboard('{ArrowDown}')
    await expect.poll(() => document.activeElement).toBe(second[1])
    await userEvent.keyboard('{Tab}')
    await expect.element(page.getByRole('button', { name: 'Put on air' })).toHaveFocus()
  })

  it('follows what happens: words, questions, who is there', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    const author = { id: 'x', name: 'Zoe', role: 'none', subscriber: false, months: 0, badge: '' }
    opened.server.happen('public', 'message.posted', { author, text: 'hello dock' })
    await expect.element(chat()).toHaveTextContent('hello dock')
    const asked = { question: 'q9', name: 'Zoe', text: 'How hot?', audience: 'public', first: false }
    opened.server.happen('space', 'question.asked', asked)
    await expect.poll(rows).toContain('How hot?')
    opened.server.tell({ type: 'state', channel: 'ines', viewers: 7, inside: 3 })
    await expect.element(page.getByTestId('viewers')).toHaveTextContent('7')
    await expect.element(page.getByTestId('inside')).toHaveTextContent('3')
    opened.server.happen('space', 'question.aired', { question: 'q9', name: 'Zoe', text: 'How hot?' })
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('How hot?')
    opened.server.happen('space', 'question.answered', { question: 'q9' })
    await expect.poll(() => page.getByTestId('on-air').query()).toBeNull()
  })

  it('writes to everybody, and to subscribers when it is told to', async () => {
    await show()
    await expect.element(page.getByTestId('inside')).toBeInTheDocument()
    await userEvent.type(page.getByLabelText('Write to everyone'), 'to all')
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => JSON.stringify(opened.server.world.logs.public.at(-1)?.data)).toContain('to all')
    await page.getByRole('button', { name: 'Write to subscribers only' }).click()
    await userEvent.type(page.getByLabelText('Write to subscribers', { exact: true }), 'among us')
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => JSON.stringify(opened.server.world.logs.space.at(-1)?.data)).toContain('among us')
    expect(JSON.stringify(opened.server.world.logs.public)).not.toContain('among us')
  })

  it('shows how the open poll goes, and closes it', async () => {
    await show((w) => (w.polls = [aPoll()]))
    const poll = page.getByTestId('dock-poll')
    await expect.element(poll).toHaveTextContent('Which glaze for the last kiln?')
    await expect.element(poll).toHaveTextContent('12 votes')
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await expect.poll(() => poll.query()).toBeNull()
    expect(calls()).toEqual(['POST /api/channels/ines/polls/p1/close'])
  })

  it('of a moderator skips, and neither airs nor closes', async () => {
    opened = new DockPage((w) => {
      w.questions = fullQueue()
      w.polls = [aPoll()]
    })
    opened.role = 'moderator'
    await opened.open()
    await expect.element(page.getByRole('button', { name: 'Skip' })).toBeInTheDocument()
    expect(page.getByRole('button', { name: 'Put on air' }).query()).toBeNull()
    expect(page.getByTestId('dock-poll').query()).toBeNull()
  })

  it('shows nothing more once its address is revoked, says so, and asks no more', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    opened.revoked = true
    opened.server.drop(4001)
    await expect.element(page.getByTestId('dock-over')).toHaveTextContent('This dock is closed')
    await expect.element(page.getByRole('alert')).toHaveTextContent('revoked')
    expect(document.body.textContent).not.toContain(fullQueue()[0]!.text)
    const { sockets } = opened
    const asked = opened.by.length
    opened.connection.hurry()
    await new Promise((done) => setTimeout(done, 1_500)) // the wait before it would come back
    expect([opened.sockets, opened.by.length]).toEqual([sockets, asked])
    expect(await audit()).toEqual([])
  })

  it('says that its moderator is timed out, shows nothing meanwhile, and comes back by itself', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    opened.timedOut = true
    opened.server.drop(4003)
    await expect.element(page.getByTestId('dock-waits')).toHaveTextContent('You are timed out.')
    expect(chat().query()).toBeNull()
    expect(page.getByTestId('reconnecting').query()).toBeNull()
    expect(await audit()).toEqual([])
    opened.timedOut = false
    await expect.poll(rows).toHaveLength(6)
    expect(page.getByTestId('dock-waits').query()).toBeNull()
  })

  it('that was revoked while it was away says so when it comes back', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    opened.revoked = true
    opened.server.drop()
    await expect.element(page.getByTestId('dock-over')).toBeInTheDocument()
  })

  it('says that it reconnects, comes back by itself, and has what was said meanwhile', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    opened.server.drop()
    await expect.element(page.getByTestId('reconnecting')).toBeInTheDocument()
    const author = { id: 'x', name: 'Zoe', role: 'none', subscriber: false, months: 0, badge: '' }
    opened.server.happen('space', 'message.posted', { author, text: 'while it was away' })
    await expect.element(chat()).toHaveTextContent('while it was away')
    await expect.poll(() => page.getByTestId('reconnecting').query()).toBeNull()
  })

  it('keeps a bounded number of rows, however long it stands', async () => {
    await show()
    await expect.poll(rows).toHaveLength(6)
    const author = { id: 'x', name: 'Zoe', role: 'none', subscriber: false, months: 0, badge: '' }
    for (let i = 0; i < 400; i++)
      opened.server.happen('public', 'message.posted', { author, text: `word ${i}` })
    for (let i = 0; i < 60; i++)
      opened.server.happen('space', 'question.asked', {
        ...{ question: `n${i}`, name: 'Zoe', text: `ask ${i}`, audience: 'public', first: false },
      })
    await expect.element(chat()).toHaveTextContent('word 399')
    await expect.element(page.getByText('and 36 more in the cockpit')).toBeInTheDocument()
    expect(chat().element().querySelectorAll('li').length).toBeLessThanOrEqual(200)
    expect(opened.dock.room!.public.rows.length).toBeLessThanOrEqual(200)
  })

  it('says what is missing when the address is not whole', async () => {
    await show(() => {}, 'en', '')
    await expect.element(page.getByTestId('dock-over')).toHaveTextContent('No dock here')
    expect(opened.sockets).toBe(0)
  })

  it('has chat and queue take turns where it is low', async () => {
    await page.viewport(280, 600)
    await show()
    await expect.element(chat()).toBeInTheDocument()
    expect(rows()).toEqual([])
    await page.getByRole('tab', { name: 'Queue' }).click()
    await expect.poll(rows).toHaveLength(6)
    expect(chat().query()).toBeNull()
  })

  for (const locale of ['en', 'fr'])
    for (const [width, height] of [
      [280, 600],
      [320, 800],
      [400, 900],
    ] as const)
      it(`fits ${width} × ${height} in ${locale} with all there is, and is accessible`, async () => {
        await page.viewport(width, height)
        const asked = fullQueue()
        await show((w) => {
          w.questions = asked.map((q, i) => (i === 0 ? { ...q, state: 'on_air' } : q))
          w.polls = [aPoll()]
        }, locale)
        await expect.element(page.getByTestId('on-air')).toBeInTheDocument()
        await expect.element(page.getByTestId('dock-poll')).toBeInTheDocument()
        await expect.element(chat()).toBeInTheDocument()
        expect(wide()).toBeLessThanOrEqual(0)
        expect(await audit()).toEqual([])
        if (height < 760) {
          await page.getByRole('tab', { name: locale === 'fr' ? 'File' : 'Queue' }).click()
          await expect.poll(() => rows().length).toBeGreaterThan(0)
          expect(wide()).toBeLessThanOrEqual(0)
          expect(await audit()).toEqual([])
        }
      })
})
