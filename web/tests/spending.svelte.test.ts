import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const limit = () => page.getByRole('region', { name: 'Spending limit' })
const eur = (minor: number) => ({ minor, currency: 'EUR' })

async function account(change?: (w: World) => void, path = '/account') {
  opened = await openPage(path, { as: 'subscriber', change })
  await expect.element(limit()).toBeVisible()
}

beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

describe('the spending limit', () => {
  it('says what is spent, and holds at once when it is set', async () => {
    await account()
    await expect.element(limit()).toHaveTextContent('No limit is set.')
    await expect.element(limit()).toHaveTextContent('€50.29 spent in the last seven days.')
    await limit().getByRole('button', { name: 'Set a limit' }).click()
    await expect.element(limit().getByRole('textbox')).toHaveFocus()
    await expect.element(limit()).toHaveTextContent('It holds at once.')
    expect(await audit()).toEqual([])
    await limit().getByRole('textbox').fill('60')
    await userEvent.keyboard('{Enter}')
    await expect.element(limit()).toHaveTextContent('At most €60 in seven days.')
    await expect.element(limit()).toHaveTextContent('€50.29 spent in the last seven days, €9.71 left.')
    await expect.element(limit().getByRole('button', { name: 'Change the limit' })).toHaveFocus()
    expect(opened.server.bodies.at(-1)).toEqual({ cap: 6000 })
  })

  it('rises after a day, which is said before and can be taken back', async () => {
    await account((w) => (w.buyer.cap = 6000))
    await limit().getByRole('button', { name: 'Change the limit' }).click()
    await expect.element(limit().getByRole('textbox')).toHaveValue('60')
    await limit().getByRole('textbox').fill('99,50')
    await expect.element(limit()).toHaveTextContent('A higher limit holds after 24 hours.')
    await limit().getByRole('button', { name: 'Set a limit' }).click()
    await expect.element(limit()).toHaveTextContent(/From .*: €99.50\./)
    await expect.element(limit()).toHaveTextContent('At most €60')
    expect(await audit()).toEqual([])
    await limit().getByRole('button', { name: 'Stay at €60' }).click()
    await expect.element(limit()).not.toHaveTextContent('€99.50')
    expect(opened.server.bodies.at(-1)).toEqual({ cap: 6000 })
  })

  it('goes away after a day', async () => {
    await account((w) => (w.buyer.cap = 6000))
    await limit().getByRole('button', { name: 'Change the limit' }).click()
    await limit().getByRole('button', { name: 'Remove the limit after 24 hours' }).click()
    await expect.element(limit()).toHaveTextContent(/From .*: no limit\./)
    expect(opened.server.bodies.at(-1)).toEqual({ cap: 0 })
  })

  it('takes no word for a sum, and no nothing for none', async () => {
    await account()
    await limit().getByRole('button', { name: 'Set a limit' }).click()
    for (const typed of ['much', '0']) {
      await limit().getByRole('textbox').fill(typed)
      await userEvent.keyboard('{Enter}')
      await expect.element(limit().getByRole('alert')).toHaveTextContent('Write a sum')
    }
    expect(opened.server.bodies).toEqual([])
  })

  it('is told for each currency that is paid in', async () => {
    await account((w) => {
      w.buyer = { ...w.buyer, cap: 6000, spent: [{ minor: 500, currency: 'CHF' }, eur(1000)] }
    })
    await expect.element(limit()).toHaveTextContent(/At most €60 · CHF\s60 in seven days\./)
    await expect.element(limit()).toHaveTextContent(/CHF\s5 spent in the last seven days, CHF\s55 left\./)
    await expect.element(limit()).toHaveTextContent('€10 spent in the last seven days, €50 left.')
  })

  it('can be asked for again when it did not load', async () => {
    await account((w) => (w.refuseBuyer = 'storage_unavailable'))
    await expect.element(limit()).toHaveTextContent('cannot reach its database')
    opened.server.world.refuseBuyer = ''
    await limit().getByRole('button', { name: 'Retry' }).click()
    await expect.element(limit()).toHaveTextContent('No limit is set.')
  })

  it('is where a purchase over it leads to', async () => {
    await account(undefined, '/account#limit')
    await expect.element(limit().getByRole('heading')).toHaveFocus()
  })
})

describe('a purchase over the limit', () => {
  it('is refused with the limit, what is left of it, and the way there', async () => {
    opened = await openPage('/c/ines', {
      as: 'full',
      change: (w) => {
        w.refuseCheckout = 'cap_reached'
        w.buyer = { ...w.buyer, cap: 500, spent: [eur(499)] }
      },
    })
    await page.getByRole('tab').nth(1).click()
    await page.getByTestId('subscribe').click()
    const sheet = page.getByTestId('checkout-sheet')
    await expect.element(sheet.getByRole('heading', { name: 'Over your limit' })).toBeVisible()
    await expect
      .element(sheet)
      .toHaveTextContent(/Your limit in seven days\s*€5\s*Left of it\s*€0.01\s*This costs\s*€4.99/)
    const way = sheet.getByRole('link', { name: 'To your limit' })
    await expect.element(way).toHaveAttribute('href', '/account#limit')
    await expect.element(way).toHaveAttribute('target', '_blank')
    expect(await audit()).toEqual([])
    opened.server.world.refuseCheckout = ''
    await sheet.getByRole('button', { name: 'Retry' }).click()
    await expect.element(page.getByTestId('pay')).toBeEnabled()
  })
})

describe('a claim code', () => {
  const sheet = () => page.getByTestId('checkout-sheet')
  const till = async (change: (w: World) => void) => {
    opened = await openPage('/c/ines', { as: 'full', change })
    await page.getByRole('tab').nth(1).click()
    await page.getByTestId('subscribe').click()
  }

  it('stands in place of a card, and opens the door', async () => {
    await till((w) => (w.providers = ['sandbox', 'patrons']))
    await sheet().getByRole('button', { name: 'I have a code' }).click()
    await expect.element(sheet().getByRole('heading', { name: /^Enter your code/ })).toBeVisible()
    await expect.element(page.getByTestId('code')).toHaveFocus()
    expect(await audit()).toEqual([])
    await page.getByTestId('code').fill('abcd efgh')
    opened.server.world.refuseCode = 'code_wrong'
    await userEvent.keyboard('{Enter}')
    await expect
      .element(sheet().getByRole('alert'))
      .toHaveTextContent('There is no such code on this channel')
    await expect.element(page.getByTestId('code')).toHaveValue('abcd efgh')
    opened.server.world.refuseCode = ''
    await sheet().getByRole('button', { name: 'Step inside' }).click()
    await expect.element(page.getByRole('heading', { name: 'You are inside' })).toBeVisible()
    expect(document.body.textContent).not.toContain('Paid €')
    expect(opened.server.calls.filter((c) => c.endsWith('/claim'))).toHaveLength(2)
    expect(opened.server.bodies.at(-1)).toEqual({ code: 'abcd efgh' })
  })

  it('leads back to the card', async () => {
    await till((w) => (w.providers = ['sandbox', 'patrons']))
    await sheet().getByRole('button', { name: 'I have a code' }).click()
    await sheet().getByRole('button', { name: 'Pay here instead' }).click()
    await expect.element(page.getByTestId('pay')).toBeEnabled()
    const opens = opened.server.bodies.filter((b) => 'terms' in b).map((b) => b.provider)
    expect(opens).toEqual([undefined, 'patrons', undefined])
  })

  it('is all there is where nobody else takes payments', async () => {
    await till((w) => (w.providers = ['patrons']))
    await expect.element(page.getByTestId('code')).toBeVisible()
    expect(sheet().getByRole('button', { name: 'Pay here instead' }).query()).toBeNull()
  })

  it('is not spoken of where there is no list', async () => {
    await till(() => {})
    await expect.element(page.getByTestId('pay')).toBeEnabled()
    expect(sheet().getByRole('button', { name: 'I have a code' }).query()).toBeNull()
  })

  it('is what its owner reads of on the account page, with nothing to press', async () => {
    opened = await openPage('/account', {
      as: 'subscriber',
      change: (w) => (w.subscriptions = [{ ...w.subscriptions[0]!, provider: 'patrons', sandbox: false }]),
    })
    const row = page.getByTestId('subscription-ines')
    await expect
      .element(row)
      .toHaveTextContent(/Paid somewhere else until .*Change or end it where you pay\./)
    expect(row.getByRole('button').query()).toBeNull()
    await expect.element(page.getByText('Nothing will be charged.')).toBeVisible()
  })
})

describe('who is inside on grace', () => {
  const inside = async (change: (w: World) => void) => {
    opened = await openPage('/c/ines', { as: 'subscriber', change })
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('ask-box')).toBeVisible()
  }
  const late = (w: World) => void (w.subscriptions = [{ ...w.subscriptions[0]!, state: 'past_due' }])

  it('is told on the open page, with the day and the way to mend it', async () => {
    await inside(late)
    const owed = page.getByTestId('owed')
    await expect.element(owed).toHaveTextContent(/The last payment failed. You stay inside until/)
    await expect.element(owed.getByRole('link')).toHaveAttribute('href', '/account')
    await expect.element(owed.getByRole('link')).toHaveAttribute('target', '_blank')
    expect(await audit()).toEqual([])
  })

  it('hears nothing once it is paid, nor of what is owed elsewhere', async () => {
    await inside((w) => (w.subscriptions = w.subscriptions.filter(({ id }) => id !== 'oskar')))
    await expect.poll(() => opened.server.calls.includes('GET /api/subscriptions')).toBe(true)
    expect(page.getByTestId('owed').query()).toBeNull()
    late(opened.server.world)
    opened.server.tell({ type: 'standing', channel: 'ines' } as never)
    await expect.element(page.getByTestId('owed')).toBeVisible()
    opened.server.world.subscriptions = []
    opened.server.tell({ type: 'standing', channel: 'ines' } as never)
    await expect.poll(() => page.getByTestId('owed').query()).toBeNull()
  })
})
