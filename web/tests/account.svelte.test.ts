import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { moreSubscriptions, threeTiers, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const row = (channel: string) => page.getByTestId(`subscription-${channel}`)
const button = (channel: string, name: string | RegExp) => row(channel).getByRole('button', { name })
const wished = (wish: string) => opened.server.calls.filter((c) => c.endsWith(`/${wish}`))

const more = (w: World) => void (w.subscriptions = moreSubscriptions())

async function account(change: (w: World) => void = () => {}) {
  opened = await openPage('/account', { as: 'subscriber', change })
  await expect.element(row('ines')).toBeVisible()
}

beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

describe('what I pay for', () => {
  it('says of each what it costs and what comes next', async () => {
    await account(more)
    await expect.element(row('ines')).toHaveTextContent('26 months inside')
    await expect.element(row('ines')).toHaveTextContent('Kiln, €99 a year. Renews')
    await expect.element(row('ines')).toHaveTextContent(/From .*: Studio, €4.99 a month/)
    await expect.element(row('wren')).toHaveTextContent(/Free until .*, then Studio, €4.99 a month/)
    await expect.element(row('alix')).toHaveTextContent('Paused, nothing is charged. You stay inside until')
    await expect.element(row('oskar')).toHaveTextContent('the door is closed')
    await expect.element(page.getByText('a gap neither counts nor resets them')).toBeVisible()
    // The trial ends first.
    await expect.element(page.getByText(/Next payment €4.99 on/)).toBeVisible()
  })

  it('says that leaving an unpaid one ends it at once', async () => {
    await account()
    await button('marek', /Cancel/).click()
    await expect.element(row('marek').getByRole('heading', { name: 'It ends at once' })).toBeVisible()
  })

  it('names the day before it is cancelled, and gives the focus back to who keeps it', async () => {
    await account()
    await button('ines', /^Cancel/).click()
    await expect.element(row('ines').getByRole('heading', { name: /You stay inside until/ })).toBeVisible()
    expect(await audit()).toEqual([])
    await button('ines', 'Keep it').click()
    await expect.element(button('ines', /^Cancel/)).toHaveFocus()
    expect(wished('cancel')).toEqual([])
  })

  it('pauses and resumes', async () => {
    await account()
    await button('ines', /^Pause/).click()
    await expect.element(row('ines')).toHaveTextContent('nothing is charged until you resume for €4.99')
    await button('ines', /^Pause/).click()
    await expect.element(row('ines')).toHaveTextContent('Paused, nothing is charged')
    await button('ines', /^Resume/).click()
    await expect.element(row('ines')).toHaveTextContent('Renews')
    expect([...wished('pause'), ...wished('resume')]).toHaveLength(2)
  })

  it('says what resuming costs when what was paid is over', async () => {
    await account(more)
    await button('oskar', /^Resume/).click()
    expect(wished('resume')).toEqual([])
    await expect
      .element(row('oskar').getByRole('heading', { name: 'Resuming costs €4.99 now' }))
      .toBeVisible()
    await button('oskar', 'Pay €4.99 and resume').click()
    await expect.poll(() => wished('resume')).toHaveLength(1)
  })

  it('keeps the plan that was to change', async () => {
    await account(more)
    await button('ines', 'Keep my plan').click()
    await expect.element(row('ines')).not.toHaveTextContent('Studio')
    expect(wished('keep-plan')).toHaveLength(1)
  })

  it('offers to withdraw where the law does, and pays back in two steps', async () => {
    await account(more)
    expect(button('wren', /Withdraw/).query()).toBeNull()
    await button('ines', /Withdraw from contract/).click()
    await expect.element(row('ines')).toHaveTextContent('all you paid for it is paid back to your card')
    expect(await audit()).toEqual([])
    expect(wished('withdraw')).toEqual([])
    await button('ines', 'Confirm withdrawal').click()
    await expect.element(row('ines')).toHaveTextContent('You have withdrawn')
    await expect.element(row('ines')).toHaveTextContent('Ended')
  })

  it('says what the server refused, in the row that asked', async () => {
    await account()
    await button('ines', /^Pause/).click()
    opened.server.world.down = true
    await button('ines', /^Pause/).click()
    await expect.element(row('ines').getByRole('alert')).toHaveTextContent('could not do this')
  })

  it('has no page for cards where the provider has none', async () => {
    await account((w) => (w.subscriptions = w.subscriptions.map((s) => ({ ...s, sandbox: false }))))
    await button('ines', 'Change card •••• 4242').click()
    await expect.element(row('ines')).toHaveTextContent('no page to change the card')
  })

  it('lets time pass in the sandbox only, and says that it is a rehearsal', async () => {
    await account()
    const rehearsal = page.getByRole('group', { name: 'Rehearsal' })
    await expect.element(rehearsal).toHaveTextContent('Sandbox')
    await rehearsal.getByRole('combobox').selectOptions('Oskar Lind')
    await rehearsal.getByRole('button', { name: 'a year' }).click()
    await expect.element(rehearsal).toHaveTextContent('Time has passed')
    expect(opened.server.calls).toContain('POST /api/sandbox/subscriptions/oskar/forward')
    expect(opened.server.bodies.at(-1)).toEqual({ hours: 366 * 24 })
    await opened.close()
    await account((w) => (w.subscriptions = w.subscriptions.map((s) => ({ ...s, sandbox: false }))))
    expect(page.getByRole('group', { name: 'Rehearsal' }).query()).toBeNull()
  })
})

describe('changing the plan', () => {
  const tiers = (w: World) => void (w.tiers = threeTiers())
  const confirm = () => row('ines').getByRole('button', { name: /^(Pay|Change|Choose)/ })

  it('says what it costs before it is confirmed', async () => {
    await account(tiers)
    await button('ines', /Change plan/).click()
    await expect.element(confirm()).toBeDisabled()
    await row('ines')
      .getByRole('radio', { name: /Yearly/ })
      .click()
    await expect.element(row('ines')).toHaveTextContent(/Left of what you paid, counted in\s*€3.70/)
    await expect.element(row('ines')).toHaveTextContent(/Today\s*€45.30/)
    await expect.element(row('ines')).toHaveTextContent(/€49 a year/)
    expect(await audit()).toEqual([])
    await confirm().click()
    await expect.element(row('ines')).toHaveTextContent('Studio, €49 a year. Renews')
    const sent = opened.server.bodies.at(-1)!
    expect(sent).toMatchObject({ tier: 't1', period: 'year', most: 4530 })
    expect(String(sent.key)).toHaveLength(32)
  })

  it('says from when a smaller one begins, and takes it back', async () => {
    await account((w) => {
      tiers(w)
      more(w)
      w.subscriptions[0]!.next = null
      const nothing = { minor: 0, currency: 'EUR' }
      w.preview = { ...w.preview, now: false, credit: nothing, due: nothing, price: w.tiers[0]!.month! }
    })
    await button('ines', /Change plan/).click()
    await row('ines')
      .getByRole('radio', { name: /Studio/ })
      .click()
    await row('ines')
      .getByRole('radio', { name: /Monthly/ })
      .click()
    await expect.element(row('ines')).toHaveTextContent(/Today\s*Nothing/)
    await row('ines')
      .getByRole('button', { name: /^Change on/ })
      .click()
    await expect.element(row('ines')).toHaveTextContent(/From .*: Studio, €4.99 a month/)
    await button('ines', 'Keep my plan').click()
    await expect.element(row('ines')).not.toHaveTextContent('Studio')
  })

  it('shows the new sum when it would cost more than was shown', async () => {
    await account(tiers)
    await button('ines', /Change plan/).click()
    await row('ines')
      .getByRole('radio', { name: /Yearly/ })
      .click()
    await expect.element(confirm()).toHaveTextContent('Pay €45.30 and change')
    const { world } = opened.server
    world.refuseChange = 'price_moved'
    world.preview = { ...world.preview, due: { minor: 4600, currency: 'EUR' } }
    await confirm().click()
    await expect.element(row('ines').getByRole('alert')).toHaveTextContent('Nothing was charged')
    await expect.element(confirm()).toHaveTextContent('Pay €46 and change')
  })

  it('goes by keyboard', async () => {
    await account(tiers)
    ;(button('ines', /Change plan/).element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    await expect.element(row('ines').getByRole('heading', { name: 'Change plan' })).toHaveFocus()
    await expect.element(row('ines').getByRole('radio', { name: /Studio/ })).toBeVisible()
    await userEvent.keyboard('{Tab}{ArrowDown}')
    await expect.element(row('ines').getByRole('radio', { name: /Kiln/ })).toBeChecked()
    await userEvent.keyboard('{Tab}{Tab}{Enter}')
    await expect.element(button('ines', /Change plan/)).toHaveFocus()
  })

  it('has nothing to offer where one plan is sold', async () => {
    await account()
    await button('ines', /Change plan/).click()
    await expect.element(row('ines')).toHaveTextContent('Only this plan is sold here')
  })
})

describe('what I paid', () => {
  it('is listed with its tax and with what became of it', async () => {
    await account()
    const payments = page.getByRole('region', { name: 'Payments' })
    await expect.element(payments).toHaveTextContent('Kiln, yearly')
    await expect.element(payments).toHaveTextContent('€16.50 tax, FR 20%')
    await expect.element(payments).toHaveTextContent('€3 paid back.')
    await expect.element(payments).toHaveTextContent('Disputed: the bank decides.')
  })

  it('is read on where there is more than a page', async () => {
    const many = (w: World) => {
      const [one] = w.payments
      w.payments = Array.from({ length: 130 }, (_, i) => ({ ...one!, id: `many${i}` }))
    }
    await account(many)
    const payments = page.getByRole('region', { name: 'Payments' })
    await expect.element(payments.getByRole('listitem').nth(99)).toBeVisible()
    expect(payments.getByRole('listitem').length).toBe(100)
    await payments.getByRole('button', { name: 'Show more' }).click()
    await expect.poll(() => payments.getByRole('listitem').length).toBe(130)
    expect(payments.getByRole('button', { name: 'Show more' }).query()).toBeNull()
  })

  it('says so when it did not load, without hiding the rest', async () => {
    await account((w) => (w.refusePayments = true))
    await page.getByRole('button', { name: 'Retry' }).click()
    opened.server.world.refusePayments = false
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.element(page.getByText('Kiln, yearly')).toBeVisible()
  })

  it('is nothing for who has tried and not paid', async () => {
    await account((w) => (w.payments = []))
    await expect.element(page.getByText('Nothing was charged yet.')).toBeVisible()
  })
})
