import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { Role, World } from './fake-world'
import { openPage, type Page } from './visit-page'

describe('the Sub Space as its creator set it up', () => {
  let opened: Page

  beforeEach(async () => {
    await page.viewport(1440, 900)
    localStorage.removeItem('subspace.welcome.ines')
  })
  afterEach(() => opened.close())

  async function space(as: Role, change: (w: World) => void) {
    opened = await openPage('/c/ines', { as, change })
    await page.getByRole('tab').nth(1).click()
  }

  it('tells those outside nothing that was not ticked, and forgets what is not any more', async () => {
    await space('full', (w) => Object.assign(w.setup, { line: 'We plan the next kiln', tell_line: true }))
    await expect.element(page.getByTestId('teaser')).toHaveTextContent('We plan the next kiln')
    await expect.element(page.getByTestId('teaser')).not.toHaveTextContent('inside')
    Object.assign(opened.server.world.setup, { tell_people: true, tell_reply: true, tell_line: false })
    opened.server.happen('public', 'channel.changed', {})
    await expect.element(page.getByTestId('teaser')).toHaveTextContent('20 or more inside')
    await expect.element(page.getByTestId('teaser')).toHaveTextContent('Last message 4 min ago')
    await expect.element(page.getByTestId('teaser')).not.toHaveTextContent('next kiln')
    Object.assign(opened.server.world.setup, { tell_people: false, tell_reply: false })
    opened.server.happen('public', 'channel.changed', {})
    await expect.element(page.getByTestId('teaser')).not.toBeInTheDocument()
    await expect.element(page.getByTestId('subscribe')).toBeVisible()
  })

  it('is called by its name', async () => {
    await space('full', (w) => {
      w.setup.name = w.channel.space_name = 'The kiln'
    })
    await expect.element(page.getByRole('tab').nth(1)).toHaveTextContent('The kiln')
    await expect.element(page.getByRole('heading', { name: 'The kiln' })).toBeVisible()
  })

  it('tells a subscriber between lives when it opens, and sells them nothing', async () => {
    await space('subscriber', (w) => {
      w.setup.opens = 'lives'
      w.channel.live = null
      Object.assign(w.channel.me, { inside: false, reason: 'between_lives' })
    })
    await expect.element(page.getByTestId('space-locked')).toHaveTextContent('opens with the next live')
    await expect.element(page.getByTestId('subscribe')).not.toBeInTheDocument()
  })

  it('welcomes who comes in, until they put it away', async () => {
    await space('subscriber', (w) => (w.setup.welcome = 'Hello.\nWe are kind here.'))
    await expect.element(page.getByTestId('welcome')).toHaveTextContent('We are kind here.')
    await page.getByRole('button', { name: 'Put the welcome away' }).click()
    await expect.element(page.getByTestId('welcome')).not.toBeInTheDocument()
    expect(document.activeElement).not.toBeNull()
  })

  it('is set up in the cockpit', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await page.getByText('Sub Space and price').click()
    const ticked = page.getByRole('checkbox', { name: 'About how many are inside' })
    await expect.element(ticked).not.toBeChecked()
    await ticked.click()
    await expect.poll(() => opened.server.bodies).toContainEqual({ tell_people: true })
    await expect.element(page.getByRole('checkbox', { name: 'One line of yours' })).toBeDisabled()
    await page.getByRole('textbox', { name: 'Your line for those outside' }).fill('Come in')
    await page.getByRole('checkbox', { name: 'One line of yours' }).click()
    await expect.poll(() => opened.server.bodies).toContainEqual({ line: 'Come in', tell_line: true })
    await page.getByRole('switch', { name: /Only during lives/ }).click()
    await expect.poll(() => opened.server.bodies).toContainEqual({ opens: 'lives' })
    await page.getByRole('textbox', { name: 'Name of the room' }).fill('The kiln')
    await page.getByRole('button', { name: 'Save' }).first().click()
    await expect.poll(() => opened.server.bodies).toContainEqual({ name: 'The kiln', welcome: '' })
  })
})
