import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { threeTiers, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const tab = (name: string) => page.getByRole('tab', { name })
const sale = (id: string) => page.getByTestId(`sale-${id}`)
const calls = (part: string) => opened.server.calls.filter((c) => c.includes(part) && !c.startsWith('GET'))
const tiers = (w: World) => void (w.tiers = threeTiers())

beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

describe('rights', () => {
  const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })
  const subscribers = async (change?: (w: World) => void) => {
    opened = await openPage('/cockpit/ines/subscriptions', { as: 'owner', change })
    await tab('Subscribers').click()
    await expect.element(row('Wren')).toBeVisible()
  }
  const choose = async (text: string, name = 'patrons.csv') => {
    const input = document.querySelector<HTMLInputElement>('input[type=file]')!
    await userEvent.upload(input, new File([text], name, { type: 'text/csv' }))
  }
  const long = ['name,months', ...Array.from({ length: 500 }, (_, i) => `person${i},3`)].join('\n')

  it('are given for nothing, for months, and say until when', async () => {
    await subscribers(tiers)
    await page.getByRole('button', { name: 'Give a right' }).click()
    await expect.element(page.getByLabelText('Name of the account')).toHaveFocus()
    expect(await audit()).toEqual([])
    await page.getByLabelText('Name of the account').fill('Ada')
    await page.getByLabelText('Tier').selectOptions('Kiln')
    await page.getByLabelText(/How many/).fill('3')
    await page.getByLabelText('Note').fill('a friend')
    await expect.element(page.getByText(/It begins at once and ends on .* adds no months/)).toBeVisible()
    await page.getByRole('button', { name: 'Give the right' }).click()
    await expect.element(page.getByText(/Ada is inside until/)).toBeVisible()
    await expect.element(page.getByRole('button', { name: 'Give a right' })).toHaveFocus()
    await expect.element(row('Ada')).toHaveTextContent('a friend')
    expect(opened.server.bodies.at(-1)).toEqual({
      name: 'Ada',
      source: 'comp',
      tier: 't2',
      months: 3,
      note: 'a friend',
      key: expect.stringMatching(/^[\da-f]{32}$/),
    })
  })

  it('are given to a day for what was paid somewhere else', async () => {
    await subscribers()
    await row('Bastien').getByRole('button', { name: /^Give/ }).click()
    await expect.element(row('Bastien').getByRole('heading', { name: 'Give Bastien a right' })).toHaveFocus()
    await row('Bastien').getByRole('radio', { name: 'Paid somewhere else' }).click()
    await row('Bastien').getByRole('radio', { name: 'Until a day' }).click()
    await row('Bastien').getByRole('button', { name: 'Give the right' }).click()
    await expect.element(page.getByText(/Bastien is inside until/)).toBeVisible()
    const sent = opened.server.bodies.at(-1)!
    expect(sent).toMatchObject({ name: 'Bastien', source: 'manual' })
    expect(sent).not.toHaveProperty('months')
    expect(Date.parse(String(sent.until))).toBeGreaterThan(Date.now())
  })

  it('are given once by two tries, and a changed wish is another one', async () => {
    await subscribers()
    await page.getByRole('button', { name: 'Give a right' }).click()
    await page.getByLabelText('Name of the account').fill('nobody')
    const { world, bodies } = opened.server
    world.refuse = 'account_missing'
    const send = () => page.getByRole('button', { name: 'Give the right' }).click()
    await send()
    await expect.element(page.getByRole('alert')).toHaveTextContent('There is no account of that name.')
    await send()
    await expect.poll(() => bodies.length).toBe(2)
    expect(bodies[1]).toEqual(bodies[0])
    world.refuse = ''
    await page.getByLabelText('Name of the account').fill('Ada')
    await send()
    await expect.element(page.getByText(/Ada is inside until/)).toBeVisible()
    expect(bodies[2]!.key).not.toBe(bodies[0]!.key)
  })

  it('are taken back after saying what is lost, and when', async () => {
    await subscribers()
    expect(
      row('Priya')
        .getByRole('button', { name: /^Take back/ })
        .query(),
    ).toBeNull()
    await row('Wren')
      .getByRole('button', { name: /^Take back/ })
      .click()
    await expect
      .element(row('Wren').getByRole('heading', { name: 'Take the right back from Wren?' }))
      .toBeVisible()
    await expect
      .element(row('Wren'))
      .toHaveTextContent(/ends at once instead of on .*Wren leaves the Sub Space now/)
    expect(await audit()).toEqual([])
    await row('Wren').getByRole('button', { name: 'Keep it as it is' }).click()
    await expect.element(row('Wren').getByRole('button', { name: /^Take back/ })).toHaveFocus()
    expect(calls('rights')).toEqual([])
    await row('Wren')
      .getByRole('button', { name: /^Take back/ })
      .click()
    await row('Wren').getByRole('button', { name: 'Take it back' }).click()
    await expect.element(page.getByText('The right of Wren has ended.')).toBeVisible()
    await expect.element(page.getByRole('button', { name: 'Give a right' })).toHaveFocus()
    expect(calls('rights')).toEqual(['DELETE /api/channels/ines/rights/r-Wren'])
    await row('Lou')
      .getByRole('button', { name: /^Take back/ })
      .click()
    await expect.element(row('Lou')).toHaveTextContent('this pays nothing back')
  })

  it('lead from a subscriber to what they bought, to pay it back', async () => {
    await subscribers()
    await row('Bastien')
      .getByRole('button', { name: /^Sales/ })
      .click()
    await expect.element(sale('ch_2')).toBeVisible()
    expect(sale('ch_1').query()).toBeNull()
    await sale('ch_2')
      .getByRole('button', { name: /^Pay back/ })
      .click()
    await sale('ch_2').getByRole('button', { name: 'Pay €4.99 back' }).click()
    await expect.element(sale('ch_2')).toHaveTextContent('Paid back.')
    expect(await audit()).toEqual([])
  })

  it('come from a list, and each line that gave nothing says why', async () => {
    await subscribers()
    await page.getByRole('button', { name: 'Import a list' }).click()
    await expect.element(page.getByText(/at most 1 MB/)).toBeVisible()
    expect(await audit()).toEqual([])
    await choose(long)
    await expect.element(page.getByText('patrons.csv: 500 lines')).toBeVisible()
    await page.getByRole('button', { name: 'Import 500 lines' }).click()
    await expect.element(page.getByText('497 rights given')).toBeVisible()
    await expect.element(page.getByText('3 lines gave nothing')).toBeVisible()
    const trouble = page.getByRole('listitem').filter({ hasText: 'Line 200' })
    await expect.element(trouble).toHaveTextContent('Months are a number from 1 to 36.')
    await expect.element(trouble).toHaveTextContent('person198,3')
    expect(await audit()).toEqual([])
    expect(opened.server.bodies.at(-1)).toEqual({ list: long })
    expect(calls('rights')).toEqual(['POST /api/channels/ines/rights/import'])
  })

  it('give their troubles to the clipboard', async () => {
    await subscribers()
    await page.getByRole('button', { name: 'Import a list' }).click()
    await choose(long)
    await page.getByRole('button', { name: 'Import 500 lines' }).click()
    let held = ''
    const { clipboard } = navigator
    Object.defineProperty(navigator, 'clipboard', {
      configurable: true,
      value: { writeText: async (text: string) => void (held = text) },
    })
    await page.getByRole('button', { name: 'Copy these lines' }).click()
    await expect.poll(() => held.split('\n')).toHaveLength(3)
    expect(held).toContain('Line 100\tperson98,3\tThere is no account of that name.')
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: clipboard })
  })

  it('are not asked for by a file that nobody can read', async () => {
    await subscribers()
    await page.getByRole('button', { name: 'Import a list' }).click()
    await choose('name,months\n')
    await expect.element(page.getByRole('alert')).toHaveTextContent('This list cannot be read.')
    await expect.element(page.getByRole('button', { name: 'Import', exact: true })).toBeDisabled()
    await choose(long)
    opened.server.world.refuse = 'list_columns_invalid'
    await page.getByRole('button', { name: 'Import 500 lines' }).click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('The first line names the columns')
  })
})
