import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { threeTiers, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const opens = () => page.getByTestId('opens')

beforeEach(() => page.viewport(390, 844))
afterEach(() => opened.close())

async function room(visit: Parameters<typeof openPage>[1]) {
  opened = await openPage('/c/ines', visit)
  await page.getByRole('tab').nth(1).click()
}

/** The second tier opens the room. */
const second = (w: World) => {
  w.tiers = threeTiers()
  w.channel.space_level = w.tiers[1]!.level
}

describe('what is said beside the price', () => {
  it('is which tier opens the room, where the chosen one does not', async () => {
    await room({ as: 'full', change: second })
    const [low, high] = opened.server.world.tiers
    await expect.element(opens()).toHaveTextContent(`It opens from the tier ${high!.name} on.`)
    expect(await audit()).toEqual([])
    await page.getByRole('radio', { name: new RegExp(high!.name) }).click({ force: true })
    await expect.poll(() => opens().query()).toBeNull()
    await page.getByRole('radio', { name: new RegExp(low!.name) }).click({ force: true })
    await page.getByTestId('subscribe').click()
    await expect.element(page.getByTestId('checkout-sheet').getByTestId('opens')).toBeVisible()
  })

  it('is that the room is open during lives only', async () => {
    const lives = (w: World) => void (w.channel.space_opens = 'lives')
    await room({ as: 'full', locale: 'fr', change: lives })
    await expect.element(opens()).toHaveTextContent('ouvert que pendant les directs')
  })

  it('is nothing where every tier opens a room that is always open', async () => {
    await room({ as: 'full' })
    await expect.element(page.getByTestId('subscribe')).toBeVisible()
    expect(opens().query()).toBeNull()
  })
})
