import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Modes } from '../src/api/room'
import { audit, openPage, type Page } from './visit-page'

const free: Modes = {
  ...{ slow: 0, followers: false, followed_for: 0, subscribers: false, emotes: false, unique: false },
}
let opened: Page
const composer = () => page.getByTestId('composer').getByRole('textbox', { name: 'Say something' })
const manners = () => page.getByTestId('manners-public')
const follow = () => page.getByTestId('follow')

beforeEach(() => page.viewport(1440, 900))
afterEach(() => opened.close())

describe('following', () => {
  it('begins and ends with one button', async () => {
    opened = await openPage('/c/ines', { as: 'light' })
    await expect.element(follow()).toHaveTextContent('Follow')
    await follow().click()
    await expect.element(follow()).toHaveTextContent('Following')
    await follow().click()
    await expect.element(follow()).toHaveTextContent(/^\s*Follow\s*$/)
    const calls = opened.server.calls.filter((c) => c.endsWith('/follow'))
    expect(calls).toEqual(['PUT /api/channels/ines/follow', 'DELETE /api/channels/ines/follow'])
  })

  it('asks a stranger to sign in, and is not for the creator', async () => {
    opened = await openPage('/c/ines')
    await expect.element(follow()).toHaveAttribute('href', '/sign-in')
    await opened.close()
    opened = await openPage('/c/ines', { as: 'owner' })
    await expect.element(composer()).toBeVisible()
    expect(follow().query()).toBeNull()
  })

  it('has room for a thumb on a phone, and a name for who cannot see the sign', async () => {
    await page.viewport(390, 844)
    opened = await openPage('/c/ines', { as: 'light' })
    await expect.element(page.getByRole('button', { name: 'Follow', exact: true })).toBeVisible()
    const { width, height } = follow().element().getBoundingClientRect()
    expect([width >= 44, height >= 44]).toEqual([true, true])
    expect(await audit()).toEqual([])
  })
})

describe('the modes of a room', () => {
  it('are told to everybody in it, and to who comes later', async () => {
    opened = await openPage('/c/ines', { as: 'full' })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    expect(manners().query()).toBeNull()
    const change = (modes: Modes) => {
      opened.server.world.channel.modes.public = modes
      opened.server.happen('public', 'modes.changed', modes)
    }
    change({ ...free, slow: 30, unique: true })
    await expect.element(manners()).toHaveTextContent('Slow mode: 30 sec · Nothing twice')
    expect(await audit()).toEqual([])
    change(free)
    await expect.poll(() => manners().query()).toBeNull()
    await opened.close()
    const emotes = (w: Page['server']['world']) => (w.channel.modes.public = { ...free, emotes: true })
    opened = await openPage('/c/ines', { as: 'full', locale: 'fr', change: (w) => void emotes(w) })
    await expect.element(manners()).toHaveTextContent('Émojis seulement')
  })

  it('are shown although the first answer was on its way when they changed', async () => {
    let letGo = () => {}
    const held = new Promise<void>((go) => (letGo = go))
    opened = await openPage('/c/ines', { as: 'full', change: (w) => void (w.held = held) })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    const slow = { ...free, slow: 30 }
    opened.server.world.channel.modes = { ...opened.server.world.channel.modes, public: slow }
    opened.server.happen('public', 'modes.changed', slow)
    letGo()
    await expect.element(manners()).toHaveTextContent('Slow mode: 30 sec')
  })

  it('hand a message back into the composer, and count the time down', async () => {
    const change = (w: Page['server']['world']) => Object.assign(w, { refuse: 'slow_mode', refuseFor: 61 })
    opened = await openPage('/c/ines', { as: 'full', change: (w) => void change(w) })
    await composer().fill('too soon')
    await userEvent.keyboard('{Enter}')
    await expect.element(manners()).toHaveTextContent('Slow mode is on here. You can send it in 1 min')
    await expect.element(composer()).toHaveValue('too soon')
    await expect.element(manners()).toHaveTextContent(/in 5\d sec/)
    expect(await audit()).toEqual([])
    Object.assign(opened.server.world, { refuse: '' })
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByTestId('chat-log-public')).toHaveTextContent('too soon')
    expect(manners().query()).toBeNull()
  })

  it('say before writing that followers can, and let who follows write', async () => {
    const change = (w: Page['server']['world']) => {
      w.channel.modes.public = { ...free, followers: true }
      w.channel.me.writing.public = { reason: 'followers_only', until: null }
    }
    opened = await openPage('/c/ines', { as: 'full', change })
    await expect.element(manners()).toHaveTextContent('Followers can write.')
    expect(composer().query()).toBeNull()
    expect(await audit()).toEqual([])
    await manners().getByRole('button', { name: 'Follow' }).click()
    await expect.element(composer()).toBeVisible()
  })

  it('count down to who has not followed for long enough', async () => {
    const change = (w: Page['server']['world']) => {
      w.channel.modes.public = { ...free, followers: true, followed_for: 600 }
      const until = new Date(Date.now() + 90_000).toISOString()
      w.channel.me.writing.public = { reason: 'followers_only', until }
    }
    opened = await openPage('/c/ines', { as: 'full', change })
    await expect.element(manners()).toHaveTextContent('Followers of 10 min or more')
    await expect.element(manners()).toHaveTextContent(/You can write in 1 min \d+ sec/)
  })

  it('of the Sub Space hold in its threads, and are told there', async () => {
    const change = (w: Page['server']['world']) => {
      w.channel.modes.space = { ...free, followers: true }
      w.channel.me.writing.space = { reason: 'followers_only', until: null }
    }
    opened = await openPage('/c/ines', { as: 'subscriber', change })
    await page.getByRole('tab').nth(1).click()
    await page.getByRole('button', { name: /^Threads/ }).click()
    await page.getByRole('button', { name: 'Cobalt at cone 6' }).click()
    const told = page.getByTestId('manners-thread')
    await expect.element(told).toHaveTextContent('Followers can write.')
    expect(page.getByRole('textbox', { name: 'Reply in this thread' }).query()).toBeNull()
    await told.getByRole('button', { name: 'Follow' }).click()
    await expect.element(page.getByRole('textbox', { name: 'Reply in this thread' })).toBeVisible()
  })

  it.each([
    ['followers_only', 'Followers can write.'],
    ['timed_out', 'timed out'],
  ])('keep who may not write from asking in public, and say why: %s', async (reason, says) => {
    const change = (w: Page['server']['world']) => (w.channel.me.writing.public = { reason, until: null })
    opened = await openPage('/c/ines', { as: 'full', change })
    await page.getByRole('button', { name: 'Questions' }).click()
    const questions = page.getByTestId('public-questions')
    await expect.element(questions).toHaveTextContent(says)
    expect(page.getByTestId('ask-box').query()).toBeNull()
    expect(await audit()).toEqual([])
  })

  it('are set by staff, room by room', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await page.getByText('Chat modes').click()
    await page.getByRole('combobox', { name: 'Slow mode' }).selectOptions('30 sec')
    await expect.poll(() => opened.server.calls).toContain('PUT /api/channels/ines/rooms/public/modes')
    expect(opened.server.bodies.at(-1)).toEqual({ ...free, slow: 30 })
    await page.getByText('Sub Space', { exact: true }).last().click()
    expect(page.getByRole('switch', { name: 'Subscribers only' }).query()).toBeNull()
    await page.getByRole('switch', { name: 'Followers only' }).click()
    await expect.poll(() => opened.server.bodies.at(-1)).toEqual({ ...free, followers: true })
    await page.getByRole('combobox', { name: 'Following for at least' }).selectOptions('1 hr')
    await expect
      .poll(() => opened.server.bodies.at(-1))
      .toEqual({ ...free, followers: true, followed_for: 3600 })
    expect(opened.server.calls).toContain('PUT /api/channels/ines/rooms/space/modes')
    expect(await audit()).toEqual([])
  })
})

describe('blocked terms', () => {
  it('are added, listed and dropped by staff', async () => {
    opened = await openPage('/cockpit/ines', { as: 'moderator' })
    await page.getByText('Blocked terms').click()
    await expect.element(page.getByText('Nothing is blocked yet.')).toBeVisible()
    const box = page.getByRole('textbox', { name: /New term/ })
    await box.fill('buy * followers')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('button', { name: 'Drop buy * followers' })).toBeVisible()
    await expect.element(box).toHaveValue('')
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Drop buy * followers' }).click()
    await expect.element(page.getByText('Nothing is blocked yet.')).toBeVisible()
    await expect.element(page.getByTestId('terms')).toHaveFocus()
    expect(opened.server.calls).toContain('DELETE /api/channels/ines/terms/buy%20*%20followers')
  })

  it('hand a message back without saying which it was', async () => {
    opened = await openPage('/c/ines', { as: 'full', change: (w) => (w.refuse = 'blocked_term') })
    await composer().fill('no spoilers')
    await userEvent.keyboard('{Enter}')
    await expect.element(manners()).toHaveTextContent('Say it another way.')
    await expect.element(composer()).toHaveValue('no spoilers')
  })
})
