import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { audit, openPage, type Page } from './visit-page'

describe('the cockpit', () => {
  let opened: Page
  const moves = () => opened.server.calls.filter((c) => c.startsWith('POST') && c.includes('questions'))

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  it('works the queue by keyboard alone', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner', change: (w) => (w.channel.on_air = null) })
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
    await userEvent.keyboard('{ArrowDown}{Enter}')
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('Is rutile worth it')
    await userEvent.keyboard('a')
    await expect.poll(() => page.getByTestId('on-air').query()).toBeNull()
    await expect.poll(moves).toHaveLength(2)
    await userEvent.keyboard('l')
    await expect
      .poll(moves)
      .toEqual([
        'POST /api/channels/ines/questions/q1/air',
        'POST /api/channels/ines/questions/q1/answer',
        'POST /api/channels/ines/questions/q3/skip',
      ])
  })

  it('offers a moderator only what a moderator may do', async () => {
    opened = await openPage('/cockpit/ines', { as: 'moderator' })
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
    expect(page.getByRole('button', { name: /Put on air/ }).query()).toBeNull()
    expect(page.getByTestId('go-live-settings').query()).toBeNull()
    await userEvent.keyboard('{Enter}')
    // A later call that was answered: an earlier one would be there too.
    await userEvent.keyboard('l')
    await expect.poll(moves).toEqual(['POST /api/channels/ines/questions/q3/skip'])
  })

  it('lets a moderator remove a question, waiting or on air', async () => {
    opened = await openPage('/cockpit/ines', { as: 'moderator' })
    const queue = page.getByTestId('question-queue')
    await expect.element(queue).toHaveTextContent('Which clay do you throw')
    await queue.getByRole('button', { name: 'Remove' }).click()
    await expect.element(queue).not.toHaveTextContent('Which clay do you throw')
    await expect.element(page.getByTestId('on-air')).toHaveTextContent('drips at the shoulder')
    await page.getByTestId('on-air').getByRole('button', { name: 'Remove' }).click()
    await expect.poll(() => page.getByTestId('on-air').query()).toBeNull()
    expect(document.body.textContent).not.toContain('drips at the shoulder')
    expect(opened.server.calls.filter((c) => c.startsWith('DELETE'))).toEqual([
      'DELETE /api/channels/ines/questions/q3',
      'DELETE /api/channels/ines/questions/q0',
    ])
  })

  it('does not call the Sub Space closed while the server cannot say', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
    opened.server.world.down = true
    opened.server.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'unconfirmed', detail: '' })
    await expect.element(page.getByRole('heading', { name: 'One moment' })).toBeVisible()
    expect(page.getByRole('button', { name: 'Open the Sub Space' }).query()).toBeNull()
    opened.server.world.down = false
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
  })

  it('hides the stream key until it is asked for', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner', change: (w) => (w.channel.live = null) })
    const key = page.getByLabelText('Stream key', { exact: true })
    await expect.element(key).toHaveAttribute('type', 'password')
    await page.getByRole('button', { name: 'Show: Stream key' }).click()
    await expect.element(key).toHaveAttribute('type', 'text')
  })

  it('opens the Sub Space with one press', async () => {
    opened = await openPage('/cockpit/ines', {
      as: 'owner',
      change: (w) => {
        w.channel.space_open = false
        w.channel.me = { ...w.channel.me, inside: false, reason: 'space_closed' }
      },
    })
    await page.getByRole('button', { name: 'Open the Sub Space' }).click()
    await expect.poll(() => opened.server.calls).toContain('PATCH /api/channels/ines')
  })

  describe('of a closed Sub Space, to the creator who is inside all the same', () => {
    const closed = () => page.getByRole('heading', { name: 'Your Sub Space is closed' })
    const show = async () =>
      (opened = await openPage('/cockpit/ines', {
        as: 'owner',
        change: (w) => (w.channel.space_open = false),
      }))

    it('says at a desk that it is closed', async () => {
      await show()
      await expect.element(closed()).toBeVisible()
      await expect.element(page.getByRole('button', { name: 'Open the Sub Space' })).toBeVisible()
      expect(document.body.textContent).not.toContain('Your room is open')
    })

    it('says in one hand that it is closed', async () => {
      await page.viewport(390, 844)
      await show()
      await page.getByRole('button', { name: /Open the queue/ }).click()
      await expect.element(closed()).toBeVisible()
    })
  })

  it('edits the title in place and gives the focus back', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    const pencil = page.getByRole('button', { name: 'Edit the title' })
    await pencil.click()
    await page.getByRole('textbox', { name: 'Title of the live' }).fill('A new title')
    await userEvent.keyboard('{Enter}')
    await expect.element(pencil).toHaveFocus()
  })

  it('explains its keys', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
    await userEvent.keyboard('?')
    await expect.element(page.getByRole('dialog')).toHaveTextContent('Put it on air')
    expect(await audit()).toEqual([])
  })
})

describe('the home page', () => {
  let opened: Page
  beforeEach(() => page.viewport(1280, 800))
  afterEach(() => opened.close())

  it('leads a creator who is live to the cockpit, and offers the others to go live', async () => {
    opened = await openPage('/', { as: 'owner' })
    await expect.element(page.getByRole('banner').getByRole('link', { name: 'Cockpit' })).toBeVisible()
    opened.server.world.channels[0]!.live = null
    await opened.app.directory.refresh({ force: true })
    await expect.element(page.getByRole('banner').getByRole('link', { name: 'Go live' })).toBeVisible()
  })

  it('speaks of other channels only beside a live', async () => {
    opened = await openPage('/', {
      as: 'owner',
      change: (w) => w.channels.forEach((card) => (card.live = null)),
    })
    await expect.element(page.getByRole('heading', { name: 'Channels', exact: true })).toBeVisible()
  })
})

describe('the account page', () => {
  let opened: Page
  beforeEach(() => page.viewport(1280, 800))
  afterEach(() => opened.close())

  it('says that the password is changed, not set, where there is one', async () => {
    opened = await openPage('/account/security', { as: 'subscriber' })
    await expect.element(page.getByRole('button', { name: 'Change password' })).toBeVisible()
  })

  it('says so when signing out fails', async () => {
    opened = await openPage('/account', { as: 'subscriber' })
    await expect.element(page.getByRole('button', { name: 'Sign out' })).toBeVisible()
    opened.server.world.down = true
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('could not do this')
    opened.server.world.down = false
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expect.poll(() => opened.app.session.account).toBeNull()
  })

  it('cancels in three clicks from the home page, and takes it back', async () => {
    opened = await openPage('/', { as: 'subscriber' })
    await page.getByRole('link', { name: 'Your account' }).click()
    await page.getByRole('button', { name: 'Cancel Inès Marchetti, ceramics' }).click()
    const confirm = page.getByRole('button', { name: 'Cancel subscription' })
    await expect.element(confirm).toHaveFocus()
    await confirm.click()
    await expect.poll(() => opened.server.calls).toContain('POST /api/subscriptions/ines/cancel')
    await page.getByRole('button', { name: 'Resume' }).first().click()
    await expect.poll(() => opened.server.calls).toContain('POST /api/subscriptions/ines/resume')
  })
})
