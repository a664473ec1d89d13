import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Role, World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const open = async (path: string, change?: (w: World) => void, as: Role = 'subscriber', locale = 'en') =>
  (opened = await openPage(path, { as, change, locale }))
const sheet = () => page.getByRole('article')

beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

describe('the papers', () => {
  it('are listed with number, day, what and sum, and opened by keyboard', async () => {
    await open('/account')
    await page
      .getByRole('navigation', { name: 'Your account' })
      .getByRole('link', { name: 'Invoices' })
      .click()
    const link = page.getByRole('link', { name: /FR-2026-000003/ })
    await expect.element(link).toHaveTextContent(/Inès Marchetti, ceramics: Studio.*Credit note.*−€3\.00/)
    await expect.element(page.getByRole('link', { name: /FR-2026-000001/ })).toHaveTextContent('Sandbox')
    expect(await audit()).toEqual([])
    ;(link.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    await expect.element(sheet().getByRole('heading', { name: 'Credit note' })).toBeVisible()
    expect(location.pathname).toBe('/account/papers/FR-2026-000003')
  })

  it('come page by page', async () => {
    await open('/account/papers', (w) => {
      const [one] = w.papers
      w.papers = Array.from({ length: 130 }, (_, i) => ({ ...one!, number: `N-${i}` }))
    })
    await expect.element(page.getByText('N-99', { exact: true })).toBeInTheDocument()
    await page.getByRole('button', { name: 'Show more' }).click()
    await expect.element(page.getByText('N-129', { exact: true })).toBeInTheDocument()
  })

  it('say when there is none, and when they do not load', async () => {
    await open('/account/papers', (w) => (w.papers = []))
    await expect.element(page.getByRole('heading', { name: 'No invoice yet' })).toBeVisible()
    expect(await audit()).toEqual([])
  })
})

describe('a paper', () => {
  it('says all that an invoice has to say, and leads to what took it back', async () => {
    await open('/account/papers/FR-2026-000002')
    for (const words of [
      'Atelier numérique SAS',
      '75011 Paris',
      'Tax number FR40123456824',
      'Noa',
      'France',
      'FR-2026-000002',
      '20%',
      'Card •••• 4242',
    ])
      await expect.element(sheet()).toHaveTextContent(words)
    await expect.element(sheet().getByRole('cell').nth(0)).toHaveTextContent('€8.32')
    await expect.element(sheet().getByRole('cell').nth(1)).toHaveTextContent('€1.67')
    await expect.element(sheet().getByRole('cell').nth(2)).toHaveTextContent('€9.99')
    expect(document.body.textContent).not.toContain('not a real paper')
    expect(await audit()).toEqual([])
    await sheet().getByRole('link', { name: 'FR-2026-000003' }).click()
    await expect.element(sheet()).toHaveTextContent('Takes back from invoice')
    await sheet().getByRole('link', { name: 'FR-2026-000002' }).click()
    await expect.element(sheet()).toHaveTextContent('Taken back by credit note')
  })

  it('says that it is not real when no money moved, and is in the reader’s language', async () => {
    await open('/account/papers/FR-2026-000001', undefined, 'subscriber', 'fr')
    await expect.element(sheet()).toHaveTextContent('Ce n’est pas un vrai papier')
    await expect.element(sheet()).toHaveTextContent(/4,99\s€/)
    expect(await audit()).toEqual([])
  })

  it('is printed by a button, under its number', async () => {
    await open('/account/papers/FR-2026-000002')
    const print = vi.spyOn(window, 'print').mockImplementation(() => {})
    await page.getByRole('button', { name: 'Print' }).click()
    expect(print).toHaveBeenCalledOnce()
    expect(document.title).toContain('FR-2026-000002')
    print.mockRestore()
  })

  it('that is not there, or not one’s own, says so', async () => {
    await open('/account/papers/FR-2026-999999')
    await expect.element(page.getByRole('heading', { name: 'No such paper' })).toBeVisible()
    expect(await audit()).toEqual([])
    await page.getByRole('link', { name: 'All invoices' }).click()
    await expect.element(page.getByRole('heading', { name: 'Invoices', level: 1 })).toBeVisible()
  })

  it('asks who is signed out to sign in', async () => {
    await open('/account/papers/FR-2026-000002', undefined, 'anonymous')
    await expect.element(page.getByRole('heading', { name: 'Sign in to see this paper' })).toBeVisible()
    expect(opened.server.calls.some((c) => c.includes('papers'))).toBe(false)
    expect(await audit()).toEqual([])
  })

  it('can be asked for again when it did not load', async () => {
    await open('/account/papers/FR-2026-000002', (w) => (w.fail = true))
    await expect.element(page.getByRole('heading', { name: 'This did not load' })).toBeVisible()
    opened.server.world.fail = false
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.element(sheet()).toBeVisible()
  })
})
