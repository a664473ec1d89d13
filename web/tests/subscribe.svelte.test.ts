import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { threeTiers, tier, type Role, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

const eur = (minor: number) => ({ minor, currency: 'EUR' })

let opened: Page
const sheet = () => page.getByTestId('checkout-sheet')
const pay = () => page.getByTestId('pay')
const subscribe = () => page.getByTestId('subscribe')
const calls = (call: string) => opened.server.calls.filter((c) => c === call)
const take = (outcome: RegExp) =>
  page.getByTestId('test-card').selectOptions(page.getByRole('option', { name: outcome }))
const several = (w: World) => void (w.tiers = threeTiers())

async function lockedRoom(as: Role = 'full', change: (w: World) => void = () => {}) {
  opened = await openPage('/c/ines', { as, change })
  await page.getByRole('tab').nth(1).click()
  await expect.element(subscribe()).toBeVisible()
}

async function till(change?: (w: World) => void) {
  await lockedRoom('full', change)
  await subscribe().click()
  await expect.element(pay()).toBeEnabled()
}

beforeEach(() => page.viewport(1440, 900))
afterEach(() => opened.close())

describe('the price card', () => {
  it('says of one tier without a name what it always said, and lets nothing be chosen', async () => {
    await lockedRoom()
    const card = page.getByRole('region', { name: 'Step inside' })
    await expect.element(subscribe()).toHaveTextContent('Subscribe for €4.99 / month')
    await expect.element(card).toHaveTextContent('Renews each month. Cancel in three clicks, any time.')
    expect(card.getByRole('radio').query()).toBeNull()
  })

  it('begins with the lowest tier by the month, and follows the choice', async () => {
    await lockedRoom('anonymous', several)
    await expect.element(page.getByRole('radio', { name: 'Studio €4.99 a month' })).toBeChecked()
    await expect.element(page.getByRole('radio', { name: /Monthly/ })).toBeChecked()
    await expect.element(subscribe()).toHaveTextContent('Subscribe for €4.99 / month')
    await expect.element(page.getByText('7 days free for newcomers, then €4.99 a month.')).toBeVisible()
    expect(document.body.textContent).not.toContain('Glaze recipes')

    await page.getByRole('radio', { name: /Kiln/ }).click()
    await expect.element(page.getByText('Glaze recipes, written out')).toBeVisible()
    await expect.element(subscribe()).toHaveTextContent('Subscribe for €9.99 / month')
    expect(document.body.textContent).not.toContain('days free')
    expect(await audit()).toEqual([])
  })

  it('counts what a year saves, and says the sum it is counted against', async () => {
    await lockedRoom('anonymous', several)
    await page.getByRole('radio', { name: /Yearly/ }).click()
    await expect.element(subscribe()).toHaveTextContent('Subscribe for €49 / year')
    const card = page.getByRole('region', { name: 'Step inside' })
    await expect.element(card).toHaveTextContent('Save 18%')
    await expect.element(card).toHaveTextContent('Renews each year.')
    await expect.element(card).toHaveTextContent('Twelve single months would be €59.88.')
  })

  it('promises no saving where there is none', async () => {
    await lockedRoom('anonymous', (w) => (w.tiers = [tier('t1', 1, 500, { year: eur(6000) })]))
    await page.getByRole('radio', { name: 'Yearly €60' }).click()
    await expect.element(subscribe()).toHaveTextContent('€60 / year')
    expect(document.body.textContent).not.toContain('Save')
  })

  it('goes by keyboard from tier to tier', async () => {
    await lockedRoom('anonymous', several)
    ;(page.getByRole('radio', { name: /Studio/ }).element() as HTMLElement).focus()
    await userEvent.keyboard('{ArrowDown}{ArrowDown}')
    await expect.element(page.getByRole('radio', { name: /Patron/ })).toBeChecked()
    await expect.element(subscribe()).toHaveTextContent('Subscribe for €25 / month')
    // Patron is not sold by the year.
    expect(page.getByRole('radio', { name: /Yearly/ }).query()).toBeNull()
  })

  it('shows what is sold now when the creator changes it', async () => {
    await lockedRoom('anonymous')
    opened.server.world.tiers = threeTiers()
    opened.server.happen('public', 'channel.changed', {})
    await expect.element(page.getByRole('radio', { name: /Kiln/ })).toBeVisible()
  })

  it('offers nothing when nothing can be asked, and asks again', async () => {
    opened = await openPage('/c/ines', { as: 'full' })
    await expect.element(page.getByText('ordered the small one')).toBeVisible()
    opened.server.world.down = true
    await page.getByRole('tab').nth(1).click()
    await page.getByTestId('space-locked').getByRole('button', { name: 'Retry' }).click()
    opened.server.world.down = false
    await page.getByTestId('space-locked').getByRole('button', { name: 'Retry' }).click()
    await expect.element(subscribe()).toBeVisible()
  })
})

describe('the checkout', () => {
  it('pays in a sheet that gives the focus back, and steps inside by itself', async () => {
    await till()
    await expect.element(sheet()).toHaveTextContent('no real money')
    expect(await audit()).toEqual([])
    await userEvent.keyboard('{Escape}')
    await expect.element(subscribe()).toHaveFocus()
    await subscribe().click()
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'You are inside' })).toBeVisible()
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Ask your first question' }).click()
    await expect.element(page.getByTestId('ask-box').getByRole('textbox')).toHaveFocus()
  })

  it('says price, period, renewal and cancellation of the plan that was chosen', async () => {
    await lockedRoom('full', several)
    await page.getByRole('radio', { name: /Kiln/ }).click()
    await page.getByRole('radio', { name: /Yearly/ }).click()
    await subscribe().click()
    await expect.element(pay()).toHaveTextContent('Pay €99')
    await expect.element(sheet()).toHaveTextContent('Kiln, yearly')
    await expect.element(sheet()).toHaveTextContent('then yearly')
    await expect.element(sheet()).toHaveTextContent('Three clicks, paid time stays')
    await expect.element(sheet()).toHaveTextContent('includes your country’s tax')
  })

  it('counts anew when the plan is changed in the sheet', async () => {
    await till(several)
    await sheet().getByRole('button', { name: 'Change' }).click()
    await sheet().getByRole('radio', { name: /Kiln/ }).click()
    await expect.element(pay()).toHaveTextContent('Pay €9.99')
    expect(await audit()).toEqual([])
    expect(opened.server.world.checkout).toMatchObject({ tier: 't2', period: 'month' })
    expect(calls('POST /api/channels/ines/checkout')).toHaveLength(2)
  })

  it('lets choose where nothing was chosen before', async () => {
    opened = await openPage('/c/ines', {
      as: 'full',
      change: (w) => {
        several(w)
        w.playback = { state: 'live', url: '', reason: 'subscribers_only' }
      },
    })
    await page.getByRole('button', { name: 'Step inside' }).click()
    await expect.element(sheet().getByRole('radio', { name: /Studio/ })).toBeChecked()
  })

  it('takes the country of the browser, and tells the server another one', async () => {
    await till()
    await expect.element(page.getByTestId('country')).toHaveValue(navigator.language.split('-')[1]!)
    await page.getByTestId('country').selectOptions('France')
    await expect.element(pay()).toBeDisabled()
    await expect.element(pay()).toBeEnabled()
    await expect.poll(() => opened.server.bodies.at(-1)).toMatchObject({ country: 'FR', language: 'en' })
  })

  it('offers a newcomer the trial, and says from when it costs', async () => {
    await till(several)
    await expect.element(pay()).toHaveTextContent('Try 7 days free, then €4.99 a month')
    await expect.element(sheet()).toHaveTextContent(/Today\s*€0/)
    await expect.element(sheet()).toHaveTextContent('until then nothing is charged')
    await pay().click()
    await expect.element(sheet()).toHaveTextContent(/Free until .*, then €4.99 a month/)
  })

  it('says so when the trial was used before', async () => {
    await till((w) => {
      several(w)
      w.tried = true
    })
    await expect.element(pay()).toHaveTextContent('Pay €4.99')
    await expect
      .element(sheet())
      .toHaveTextContent('The free trial is for newcomers; you have been here before.')
  })

  it('says so when the card had the trial, and goes on without it', async () => {
    await till((w) => {
      several(w)
      w.card = 'pending'
    })
    await pay().click()
    opened.server.world.checkout = {
      ...opened.server.world.checkout!,
      state: 'expired',
      reason: 'trial_used',
    }
    await expect.element(page.getByRole('heading', { name: 'No second free trial' })).toBeVisible()
    await expect.element(sheet()).toHaveTextContent('Nothing was charged')
    expect(await audit()).toEqual([])
    opened.server.world.tried = true
    await page.getByRole('button', { name: 'Subscribe without the trial' }).click()
    await expect.element(pay()).toHaveTextContent('Pay €4.99')
  })

  it('says so when the card is declined, and lets another one try', async () => {
    await till()
    await take(/0002 is declined/)
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'The card was declined' })).toBeVisible()
    await page.getByRole('button', { name: 'Use another card' }).click()
    await expect.element(pay()).toBeEnabled()
    await take(/4242/)
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'You are inside' })).toBeVisible()
    expect(calls('POST /api/channels/ines/checkout')).toHaveLength(1)
  })

  it('asks the holder of a card that wants it, and charges nothing before', async () => {
    await till()
    await take(/asks you to approve/)
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'Your bank asks: is it you?' })).toBeVisible()
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Refuse' }).click()
    await expect.element(sheet()).toHaveTextContent('Nothing was charged')
    await page.getByRole('button', { name: 'Use another card' }).click()
    await pay().click()
    await page.getByRole('button', { name: 'Approve €4.99' }).click()
    await expect.element(page.getByRole('heading', { name: 'You are inside' })).toBeVisible()
  })

  it('says that a late payment is on its way, and sees it arrive', async () => {
    await till()
    await take(/ten seconds later/)
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'Your payment is on its way' })).toBeVisible()
    expect(await audit()).toEqual([])
    opened.server.world.checkout = { ...opened.server.world.checkout!, state: 'complete' }
    opened.server.openDoor()
    await expect.element(page.getByRole('heading', { name: 'You are inside' })).toBeVisible()
  })

  it('leads to the provider’s page in another tab, and waits here', async () => {
    await till((w) => (w.page = `${location.origin}/favicon.svg`))
    await expect.element(pay()).toHaveAttribute('target', '_blank')
    await expect.element(pay()).toHaveAttribute('rel', 'noopener')
    expect(page.getByTestId('test-card').query()).toBeNull()
    // The other tab is not part of this test.
    document.addEventListener('click', (e) => e.preventDefault(), { once: true })
    await pay().click()
    await expect.element(page.getByRole('heading', { name: 'Pay in the other tab' })).toBeVisible()
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Back to the plan' }).click()
    await expect.element(pay()).toBeVisible()
    document.addEventListener('click', (e) => e.preventDefault(), { once: true })
    await pay().click()
    opened.server.world.checkout = { ...opened.server.world.checkout!, state: 'complete' }
    opened.server.openDoor()
    await expect.element(page.getByRole('heading', { name: 'You are inside' })).toBeVisible()
  })

  it('follows no address but one of the web', async () => {
    await till((w) => (w.page = 'javascript:alert(1)'))
    expect(pay().element().tagName).toBe('BUTTON')
  })

  it('leads who is subscribed already to the place where that is managed', async () => {
    await lockedRoom('full', (w) => (w.refuseCheckout = 'already_subscribed'))
    await subscribe().click()
    await expect.element(sheet().getByRole('link', { name: 'To your subscriptions' })).toBeVisible()
  })

  it('asks a light account for a password inside the sheet', async () => {
    await lockedRoom('light')
    await subscribe().click()
    await page.getByLabelText('Password').fill('correct horse')
    await page.getByRole('button', { name: 'Set password' }).click()
    await expect.element(pay()).toBeVisible()
  })

  it('pays once for a double click', async () => {
    await till((w) => (w.card = 'pending'))
    const button = pay().element() as HTMLButtonElement
    button.click()
    button.click()
    await expect.element(page.getByRole('heading', { name: 'Your payment is on its way' })).toBeVisible()
    expect(calls('POST /api/sandbox/checkouts/c1/pay')).toHaveLength(1)
  })
})
