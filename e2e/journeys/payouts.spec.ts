import type { Locator, Route } from '@playwright/test'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { t } from '../lib/words.ts'

const place = `/cockpit/${handle}/subscriptions?show=payouts`

test.use({
  serverArgs: ['--payout-holdback', '1s', '--payout-minimum', 'EUR 1', '--operator-share', '20'],
})

/** A creator says who they are, sets up the account at the sandbox, and is paid without asking anybody. */
test('payouts', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea')
  const { page } = ada

  await test.step('nothing is sold yet', async () => {
    await page.goto(place)
    await expect(page.getByText(t('payout.noneYet'))).toBeVisible()
    await accessible(page, 'payouts before the first sale')
    await picture(page, 'payouts-empty')
  })

  await stage.subscribe(bea)

  await test.step('the money waits for name and account', async () => {
    await page.reload()
    await expect(page.getByTestId('earnings-EUR')).toContainText(t('payout.row.earned'))
    await page.getByLabel(t('payout.name')).fill('Atelier Ada')
    await page.getByLabel(t('payout.address')).fill('Quay 1\n2000 Harbour')
    await page.getByRole('button', { name: t('save') }).click()
    await expect(page.getByText('Atelier Ada, Quay 1, 2000 Harbour')).toBeVisible()
    await page.getByRole('button', { name: t('payout.account.open') }).click()
  })

  await test.step('the page of the sandbox says that it is one', async () => {
    await expect(page.getByText(t('sandboxAccount.note'))).toBeVisible()
    await accessible(page, 'the account page of the sandbox')
    await picture(page, 'payouts-sandbox-account')
    await page.getByRole('button', { name: t('sandboxAccount.good') }).click()
  })

  await test.step('the money goes out by itself, with a statement', async () => {
    await expect(page.getByText(t('payout.account.payable'))).toBeVisible()
    await expect(async () => {
      await page.reload()
      await expect(page.getByTestId('payout-paid')).toBeVisible({ timeout: 2000 })
    }).toPass({ timeout: 40_000 })
    await accessible(page, 'payouts')
    await picture(page, 'payouts-paid')
    await page.getByRole('link', { name: t('payout.statement') }).click()
    await expect(page.getByText('SB-ADA-')).toBeVisible()
    await expect(page.getByText(t('statement.sandbox'))).toBeVisible()
    await accessible(page, 'a statement')
    await picture(page, 'payouts-statement')
  })

  for (const locale of ['en', 'fr'] as const)
    for (const [size, viewport] of Object.entries(sizes))
      await test.step(`every state, ${locale}, ${size}`, async () => {
        const storageState = await ada.context.storageState()
        const person = await stage.person('Ada', {
          viewport,
          storageState,
          locale: locale === 'fr' ? 'fr-FR' : 'en-GB',
        })
        const says = (key: string) => person.page.getByText(t(key, {}, locale), { exact: true }).first()
        const look = async (state: string, shown: Locator, answer: (route: Route) => Promise<void>) => {
          await person.page.route(`**/api/channels/${handle}/payouts`, answer)
          await person.page.goto(place)
          // Also a skeleton, which waits a moment before it shows.
          await expect(shown).toHaveCSS('opacity', '1')
          await picture(person.page, `payouts-${state}-${size}-${locale}`)
          if (state === 'full' || state === 'new')
            await accessible(person.page, `payouts, ${state}, ${locale}, ${size}`)
          const wide = await person.page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect.soft(wide, `payouts, ${state}, ${locale}, ${size} scroll sideways`).toBe(0)
          await person.page.unrouteAll({ behavior: 'ignoreErrors' })
        }
        await look('full', says('payout.row.earned'), (route) => route.fulfill({ json: full() }))
        await look('new', says('payout.payee'), (route) =>
          route.fulfill({
            json: { ...full(), payee: null, account: { state: 'none', missing: [] }, payouts: [] },
          }),
        )
        await look('nobody', says('payout.nobody'), (route) =>
          route.fulfill({ json: { ...full(), provider: '', earnings: [], payouts: [] } }),
        )
        await look('error', says('failed.title'), (route) =>
          route.fulfill({ status: 409, json: { reason: 'storage_unavailable', detail: 'no' } }),
        )
        await look('loading', person.page.getByRole('status', { name: t('loading', {}, locale) }), () =>
          Promise.resolve(),
        )
        await person.context.close()
      })
})

/** Money in two currencies, in every way that it can stand. */
function full() {
  const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString()
  const eur = (minor: number) => ({ minor, currency: 'EUR' })
  const usd = (minor: number) => ({ minor, currency: 'USD' })
  const payout = {
    reason: '',
    detail: '',
    provider: 'stripe',
    sandbox: false,
    statement: '',
    reversed: eur(0),
  }
  return {
    provider: 'stripe',
    sandbox: false,
    interval: 'weekly',
    holdback_hours: 336,
    payee: {
      name: 'Atelier Ada SARL',
      address: '12 quai des Bateliers\n67000 Strasbourg',
      tax_id: 'FR00123456789',
    },
    account: { state: 'payable', missing: [] },
    earnings: [
      {
        currency: 'EUR',
        earned: eur(1_284_35),
        held_back: eur(182_40),
        held: [
          { until: day(2), amount: eur(61_20) },
          { until: day(5), amount: eur(80_00) },
          { until: day(11), amount: eur(41_20) },
        ],
        disputed: eur(7_98),
        payable: eur(243_97),
        on_its_way: eur(0),
        paid_out: eur(850_00),
        minimum: eur(10_00),
        next_at: day(3),
        next: eur(305_17),
      },
      {
        currency: 'USD',
        earned: usd(12_00),
        held_back: usd(0),
        held: [],
        disputed: usd(0),
        payable: usd(-8_00),
        on_its_way: usd(0),
        paid_out: usd(20_00),
        minimum: usd(10_00),
        next_at: null,
        next: usd(0),
      },
    ],
    payouts: [
      { ...payout, id: 'd', amount: eur(60_00), state: 'decided', decided_at: day(0), settled_at: null },
      {
        ...payout,
        id: 'c',
        amount: eur(243_97),
        state: 'refused',
        reason: 'transfer_refused',
        decided_at: day(-4),
        settled_at: day(-4),
      },
      {
        ...payout,
        id: 'b',
        amount: eur(420_00),
        state: 'paid',
        decided_at: day(-11),
        settled_at: day(-11),
        statement: 'SB-ADA-2026-000002',
      },
      {
        ...payout,
        id: 'a',
        amount: eur(430_00),
        reversed: eur(120_00),
        state: 'paid',
        decided_at: day(-18),
        settled_at: day(-18),
        statement: 'SB-ADA-2026-000001',
      },
    ],
  }
}
