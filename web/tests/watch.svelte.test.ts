import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { fullQueue } from './fake-queue'
import { audit, openPage, type Page } from './visit-page'

describe('watching', () => {
  let opened: Page
  const text = () => document.body.textContent ?? ''
  const composer = () => page.getByTestId('composer').getByRole('textbox', { name: 'Say something' })

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  it('moves between the rooms with the arrow keys', async () => {
    opened = await openPage('/c/ines')
    const [first, second] = [page.getByRole('tab').nth(0), page.getByRole('tab').nth(1)]
    await first.click()
    await userEvent.keyboard('{ArrowRight}')
    await expect.element(second).toHaveFocus()
    await expect.element(second).toHaveAttribute('aria-selected', 'true')
    await expect.element(page.getByTestId('space-locked')).toBeVisible()
    await userEvent.keyboard('{ArrowLeft}')
    await expect.element(page.getByTestId('chat-log-public')).toBeVisible()
  })

  it('takes a name and the first message in one go', async () => {
    opened = await openPage('/c/ines')
    await composer().fill('hello')
    await userEvent.keyboard('{Enter}')
    const name = page.getByRole('textbox', { name: 'Your name' })
    await expect.element(name).toHaveFocus()
    await name.fill('Ada')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByTestId('chat-log-public')).toHaveTextContent('Ada hello')
    expect(opened.server.calls).toContain('POST /api/session/light')
  })

  it('keeps a refused message and offers to retry it', async () => {
    opened = await openPage('/c/ines', { as: 'full', change: (w) => (w.refuse = 'slow_down') })
    await composer().fill('too soon')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('alert')).toHaveTextContent('That was too fast')
    opened.server.world.refuse = ''
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.poll(() => page.getByRole('alert').query()).toBeNull()
  })

  it.each([1440, 390])('rings the subscribers among the others, on a screen %i wide', async (width) => {
    await page.viewport(width, 900)
    opened = await openPage('/c/ines')
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    const row = (name: string) =>
      [...document.querySelectorAll('li.msg')].find((li) => li.textContent.includes(name))!
    const ring = (name: string) => getComputedStyle(row(name).querySelector('.ava')!).boxShadow
    const colour = (name: string) => getComputedStyle(row(name).querySelector('b')!).color
    expect(ring('Priya')).toBe(ring('Inès'))
    expect(ring('Priya')).not.toBe(ring('Noa'))
    expect(colour('Priya')).not.toBe(colour('Noa'))
  })

  it('takes the ring of the live off the rail when the live ends', async () => {
    opened = await openPage('/c/ines')
    const rail = page.getByRole('navigation', { name: 'Channels' })
    await expect.element(rail.getByRole('link', { name: 'Inès Marchetti, live' })).toBeVisible()
    opened.server.world.channels[0]!.live = null
    opened.server.world.channel.live = null
    opened.server.happen('public', 'live.ended', {})
    await expect.element(rail.getByRole('link', { name: 'Inès Marchetti', exact: true })).toBeVisible()
  })

  it('counts a long message, and keeps all of one that is too long to be sent', async () => {
    opened = await openPage('/c/ines', { as: 'full' })
    await composer().fill('a'.repeat(420))
    await expect.element(page.getByTestId('length')).toHaveTextContent('420 of 500')
    await composer().fill('b'.repeat(600))
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('At most 500 characters')).toBeVisible()
    await expect.element(composer()).toHaveValue('b'.repeat(600))
    expect(await audit()).toEqual([])
    await composer().fill('c'.repeat(500))
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByTestId('chat-log-public')).toHaveTextContent('c'.repeat(500))
    expect(text()).not.toContain('bbb')
  })

  it('shows outside the Sub Space nobody and nothing that is not known there', async () => {
    opened = await openPage('/c/ines')
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('subscribe')).toBeVisible()
    const feed = document.querySelector('.locked .feed')!
    expect(feed.textContent.trim()).toBe('')
    expect(feed.children).toHaveLength(3)
  })

  it('says that it reconnects, and goes on by itself', async () => {
    opened = await openPage('/c/ines', { as: 'full' })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    opened.server.drop()
    await expect.element(page.getByTestId('reconnecting')).toBeVisible()
    // There is no picture in this test, so nothing may be said of it.
    expect(page.getByTestId('reconnecting').element().textContent).not.toContain('picture')
    opened.server.happen('public', 'message.posted', {
      author: { id: 'x', name: 'Lou', role: 'none', subscriber: false, months: 0, badge: '' },
      text: 'said meanwhile',
    })
    await expect.element(page.getByText('said meanwhile')).toBeVisible()
    await expect.poll(() => page.getByTestId('reconnecting').query()).toBeNull()
  })

  it('opens the menu of a message by keyboard and gives the focus back', async () => {
    opened = await openPage('/c/ines', { as: 'moderator' })
    const button = page.getByRole('button', { name: 'Actions for the message of Noa' }).first()
    await expect.element(button).toBeInTheDocument()
    ;(button.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('menuitem', { name: 'Reply' })).toHaveFocus()
    await userEvent.keyboard('{ArrowDown}')
    await expect.element(page.getByRole('menuitem', { name: 'Remove' })).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect.element(button).toHaveFocus()
  })

  it('lets a moderator remove a question where it stands among the messages', async () => {
    opened = await openPage('/c/ines', { as: 'moderator' })
    const log = page.getByTestId('chat-log-public')
    await expect.element(log).toHaveTextContent('drips at the shoulder')
    const button = page.getByRole('button', { name: 'Actions for the question of Yuna' })
    await expect.element(button).toBeInTheDocument()
    ;(button.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('menuitem', { name: 'Remove' })).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await expect.element(log).toHaveTextContent('Message removed')
    await expect.poll(() => page.getByTestId('on-air').query()).toBeNull()
    expect(text()).not.toContain('drips at the shoulder')
  })

  it('offers a viewer nothing at the questions of others', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await expect.element(page.getByTestId('chat-log-public')).toHaveTextContent('drips at the shoulder')
    expect(page.getByRole('button', { name: /Actions for the question/ }).query()).toBeNull()
  })

  describe('a reader who looks further up', () => {
    const line = (i: number) =>
      opened.server.happen('public', 'message.posted', {
        author: { id: 'x', name: 'Lou', role: 'none', subscriber: false, months: 0, badge: '' },
        text: `line ${i}`,
      })
    const log = () => page.getByTestId('chat-log-public').element()
    const belowTheFold = () => log().scrollHeight - log().scrollTop - log().clientHeight
    const lookUp = async () => {
      const heard = new Promise((hear) => log().addEventListener('scroll', hear, { once: true }))
      log().scrollTop -= 400
      await heard
    }

    beforeEach(async () => {
      opened = await openPage('/c/ines')
      await expect.element(page.getByText('ordered the small one')).toBeVisible()
    })

    it('is told how much has come meanwhile', async () => {
      for (let i = 0; i < 40; i++) line(i)
      await expect.element(page.getByText('line 39')).toBeVisible()
      await expect.poll(belowTheFold).toBeLessThan(3)
      await lookUp()
      for (let i = 40; i < 52; i++) line(i)
      await page.getByRole('button', { name: '12 new' }).click()
      await expect.poll(belowTheFold).toBeLessThan(3)
    })

    it('is believed also in the moment after the log moved down', async () => {
      for (let i = 0; i < 40; i++) line(i)
      await new Promise(requestAnimationFrame)
      // Painted, but the event of the log's own move comes with the next frame.
      await new Promise((painted) => setTimeout(painted))
      expect(log().textContent).toContain('line 39')
      await lookUp()
      line(40)
      await expect.element(page.getByRole('button', { name: '1 new' })).toBeVisible()
      expect(belowTheFold()).toBeGreaterThan(300)
    })
  })

  it('asks a question without a name', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await page.getByRole('tab').nth(1).click()
    const box = page.getByTestId('ask-box')
    await box.getByRole('textbox').fill('Why straw?')
    await box.getByRole('radio', { name: /a subscriber/ }).click()
    await box.getByRole('button', { name: 'Send the question' }).click()
    await page.getByRole('button', { name: 'Questions 5' }).click()
    await expect.element(page.getByText('Why straw?')).toBeVisible()
    await expect.element(page.getByText('yours')).toBeVisible()
  })

  it('drops every word of the room when its door closes', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('space-inside')).toHaveTextContent('Same clay, new bag')
    const { world } = opened.server
    world.channel.me = { ...world.channel.me, inside: false, subscriber: false, reason: 'subscribers_only' }
    opened.server.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'period_ended', detail: '' })
    await expect.element(page.getByTestId('space-locked')).toHaveTextContent('Your paid time has ended')
    expect(text()).not.toContain('Same clay')
  })

  it('drops what was answered and asked inside too, also when nothing can be read', async () => {
    const audience = 'space' as const
    const asked = fullQueue().find((q) => q.room === 'space')!
    const reply = { name: 'Inès', text: 'Between us: porcelain.' }
    opened = await openPage('/c/ines', {
      as: 'subscriber',
      change: ({ channel }) => {
        channel.on_air = { ...channel.on_air!, text: 'What does it cost you?', audience }
        channel.me.answered = [{ ...asked, audience, mine: true, state: 'answered', reply }]
      },
    })
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('What does it cost you?')
    await expect.element(page.getByTestId('answer-told')).toHaveTextContent('Between us')
    opened.server.world.down = true
    opened.server.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'period_ended', detail: '' })
    await expect.poll(text).not.toContain('Between us')
    await expect.poll(text).not.toContain('What does it cost you?')
  })

  it('is inside again by itself when the server was away', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('space-inside')).toHaveTextContent('Same clay, new bag')
    const { world } = opened.server
    world.down = true
    opened.server.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'unconfirmed', detail: '' })
    await expect.element(page.getByTestId('space-locked')).toHaveTextContent('tries again by itself')
    await expect.poll(() => page.getByTestId('subscribe').query()).toBeNull()
    expect(text()).not.toContain('Same clay')
    const asked = () => opened.server.calls.filter((c) => c === 'GET /api/channels/ines').length
    const before = asked()
    await expect.poll(asked).toBeGreaterThan(before + 1)
    world.down = false
    await expect.element(page.getByTestId('space-inside')).toHaveTextContent('Same clay, new bag')
  })

  it('keeps the public chat on screen while the server has trouble', async () => {
    opened = await openPage('/c/ines')
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    opened.server.world.down = true
    opened.server.drop()
    await expect.element(page.getByTestId('troubled')).toBeVisible()
    expect(text()).toContain('ordered the small one')
    opened.server.world.down = false
    await expect.poll(() => page.getByTestId('troubled').query()).toBeNull()
    opened.server.happen('public', 'live.ended', { broadcast: 'b1' })
    await expect.element(page.getByText('The live has ended.')).toBeVisible()
  })

  it('shows a locked room without a word of what is said inside', async () => {
    opened = await openPage('/c/ines')
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('space-locked')).toBeVisible()
    // A later call that was answered: an earlier one would be there too.
    await opened.app.directory.refresh({ force: true })
    const inside = (call: string) => /rooms\/space|threads|questions/.test(call)
    expect(opened.server.calls.filter(inside)).toEqual([])
    // What everybody may know of the room is asked, and nothing more.
    expect(new Set(opened.server.calls.filter((c) => c.includes('/space')))).toEqual(
      new Set(['GET /api/channels/ines/space']),
    )
  })

  it('shows and takes away the question on air', async () => {
    opened = await openPage('/c/ines', { change: (w) => (w.channel.on_air = null) })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    air()
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('a subscriber')
    opened.server.world.channel.on_air = null
    opened.server.happen('public', 'question.answered', { question: 'q1' })
    await expect.poll(() => page.getByTestId('on-air').query()).toBeNull()
  })

  it('believes no answer that was on its way when a question went on air', async () => {
    opened = await openPage('/c/ines', { change: (w) => (w.channel.on_air = null) })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    const reads = () => opened.server.calls.filter((c) => c === 'GET /api/channels/ines').length
    await expect.poll(reads).toBe(2) // at first, and when the room was entered
    const { fetch } = window
    let letGo = () => {}
    const held = new Promise<void>((go) => (letGo = go))
    window.fetch = async (...asked) => {
      const answer = await fetch(...asked)
      await held
      return answer
    }
    opened.server.tell({ type: 'standing', channel: 'ines' })
    await expect.poll(reads).toBe(3) // answered from before, and still on its way
    air()
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('a subscriber')
    letGo()
    await expect.poll(reads).toBe(4)
    await opened.app.directory.refresh({ force: true })
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('a subscriber')
  })

  /** The server puts a question on air, and says so. */
  function air() {
    const { channel } = opened.server.world
    const since = new Date().toISOString()
    channel.on_air = { question: 'q1', name: '', text: 'Why straw?', since, audience: 'public' }
    opened.server.happen('public', 'question.aired', { question: 'q1', name: '', text: 'Why straw?' })
  }

  it('says so when nothing could be read, and reads it when asked or by itself', async () => {
    opened = await openPage('/c/ines', { change: (w) => (w.down = true) })
    await expect.element(page.getByRole('heading', { name: 'This did not load' })).toBeVisible()
    expect(await audit()).toEqual([])
    const asked = () => opened.server.calls.filter((c) => c === 'GET /api/channels/ines').length
    const before = asked()
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.poll(asked).toBeGreaterThan(before)
    opened.server.world.down = false
    await expect.element(page.getByRole('heading', { name: 'Glazing the Lune vase' })).toBeVisible()
  })

  it('announces each question that was asked', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await page.getByRole('tab').nth(1).click()
    const box = page.getByTestId('ask-box')
    const said: string[] = []
    const ask = async (question: string) => {
      await box.getByRole('textbox').fill(question)
      await box.getByRole('button', { name: 'Send the question' }).click()
      await expect.element(box.getByRole('textbox')).toHaveValue('')
    }
    await ask('Why straw?')
    const status = box.getByRole('status').element()
    const watch = new MutationObserver(() => said.push(status.textContent ?? ''))
    watch.observe(status, { characterData: true, childList: true, subtree: true })
    await ask('Why not paper?')
    await expect.poll(() => said).toEqual(['', 'Asked. It waits in the queue.'])
    watch.disconnect()
  })

  it('keeps single keys out of fields, and obeys when they are switched off', async () => {
    opened = await openPage('/c/ines', { as: 'full' })
    await expect.element(composer()).toBeInTheDocument()
    await userEvent.keyboard('c')
    await expect.element(composer()).toHaveFocus()
    await userEvent.keyboard('cm')
    await expect.element(composer()).toHaveValue('cm')
    opened.app.preferences.shortcuts = false
    ;(document.activeElement as HTMLElement).blur()
    await userEvent.keyboard('c')
    await expect.element(composer()).not.toHaveFocus()
    opened.app.preferences.shortcuts = true
  })
})
