import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { threeTiers, type Role, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const sheet = () => page.getByTestId('gift-sheet')
const give = () => page.getByTestId('give')
const next = () => page.getByTestId('gift-next')
const pay = () => page.getByTestId('pay')
const line = () => page.getByTestId('chat-log-public').getByTestId('gift-line')
const take = (outcome: RegExp) =>
  page.getByTestId('test-card').selectOptions(page.getByRole('option', { name: outcome }))
const wishes = () => opened.server.calls.filter((c) => c === 'POST /api/channels/ines/gift')

async function choosing(as: Role = 'full', change: (w: World) => void = () => {}) {
  opened = await openPage('/c/ines', { as, change })
  await page.getByRole('tab').nth(1).click()
  await give().click()
  await expect.element(next()).toBeVisible()
}

beforeEach(() => page.viewport(1440, 900))
afterEach(async () => {
  await opened.close()
  localStorage.removeItem('subspace.gifts')
})

describe('giving', () => {
  it('says what is given, what it costs and what becomes of the rest, before and after', async () => {
    await choosing()
    await expect.element(sheet()).toHaveTextContent('Paid once. Nothing renews.')
    await expect.element(sheet()).toHaveTextContent('What finds nobody is paid back.')
    await page.getByRole('radio', { name: '20' }).click()
    await expect.element(sheet()).toHaveTextContent('€4.99 × 20')
    await expect.element(sheet()).toHaveTextContent('€99.80')
    await expect
      .element(sheet())
      .toHaveTextContent('The chat will say: Noa gave 20 people in the chat a month in the Sub Space.')
    expect(await audit()).toEqual([])
    await next().click()
    await expect.element(pay()).toHaveTextContent('Pay €99.80')
    await expect.element(sheet()).toHaveTextContent('20 people, a month each')
    await expect.element(sheet()).toHaveTextContent('Never: paid once')
    await expect.element(sheet()).toHaveTextContent('no real money')
    expect(await audit()).toEqual([])
    expect(opened.server.bodies.at(-1)).toMatchObject({ people: 20, named: true, language: 'en' })
    await pay().click()
    await expect.element(page.getByTestId('gift-done')).toHaveTextContent('12 people have a month')
    await expect.element(sheet()).toHaveTextContent('8 found nobody: €39.92 is paid back to your card.')
    expect(await audit()).toEqual([])
    await userEvent.keyboard('{Escape}')
    await expect.element(give()).toHaveFocus()
    await page.getByRole('tab').nth(0).click()
    await expect.element(line()).toHaveTextContent('Noa gave 12 people in the chat a month in the Sub Space.')
    await expect.element(line()).toHaveTextContent('Théo R., Sam K, Lou, and 9 more')
  })

  it('gives a person by name, unnamed, of another tier', async () => {
    await choosing('full', (w) => void (w.tiers = threeTiers()))
    await page.getByTestId('gift-to-person').click()
    await expect.element(next()).toBeDisabled()
    await page.getByTestId('gift-name').fill(' Théo R. ')
    await page.getByTestId('gift-months').selectOptions('3')
    await sheet().getByRole('radio', { name: /Kiln/ }).click()
    await page.getByTestId('gift-unnamed').click()
    await expect.element(sheet()).toHaveTextContent('€9.99 × 3')
    await expect.element(sheet()).toHaveTextContent('An unnamed person gave Théo R. 3 months')
    await expect.element(sheet()).toHaveTextContent('Inès Marchetti still sees it in the sales.')
    await next().click()
    await expect.element(pay()).toHaveTextContent('Pay €29.97')
    await expect.element(sheet()).toHaveTextContent('without your name')
    await expect.element(sheet()).toHaveTextContent('it begins after the time they have paid')
    expect(opened.server.bodies.at(-1)).toMatchObject({
      name: 'Théo R.',
      months: 3,
      named: false,
      tier: 't2',
    })
    await pay().click()
    await expect.element(page.getByTestId('gift-done')).toHaveTextContent('Théo R. has 3 months')
  })

  it('offers no tier that is not sold by the month, and no trial', async () => {
    await choosing('full', (w) => {
      w.tiers = threeTiers().map((tier) => (tier.id === 't2' ? { ...tier, month: null } : tier))
    })
    expect(sheet().getByRole('radio', { name: /Kiln/ }).query()).toBeNull()
    expect(
      sheet()
        .getByRole('radio', { name: /Yearly/ })
        .query(),
    ).toBeNull()
    expect(sheet().element().textContent).not.toContain('free')
  })

  it('takes a number of one’s own, and none that cannot be given', async () => {
    await choosing()
    await page.getByRole('radio', { name: 'Other' }).click()
    await expect.element(next()).toBeDisabled()
    await page.getByTestId('gift-number').fill('101')
    await expect.element(next()).toBeDisabled()
    await page.getByTestId('gift-number').fill('37')
    await expect.element(sheet()).toHaveTextContent('€184.63')
    await next().click()
    await expect.element(pay()).toBeEnabled()
    expect(opened.server.bodies.at(-1)).toMatchObject({ people: 37 })
  })

  it.each([
    ['account_missing', 'There is no account of that name.'],
    [
      'gift_refused',
      'This person cannot be given a subscription here. The creator and moderators need none.',
    ],
    ['gift_to_self', 'A gift is for somebody else.'],
  ])('says %s beside the name, and keeps what was chosen', async (reason, text) => {
    await choosing('full', (w) => void (w.refuseGift = reason))
    await page.getByTestId('gift-to-person').click()
    await page.getByTestId('gift-name').fill('Nobody')
    await next().click()
    await expect.element(page.getByTestId('gift-name')).toHaveAccessibleDescription(text)
    await expect.element(page.getByTestId('gift-name')).toHaveValue('Nobody')
    expect(await audit()).toEqual([])
    opened.server.world.refuseGift = ''
    await page.getByTestId('gift-name').fill('Sam K')
    await next().click()
    await expect.element(pay()).toBeEnabled()
  })

  it.each([
    ['cap_reached', 'This would be over the limit that you set for yourself for a week.'],
    ['provider_unavailable', 'The payment service does not answer right now.'],
  ])('says %s at the button', async (reason, text) => {
    await choosing('full', (w) => void (w.refuseGift = reason))
    await next().click()
    await expect.element(sheet().getByRole('alert')).toHaveTextContent(text)
    await expect.element(next()).toBeEnabled()
  })

  it('asks for the age once, and goes on', async () => {
    await choosing('full', (w) => void (w.refuseGift = 'age_unconfirmed'))
    await next().click()
    await expect.element(page.getByRole('heading', { name: 'For adults', exact: true })).toBeVisible()
    opened.server.world.refuseGift = ''
    await page.getByTestId('of-age').click()
    await expect.element(pay()).toBeEnabled()
    expect(opened.server.bodies.at(-1)).toMatchObject({ of_age: true })
  })

  it('lets a visitor choose first and makes the account then', async () => {
    await choosing('light')
    await page.getByRole('radio', { name: '5', exact: true }).click()
    await next().click()
    await sheet().getByLabelText('Password').fill('correct horse')
    await sheet()
      .getByRole('button', { name: /password/i })
      .click()
    await expect.element(pay()).toHaveTextContent('Pay €24.95')
  })

  it('lets another card try, and goes back to choosing with another key', async () => {
    await choosing()
    await next().click()
    await take(/0002/)
    await pay().click()
    await page.getByRole('button', { name: 'Use another card' }).click()
    await sheet().getByRole('button', { name: 'Change' }).click()
    await page.getByRole('radio', { name: '5', exact: true }).click()
    await next().click()
    await expect.element(pay()).toHaveTextContent('Pay €24.95')
    const keys = opened.server.bodies.filter((b) => 'people' in b).map((b) => b.key)
    expect(new Set(keys).size).toBe(2)
  })

  it('opens one checkout for a double click', async () => {
    await choosing()
    await next().dblClick()
    await expect.element(pay()).toBeEnabled()
    expect(wishes()).toHaveLength(1)
  })

  it('says so when nobody was there', async () => {
    await choosing('full', (w) => void (w.eligible = 0))
    await next().click()
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'Nobody was here to take it' })).toBeVisible()
    await expect.element(sheet()).toHaveTextContent('1 found nobody: €4.99 is paid back to your card.')
  })

  it('is there for who is inside, and not for the creator', async () => {
    await choosing('subscriber')
    await expect.element(sheet()).toBeVisible()
    await opened.close()
    opened = await openPage('/c/ines', { as: 'owner' })
    await page.getByRole('tab').nth(1).click()
    await expect.element(page.getByTestId('space-inside')).toBeVisible()
    expect(give().query()).toBeNull()
  })
})

describe('what was given', () => {
  const gift = (more: object = {}) => ({
    id: 'r1',
    from: 'Bea',
    months: 1,
    starts: new Date(Date.now() - 1000).toISOString(),
    ends: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    ...more,
  })

  it('is told to who got it, opens the door, and is told once', async () => {
    opened = await openPage('/c/ines', { as: 'full' })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    const { server } = opened
    server.world.channel.me = { ...server.world.channel.me, gift: gift() }
    server.openDoor()
    const got = page.getByTestId('gift-received')
    await expect.element(got).toHaveTextContent('Bea gave you a month in the Sub Space. Yours until')
    expect(await audit()).toEqual([])
    await got.getByRole('button', { name: 'Step inside' }).click()
    await expect.element(page.getByTestId('space-inside')).toBeVisible()
    await got.getByRole('button', { name: 'Close' }).click()
    await expect.element(got).not.toBeInTheDocument()
    server.tell({ type: 'standing', channel: 'ines' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(got.query()).toBeNull()
  })

  it('waits, says from when on, and names nobody who stays unnamed', async () => {
    const starts = new Date(Date.now() + 12 * 86_400_000).toISOString()
    opened = await openPage('/c/ines', {
      as: 'subscriber',
      change: (w) => (w.channel.me = { ...w.channel.me, gift: gift({ from: '', months: 3, starts }) }),
    })
    const got = page.getByTestId('gift-received')
    await expect.element(got).toHaveTextContent('An unnamed person gave you 3 months in the Sub Space.')
    await expect.element(got).toHaveTextContent(/It begins on .*, after the time you have paid\./)
  })
})
