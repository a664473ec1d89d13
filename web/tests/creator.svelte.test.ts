import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { threeTiers, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const tab = (name: string) => page.getByRole('tab', { name })
const sale = (id: string) => page.getByTestId(`sale-${id}`)
const calls = (part: string) => opened.server.calls.filter((c) => c.includes(part) && !c.startsWith('GET'))
const tiers = (w: World) => void (w.tiers = threeTiers())

async function desk(change: (w: World) => void = () => {}) {
  opened = await openPage('/cockpit/ines/subscriptions', { as: 'owner', change })
  await expect.element(page.getByRole('heading', { name: 'Subscriptions', level: 1 })).toBeVisible()
}

beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

describe('tiers', () => {
  it('begin with one field', async () => {
    await desk((w) => (w.tiers = []))
    await page.getByLabelText('Price per month').fill('4.99')
    await page.getByRole('button', { name: 'Start selling' }).click()
    await expect.element(page.getByText('€4.99 a month')).toBeVisible()
    expect(opened.server.bodies.at(-1)).toEqual({
      name: '',
      perks: [],
      trial_days: 0,
      on_sale: true,
      month: { minor: 499, currency: 'EUR' },
    })
  })

  it('may begin with everything, and in another currency', async () => {
    await desk((w) => (w.tiers = []))
    await page.getByText('Name, perks, yearly price, trial').click()
    await page.getByLabelText('Currency').selectOptions('CHF')
    await page.getByLabelText('Price per month').fill('5,50')
    await page.getByLabelText('Price per year').fill('55')
    await page.getByLabelText('Name', { exact: false }).first().fill('Studio')
    await page.getByLabelText(/^Perks/).fill('One\n\n  \nTwo')
    await page.getByLabelText(/^Free trial/).fill('7')
    await page.getByRole('button', { name: 'Start selling' }).click()
    await expect.element(page.getByRole('heading', { name: 'Studio' })).toBeVisible()
    expect(opened.server.bodies.at(-1)).toMatchObject({
      name: 'Studio',
      perks: ['One', 'Two'],
      trial_days: 7,
      month: { minor: 550, currency: 'CHF' },
      year: { minor: 5500, currency: 'CHF' },
    })
  })

  it('are changed in place, all of them that was not touched staying', async () => {
    await desk(tiers)
    await page.getByRole('button', { name: 'Edit Kiln' }).click()
    await page.getByLabelText('Price per month').fill('11')
    await page.getByRole('switch', { name: /On sale/ }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByText('Not on sale', { exact: true })).toBeVisible()
    await expect.element(page.getByRole('button', { name: 'Edit Kiln' })).toHaveFocus()
    const { name, level, perks, year, trial_days } = threeTiers()[1]!
    expect(opened.server.bodies.at(-1)).toEqual({
      name,
      level,
      perks,
      year,
      trial_days,
      on_sale: false,
      month: { minor: 1100, currency: 'EUR' },
    })
  })

  it('are sold by the year no more when the price is taken away', async () => {
    await desk(tiers)
    await page.getByRole('button', { name: 'Edit Studio' }).click()
    await page.getByLabelText('Price per year').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByRole('button', { name: 'Edit Studio' })).toBeVisible()
    expect(opened.server.bodies.at(-1)).not.toHaveProperty('year')
  })

  it('are added above the others', async () => {
    await desk(tiers)
    await page.getByRole('button', { name: 'Add a tier' }).click()
    expect(await audit()).toEqual([])
    await page.getByLabelText('Price per month').fill('50')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByRole('heading', { name: 'Level 4' })).toBeVisible()
    expect(opened.server.bodies.at(-1)).not.toHaveProperty('level')
  })

  it('change places by keyboard', async () => {
    await desk(tiers)
    const higher = page.getByRole('button', { name: 'Studio: one level higher' })
    ;(higher.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    const names = () => [...document.querySelectorAll('ol h3')].map((h) => h.textContent)
    await expect.poll(names).toEqual(['Kiln', 'Studio', 'Patron'])
    expect(calls('tiers')).toEqual(['PUT /api/channels/ines/tiers/t1', 'PUT /api/channels/ines/tiers/t2'])
    await expect.element(page.getByRole('button', { name: 'Kiln: one level lower' })).toBeDisabled()
  })

  it('say what is wrong, and keep what was typed', async () => {
    await desk((w) => {
      tiers(w)
      w.refuse = 'currency_differs'
    })
    await page.getByRole('button', { name: 'Edit Kiln' }).click()
    await page.getByLabelText('Price per month').fill('many')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('This is not a price.')
    expect(calls('tiers')).toEqual([])
    await page.getByLabelText('Price per month').fill('12')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('one currency')
    await expect.element(page.getByLabelText('Price per month')).toHaveValue('12')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expect.element(page.getByRole('button', { name: 'Edit Kiln' })).toHaveFocus()
  })
})

describe('subscribers', () => {
  it('are listed with their months and what stands out', async () => {
    await desk()
    await tab('Subscribers').click()
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })
    await expect.element(row('Priya')).toHaveTextContent('11 months inside')
    await expect.element(row('Priya')).toHaveTextContent('Kiln, €99 a year')
    await expect.element(row('Yuna')).toHaveTextContent('leaving')
    await expect.element(row('Sam K')).toHaveTextContent('payment failed')
    await expect.element(row('Wren')).toHaveTextContent('given by you')
    await expect.element(page.getByText('a gap neither counts nor resets them')).toBeVisible()
    expect(await audit()).toEqual([])
  })

  it('come page by page', async () => {
    await desk((w) => {
      const [one] = w.subscribers
      w.subscribers = Array.from({ length: 150 }, (_, i) => ({ ...one!, name: `N${i}`, right: `r${i}` }))
    })
    await tab('Subscribers').click()
    await expect.element(page.getByTestId('subscriber-r99')).toBeInTheDocument()
    expect(page.getByTestId('subscriber-r100').query()).toBeNull()
    await page.getByRole('button', { name: 'Show more' }).click()
    await expect.element(page.getByTestId('subscriber-r149')).toBeInTheDocument()
    expect(page.getByRole('button', { name: 'Show more' }).query()).toBeNull()
  })

  it('say what happens next while there is none, and when they do not load', async () => {
    await desk((w) => (w.subscribers = []))
    await tab('Subscribers').click()
    await expect.element(page.getByRole('heading', { name: 'No subscriber yet' })).toBeVisible()
    expect(await audit()).toEqual([])
    opened.server.world.down = true
    await tab('Sales').click()
    await expect.element(page.getByRole('heading', { name: 'This did not load' })).toBeVisible()
    opened.server.world.down = false
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.element(sale('ch_1')).toBeVisible()
  })
})

describe('sales', () => {
  const sales = async (change?: (w: World) => void) => {
    await desk(change)
    await tab('Sales').click()
    await expect.element(sale('ch_1')).toBeVisible()
  }
  const open = (id: string) =>
    sale(id)
      .getByRole('button', { name: /^Pay back/ })
      .click()

  it('say who paid what, its tax, and what of it is the creator’s', async () => {
    await sales()
    await expect.element(sale('ch_1')).toHaveTextContent('Priya')
    await expect.element(sale('ch_1')).toHaveTextContent('Kiln, yearly')
    await expect.element(sale('ch_1')).toHaveTextContent('€16.50 tax, FR 20%')
    await expect.element(sale('ch_1')).toHaveTextContent('€82.50yours')
    await expect.element(sale('ch_5')).toHaveTextContent('held until decided')
    expect(
      sale('ch_5')
        .getByRole('button', { name: /^Pay back/ })
        .query(),
    ).toBeNull()
    await expect.element(page.getByText('no real money')).toBeVisible()
    expect(await audit()).toEqual([])
  })

  it('are paid back whole, which ends what they paid for', async () => {
    await sales()
    await open('ch_1')
    await expect.element(sale('ch_1').getByRole('heading', { name: 'Pay Priya back' })).toHaveFocus()
    await expect.element(sale('ch_1').getByRole('checkbox')).toBeChecked()
    await expect.element(sale('ch_1')).toHaveTextContent('its door closes at once')
    expect(await audit()).toEqual([])
    await sale('ch_1').getByRole('button', { name: 'Pay €99 back' }).click()
    await expect.element(sale('ch_1')).toHaveTextContent('Paid back.')
    expect(calls('refund')).toEqual(['POST /api/channels/ines/sales/sandbox/ch_1/refund'])
    expect(opened.server.bodies.at(-1)).toEqual({ end: true, key: expect.stringMatching(/^[\da-f]{32}$/) })
  })

  it('say that the next charge comes when the subscription is not ended too', async () => {
    await sales()
    await open('ch_2')
    await sale('ch_2').getByRole('checkbox').click()
    await expect.element(sale('ch_2')).toHaveTextContent('The door closes at once')
    await expect.element(sale('ch_2')).toHaveTextContent('it is charged again')
  })

  it('are paid back in part, and the door stays open', async () => {
    await sales()
    await open('ch_2')
    await sale('ch_2').getByRole('radio', { name: 'A part' }).click()
    await expect.element(sale('ch_2').getByRole('checkbox')).not.toBeChecked()
    await sale('ch_2').getByLabelText('Sum').fill('9')
    await sale('ch_2').getByRole('button', { name: 'Pay back' }).click()
    await expect.element(sale('ch_2').getByRole('alert')).toHaveTextContent('more than what is left')
    expect(calls('refund')).toEqual([])
    await sale('ch_2').getByLabelText('Sum').fill('2,50')
    await expect.element(sale('ch_2')).toHaveTextContent('its door stays open')
    await expect.element(sale('ch_2')).toHaveTextContent('About €2.08 of it comes out of your share')
    await sale('ch_2').getByRole('button', { name: 'Pay €2.50 back' }).click()
    await expect.element(sale('ch_2')).toHaveTextContent('€2.50 paid back.')
    await expect.element(sale('ch_2')).toHaveTextContent('Bastien')
    expect(opened.server.bodies.at(-1)).toMatchObject({ amount: 250, end: false })
    await expect.element(sale('ch_2').getByRole('button', { name: /^Pay back/ })).toHaveFocus()
  })

  it('are paid back once, although the answer was lost', async () => {
    await sales()
    await open('ch_2')
    await sale('ch_2').getByRole('radio', { name: 'A part' }).click()
    await sale('ch_2').getByLabelText('Sum').fill('2')
    const { world } = opened.server
    world.refuse = 'provider_unavailable'
    await sale('ch_2').getByRole('button', { name: 'Pay €2 back' }).click()
    await expect.element(sale('ch_2').getByRole('alert')).toHaveTextContent('may have been paid back')
    // Another sum would be paid besides: only the same can be sent again.
    await expect.element(sale('ch_2').getByRole('radio', { name: 'A part' })).toBeDisabled()
    await expect.element(sale('ch_2').getByRole('checkbox')).toBeDisabled()
    const first = opened.server.bodies.at(-1)
    world.refuse = ''
    await sale('ch_2').getByRole('button', { name: 'Pay €2 back' }).click()
    await expect.element(sale('ch_2')).toHaveTextContent('€2 paid back.')
    expect(opened.server.bodies.at(-1)).toEqual(first)
  })

  it('lead to giving their buyer a right', async () => {
    await sales()
    await sale('ch_6').getByRole('button', { name: /^Give/ }).click()
    await expect.element(sale('ch_6').getByRole('heading', { name: 'Give Théo R. a right' })).toHaveFocus()
    await sale('ch_6').getByRole('button', { name: 'Give the right' }).click()
    await expect.element(page.getByText(/Théo R. is inside until/)).toBeVisible()
    expect(opened.server.bodies.at(-1)).toMatchObject({
      name: 'Théo R.',
      source: 'comp',
      months: 1,
      tier: 't1',
    })
  })

  it('say that the door closes when the rest is paid back', async () => {
    await sales()
    await open('ch_4')
    await expect.element(sale('ch_4').getByRole('radio', { name: 'What is left, €6.99' })).toBeChecked()
    await sale('ch_4').getByRole('checkbox').click()
    await expect.element(sale('ch_4')).toHaveTextContent('The door closes at once')
  })

  it('of which nothing is sold yet say what will be here', async () => {
    await desk((w) => (w.sales = []))
    await tab('Sales').click()
    await expect.element(page.getByRole('heading', { name: 'Nothing sold yet' })).toBeVisible()
  })
})

describe('the books', () => {
  it('are nobody else’s', async () => {
    opened = await openPage('/cockpit/ines/subscriptions', { as: 'moderator' })
    await expect.element(page.getByText(/Only Inès Marchetti sees what is sold here/)).toBeVisible()
    expect(await audit()).toEqual([])
    expect(opened.server.calls.filter((c) => /sales|subscribers/.test(c))).toEqual([])
  })

  it('are one press away from the cockpit, where the first price is one field', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner', change: (w) => (w.channel.price = null) })
    await page.getByText('Sub Space and price').click()
    await page.getByLabelText('Price per month').fill('4.99')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByText(/New subscribers pay €4.99/)).toBeVisible()
    await expect.element(page.getByRole('link', { name: 'Tiers and prices' })).toBeVisible()
    await page.getByRole('link', { name: 'Tiers, subscribers, sales' }).click()
    await expect.element(page.getByRole('heading', { name: 'Subscriptions', level: 1 })).toBeVisible()
    await page.getByRole('link', { name: 'Cockpit' }).first().click()
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
  })

  it('go from part to part with the arrow keys', async () => {
    await desk()
    ;(tab('Tiers').element() as HTMLElement).focus()
    await userEvent.keyboard('{ArrowRight}{ArrowRight}')
    await expect.element(tab('Sales')).toHaveFocus()
    await expect.element(sale('ch_1')).toBeVisible()
    await userEvent.keyboard('{End}{ArrowRight}')
    await expect.element(tab('Tiers')).toHaveAttribute('aria-selected', 'true')
  })
})
