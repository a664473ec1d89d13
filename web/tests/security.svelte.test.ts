import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { World } from './fake-world'
import { openPage, type Page } from './visit-page'

let opened: Page
beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

const open = async (path: string, as?: 'full' | 'light', change?: (w: World) => void) =>
  (opened = await openPage(path, { as, change }))
const button = (name: string | RegExp) => page.getByRole('button', { name })
const posted = () => opened.server.calls.filter((c) => !c.startsWith('GET') && !c.includes('language'))

describe('what opens the account', () => {
  it('is changed once its person has shown who they are', async () => {
    await open('/account/security', 'full', (w) => (w.unproved = true))
    const address = page.getByRole('region', { name: 'E-mail address' })
    await address.getByRole('button', { name: 'Remove' }).click()
    await button('Remove the address').click()
    const dialog = page.getByRole('dialog', { name: /Is it you/ })
    await expect.element(dialog).toBeVisible()
    const typed = dialog.getByLabelText('Current password')
    await expect.element(typed).toHaveFocus()
    await typed.fill('wrong')
    await userEvent.keyboard('{Enter}')
    await expect.element(dialog.getByRole('alert')).toHaveTextContent('wrong')
    await typed.fill('right')
    await userEvent.keyboard('{Enter}')
    await expect.element(dialog).not.toBeInTheDocument()
    await expect.element(address.getByText('With an address you get back in')).toBeVisible()
    expect(posted().filter((c) => c === 'DELETE /api/account/mail')).toHaveLength(2)
  })

  it('stays as it is when the question is closed', async () => {
    await open('/account/security', 'full', (w) => (w.unproved = true))
    await button('Remove Key ring').click()
    await button('Remove the passkey').click()
    await expect.element(page.getByRole('dialog', { name: /Is it you/ })).toBeVisible()
    await userEvent.keyboard('{Escape}')
    const passkeys = page.getByRole('region', { name: 'Passkeys' })
    await expect.element(passkeys.getByRole('alert')).toHaveTextContent('Show again who you are.')
    await expect.element(passkeys.getByText('Key ring', { exact: true })).toBeVisible()
  })
})

describe('the sections', () => {
  it('send a link and say where it went', async () => {
    await open('/account/security', 'light')
    await page.getByLabelText('Address', { exact: true }).fill(' noa@example.org ')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText(/A link is on its way to noa@example.org/)).toBeVisible()
    await button('Cancel').click()
    await expect.element(page.getByText('With an address you get back in')).toBeVisible()
  })

  it('give focus back where a question was put aside', async () => {
    await open('/account/security', 'full')
    const change = page
      .getByRole('region', { name: 'E-mail address' })
      .getByRole('button', { name: 'Change' })
    await change.click()
    await expect.element(page.getByLabelText('Address', { exact: true })).toHaveFocus()
    await button('Cancel').click()
    await expect.element(change).toHaveFocus()
  })

  it('rename and remove passkeys', async () => {
    await open('/account/security', 'full')
    await button('Rename Key ring').click()
    await page.getByRole('textbox', { name: 'Its name' }).fill('Office')
    await userEvent.keyboard('{Enter}')
    await button('Remove Office').click()
    await button('Remove the passkey').click()
    await expect.element(button('Remove Office')).not.toBeInTheDocument()
    await expect.element(button('Remove Téléphone')).toBeVisible()
  })

  it('sign out one device, and all others', async () => {
    await open('/account/security', 'full')
    await button('Sign out Safari on iPhone').click()
    await expect.element(page.getByText('Safari on iPhone')).not.toBeInTheDocument()
    await button('Sign out everywhere else').click()
    await expect.element(button('Sign out everywhere else')).not.toBeInTheDocument()
    await expect.element(page.getByText('this one')).toBeVisible()
    expect(posted()).toEqual(['DELETE /api/account/sessions/s2', 'DELETE /api/account/sessions'])
  })

  it('say why passkeys and letters do not work here, and where they would', async () => {
    await open('/account/security', 'light', (w) => {
      w.session.mail = false
      w.session.passkeys_off = 'passkeys_elsewhere'
    })
    await expect.element(page.getByText('This server sends no mail', { exact: false })).toBeVisible()
    await expect.element(page.getByText('work at its public address', { exact: false })).toBeVisible()
    await expect.element(button('Add a passkey')).not.toBeInTheDocument()
  })

  it('offer again what could not be read', async () => {
    await open('/account/security', 'full', (w) => (w.fail = true))
    await expect.element(page.getByRole('heading', { name: 'This did not load' })).toBeVisible()
    opened.server.world.fail = false
    await button('Retry').click()
    await expect.element(page.getByRole('heading', { name: 'Passkeys' })).toBeVisible()
  })
})

describe('what a letter leads to', () => {
  it('does nothing by being opened', async () => {
    await open('/mail/confirm#token', 'full')
    await expect.element(button('Confirm the address')).toBeVisible()
    expect(posted()).toEqual([])
    await button('Confirm the address').click()
    await expect.element(page.getByRole('heading', { name: 'noa@example.org is yours' })).toBeVisible()
  })

  it('asks whoever is signed out to sign in first, on the same page', async () => {
    await open('/mail/confirm#token')
    await page.getByLabelText('Your name').fill('Noa')
    await page.getByLabelText('Password').fill('a good password')
    await userEvent.keyboard('{Enter}')
    await button('Confirm the address').click()
    await expect.element(page.getByRole('heading', { name: /is yours/ })).toBeVisible()
  })

  it('sets a new password, or offers another link', async () => {
    await open('/mail/password#token')
    await page.getByLabelText('New password').fill('a good password')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('heading', { name: 'Sign-in and data' })).toBeVisible()
    await opened.close()
    await open('/mail/password#spent')
    await page.getByLabelText('New password').fill('a good password')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('link', { name: 'Ask for a new link' })).toBeVisible()
  })

  it('is asked for without telling who is known', async () => {
    await open('/mail/forgotten')
    await page.getByLabelText('Address').fill('noa@example.org')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('status')).toHaveTextContent('If an account has this address')
  })

  it('says so where no letters are sent', async () => {
    await open('/mail/forgotten', undefined, (w) => (w.session.mail = false))
    await expect.element(page.getByText('This server sends no mail', { exact: false })).toBeVisible()
    await expect.element(page.getByLabelText('Address')).not.toBeInTheDocument()
  })
})

describe('signing in', () => {
  it('offers a passkey where passkeys work', async () => {
    await open('/sign-in')
    await expect.element(button('Sign in with a passkey')).toBeVisible()
    await opened.close()
    await open('/sign-in', undefined, (w) => (w.session.passkeys_off = 'passkeys_need_name'))
    await expect.element(button('Sign in')).toBeVisible()
    await expect.element(button('Sign in with a passkey')).not.toBeInTheDocument()
  })
})
