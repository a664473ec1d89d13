// What a buyer says about spending, codes of who pays elsewhere, and papers, in every state worth a look.
import { en, space } from './acts.mjs'

const subscribe = async (page) => {
  await space(page)
  await page.getByTestId('subscribe').click()
  await page.waitForTimeout(500)
}
const patrons = (w) => (w.providers = ['sandbox', 'patrons'])
const code = async (page) => {
  await subscribe(page)
  await page.locator('[data-testid=checkout-sheet] form .btn.plain').click()
  await page.waitForTimeout(400)
}
const limit = async (page) => {
  await page.locator('#limit').scrollIntoViewIfNeeded()
  await page.waitForTimeout(200)
}
const capped = (w) => (w.buyer = { ...w.buyer, cap: 6000 })
const day = () => new Date(Date.now() + 86_400_000).toISOString()

export const spendingScenes = [
  {
    name: 'checkout-age',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (w.refuseCheckout = 'age_unconfirmed'),
    act: subscribe,
  },
  {
    name: 'checkout-over',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => {
      w.refuseCheckout = 'cap_reached'
      w.buyer = { ...w.buyer, cap: 500, spent: [{ minor: 499, currency: 'EUR' }] }
    },
    act: subscribe,
  },
  { name: 'checkout-has-code', path: '/c/ines', role: 'full', langs: en, change: patrons, act: subscribe },
  { name: 'checkout-code', path: '/c/ines', role: 'full', plays: true, change: patrons, act: code },
  {
    name: 'checkout-code-wrong',
    path: '/c/ines',
    role: 'full',
    change: (w) => {
      patrons(w)
      w.refuseCode = 'code_wrong'
    },
    act: async (page) => {
      await code(page)
      await page.getByTestId('code').fill('K7QM-2TZP-9WXA')
      await page.locator('[data-testid=checkout-sheet] form .btn.gold').click()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'watch-owed',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    change: (w) => (w.subscriptions = [{ ...w.subscriptions[0], state: 'past_due' }]),
    act: space,
  },
  { name: 'limit-none', path: '/account', role: 'subscriber', act: limit },
  {
    name: 'limit-set',
    path: '/account',
    role: 'subscriber',
    change: capped,
    act: async (page) => {
      await limit(page)
      await page.locator('#limit [data-opens]').click()
      await page.locator('#limit input').fill('80')
      await limit(page)
    },
  },
  {
    name: 'limit-waits',
    path: '/account',
    role: 'subscriber',
    change: (w) => (w.buyer = { ...w.buyer, cap: 6000, next: 8000, raised_at: day() }),
    act: limit,
  },
  {
    name: 'limit-error',
    path: '/account',
    role: 'subscriber',
    langs: en,
    change: (w) => (w.refuseBuyer = 'storage_unavailable'),
    act: limit,
  },
  { name: 'papers', path: '/account/papers', role: 'subscriber' },
  {
    name: 'papers-none',
    path: '/account/papers',
    role: 'subscriber',
    langs: en,
    change: (w) => (w.papers = []),
  },
  {
    name: 'papers-error',
    path: '/account/papers',
    role: 'subscriber',
    langs: en,
    change: (w) => (w.fail = true),
  },
  { name: 'paper-invoice', path: '/account/papers/FR-2026-000002', role: 'subscriber' },
  { name: 'paper-credit', path: '/account/papers/FR-2026-000003', role: 'subscriber', langs: en },
  { name: 'paper-sandbox', path: '/account/papers/FR-2026-000001', role: 'subscriber' },
  {
    name: 'paper-printed',
    path: '/account/papers/FR-2026-000002',
    role: 'subscriber',
    sizes: ['desk'],
    act: (page) => page.emulateMedia({ media: 'print' }),
  },
  { name: 'paper-missing', path: '/account/papers/FR-2026-999999', role: 'subscriber' },
  { name: 'paper-signed-out', path: '/account/papers/FR-2026-000002', role: 'anonymous' },
  {
    name: 'paper-loading',
    path: '/account/papers/FR-2026-000002',
    role: 'subscriber',
    langs: en,
    change: (w) => (w.slow = true),
    wait: 900,
  },
]
