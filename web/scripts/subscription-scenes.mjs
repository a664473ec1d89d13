// What is sold, bought and paid back, in every state worth a look.
import { en, press, space } from './acts.mjs'

const desk = '/cockpit/ines/subscriptions'
const tab = (n) => async (page) => {
  await page.getByRole('tab').nth(n).click()
  await page.waitForTimeout(400)
}
const several = (w) => (w.tiers = w.threeTiers)
const subscribe = async (page) => {
  await space(page)
  await page.getByTestId('subscribe').click()
  await page.waitForTimeout(500)
}
const paying = (card) => async (page) => {
  await subscribe(page)
  await page.getByTestId('test-card').selectOption(card)
  await page.getByTestId('pay').click()
  await page.waitForTimeout(500)
}

/** A list of 500 lines in the form that imports it. */
const listed = async (page) => {
  await tab(1)(page)
  await page.locator('[data-opens=list]').click()
  const lines = [
    'name,months,until,tier,note',
    ...Array.from({ length: 500 }, (_, i) => `person${i},3,,Studio,`),
  ]
  lines[99] = 'Nils,3,,,'
  lines[199] = 'person198,three,,,"by transfer, in March"'
  lines[299] = 'person298,3,,Platinum,'
  const buffer = Buffer.from(lines.join('\n'))
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'patrons-2026.csv', mimeType: 'text/csv', buffer })
  await page.waitForTimeout(200)
}
const imported = async (page) => {
  await listed(page)
  await page
    .getByRole('button', { name: /^Import|^Importer/ })
    .last()
    .click()
  await page.waitForTimeout(300)
}
const opens =
  (what, in_ = 'body') =>
  async (page) => {
    await tab(1)(page)
    await page.locator(`${in_} [data-opens=${what}]`).first().click()
    await page.waitForTimeout(300)
  }

const more = (w) => (w.subscriptions = w.moreSubscriptions)
const pressIn = (channel, name) => async (page) => {
  await page.getByTestId(`subscription-${channel}`).getByRole('button', { name }).first().click()
  await page.waitForTimeout(300)
}

export const subscriptionScenes = [
  { name: 'badges', path: desk, role: 'owner', act: tab(4), full: true },
  {
    name: 'badges-drawn',
    path: desk,
    role: 'owner',
    full: true,
    change: (w) => (w.channel.badges = ['m3', 'm12'].map((badge) => ({ badge, picture: '/favicon.svg' }))),
    act: tab(4),
  },
  {
    name: 'badges-in-chat',
    path: '/c/ines',
    role: 'anonymous',
    plays: true,
    langs: en,
    change: (w) => (w.channel.badges = [{ badge: 'm6', picture: '/favicon.svg' }]),
  },
  { name: 'price', path: '/c/ines', role: 'anonymous', plays: true, change: several, act: space },
  {
    name: 'price-year',
    path: '/c/ines',
    role: 'anonymous',
    plays: true,
    change: several,
    act: async (page) => {
      await space(page)
      await page.getByRole('radio', { name: /Kiln/ }).check()
      await page.getByRole('radio').last().check()
    },
  },
  {
    name: 'price-one',
    path: '/c/ines',
    role: 'anonymous',
    plays: true,
    langs: en,
    change: (w) => (several(w), (w.tiers = w.tiers.slice(0, 1))),
    act: space,
  },
  { name: 'checkout', path: '/c/ines', role: 'full', plays: true, act: subscribe },
  { name: 'checkout-trial', path: '/c/ines', role: 'full', plays: true, change: several, act: subscribe },
  {
    name: 'checkout-choose',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (several(w), (w.tried = true)),
    act: async (page) => {
      await subscribe(page)
      await page
        .getByTestId('checkout-sheet')
        .getByRole('button', { name: /Change/ })
        .click()
      await page.waitForTimeout(300)
    },
  },
  { name: 'checkout-account', path: '/c/ines', role: 'anonymous', plays: true, act: subscribe },
  { name: 'checkout-light', path: '/c/ines', role: 'light', plays: true, langs: en, act: subscribe },
  { name: 'checkout-declined', path: '/c/ines', role: 'full', plays: true, act: paying('4000000000000002') },
  { name: 'checkout-approve', path: '/c/ines', role: 'full', plays: true, act: paying('4000002500003155') },
  {
    name: 'checkout-late',
    path: '/c/ines',
    role: 'full',
    plays: true,
    act: async (page) => {
      await paying('4000000000000077')(page)
      await page.waitForTimeout(4000)
    },
  },
  {
    name: 'checkout-no-trial',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (several(w), (w.card = 'pending')),
    act: async (page, fake) => {
      await paying('4000056655665556')(page)
      fake.world.checkout = { ...fake.world.checkout, state: 'expired', reason: 'trial_used' }
      await page.waitForTimeout(1500)
    },
  },
  {
    name: 'checkout-page',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (w.page = 'https://pay.example.org/x'),
    act: subscribe,
  },
  {
    name: 'checkout-away',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (w.page = '/favicon.svg'),
    act: async (page, fake) => {
      fake.world.page = `${new URL(page.url()).origin}/favicon.svg`
      await subscribe(page)
      await page.getByTestId('pay').click()
      await page.waitForTimeout(300)
    },
  },
  { name: 'checkout-done', path: '/c/ines', role: 'full', plays: true, act: paying('4242424242424242') },
  {
    name: 'checkout-done-trial',
    path: '/c/ines',
    role: 'full',
    plays: true,
    langs: en,
    change: several,
    act: paying('4242424242424242'),
  },

  { name: 'account', path: '/account', role: 'subscriber' },
  { name: 'account-more', path: '/account', role: 'subscriber', change: more },
  { name: 'account-cancel', path: '/account', role: 'subscriber', act: pressIn('ines', /Cancel|Résilier/) },
  {
    name: 'account-late-cancel',
    path: '/account',
    role: 'subscriber',
    langs: en,
    act: pressIn('marek', /Cancel/),
  },
  {
    name: 'account-pause',
    path: '/account',
    role: 'subscriber',
    act: pressIn('ines', /Pause|Mettre en pause/),
  },
  {
    name: 'account-resume',
    path: '/account',
    role: 'subscriber',
    change: more,
    act: pressIn('oskar', /Resume|Reprendre/),
  },
  {
    name: 'account-withdraw',
    path: '/account',
    role: 'subscriber',
    change: more,
    act: pressIn('ines', /Withdraw|Se rétracter/),
  },
  {
    name: 'account-change',
    path: '/account',
    role: 'subscriber',
    change: several,
    act: async (page) => {
      await pressIn('ines', /Change plan|Changer de formule/)(page)
      await page.getByRole('radio').last().check()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'account-change-later',
    path: '/account',
    role: 'subscriber',
    langs: en,
    change: (w) => {
      several(w)
      more(w)
      w.subscriptions[0].next = null
      w.preview = {
        ...w.preview,
        now: false,
        credit: { ...w.preview.credit, minor: 0 },
        price: w.tiers[0].month,
      }
    },
    act: async (page) => {
      await pressIn('ines', /Change plan/)(page)
      await page.getByRole('radio').first().check()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'account-payments',
    path: '/account',
    role: 'subscriber',
    act: (page) => page.getByRole('heading', { name: /Payments|Paiements/ }).scrollIntoViewIfNeeded(),
  },
  { name: 'account-none', path: '/account', role: 'light', langs: en, change: (w) => (w.subscriptions = []) },

  { name: 'creator-tiers', path: desk, role: 'owner', change: several },
  {
    name: 'creator-tier-edit',
    path: desk,
    role: 'owner',
    change: several,
    act: async (page) => {
      await press(/Edit|Modifier/)(page)
      await page.waitForTimeout(200)
    },
  },
  { name: 'creator-first', path: desk, role: 'owner', change: (w) => (w.tiers = []) },
  {
    name: 'creator-first-more',
    path: desk,
    role: 'owner',
    change: (w) => (w.tiers = []),
    act: (page) => page.locator('summary').click(),
  },
  { name: 'creator-subscribers', path: desk, role: 'owner', act: tab(1) },
  { name: 'creator-give', path: desk, role: 'owner', change: several, act: opens('give') },
  {
    name: 'creator-give-error',
    path: desk,
    role: 'owner',
    change: (w) => (w.refuse = 'account_missing'),
    act: async (page) => {
      await opens('give')(page)
      await page.locator('form input').first().fill('Nils')
      await page.locator('form .btn.white').click()
      await page.waitForTimeout(200)
    },
  },
  {
    name: 'creator-take',
    path: desk,
    role: 'owner',
    act: opens('take', '[data-testid=subscriber-r-Lou]'),
  },
  {
    name: 'creator-sales-to',
    path: desk,
    role: 'owner',
    act: async (page) => {
      await opens('sales', '[data-testid=subscriber-r-Bastien]')(page)
      await page.locator('[data-testid=sale-ch_2] [data-opens=refund]').click()
      await page.waitForTimeout(200)
    },
  },
  { name: 'creator-list', path: desk, role: 'owner', act: opens('list') },
  { name: 'creator-list-chosen', path: desk, role: 'owner', act: listed, langs: en },
  { name: 'creator-list-done', path: desk, role: 'owner', act: imported },
  { name: 'creator-sales', path: desk, role: 'owner', act: tab(2) },
  {
    name: 'creator-refund',
    path: desk,
    role: 'owner',
    act: async (page) => {
      await tab(2)(page)
      await press(/Pay back|Rembourser/)(page)
      await page.waitForTimeout(200)
    },
  },
  {
    name: 'creator-refund-part',
    path: desk,
    role: 'owner',
    langs: en,
    act: async (page) => {
      await tab(2)(page)
      await page
        .getByRole('button', { name: /Pay back/ })
        .nth(3)
        .click()
      await page.getByRole('radio').nth(1).check()
      await page.getByLabel('Sum').fill('2')
      await page.waitForTimeout(200)
    },
  },
  {
    name: 'creator-no-subscribers',
    path: desk,
    role: 'owner',
    change: (w) => (w.subscribers = []),
    act: tab(1),
  },
  {
    name: 'creator-no-sales',
    path: desk,
    role: 'owner',
    langs: en,
    change: (w) => (w.sales = []),
    act: tab(2),
  },
  {
    name: 'creator-loading',
    path: desk,
    role: 'owner',
    langs: en,
    change: (w) => (w.slow = true),
    wait: 900,
  },
  { name: 'creator-error', path: desk, role: 'owner', langs: en, change: (w) => (w.down = true) },
  { name: 'creator-stranger', path: desk, role: 'full', langs: en },
]
