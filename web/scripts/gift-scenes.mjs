// A gift, from the choice to the notice, in every state worth a look.
import { en, space } from './acts.mjs'

const several = (w) => (w.tiers = w.threeTiers)
const give = async (page) => {
  await space(page)
  await page.getByTestId('give').click()
  await page.waitForTimeout(500)
}
const giving = (n) => async (page) => {
  await give(page)
  await page.getByRole('radio', { name: n, exact: true }).check()
  await page.getByTestId('gift-next').click()
  await page.waitForTimeout(500)
}
const given = (n) => async (page) => {
  await giving(n)(page)
  await page.getByTestId('pay').click()
  await page.waitForTimeout(500)
}
const toPerson = async (page) => {
  await give(page)
  await page.getByTestId('gift-to-person').check()
  await page.getByTestId('gift-name').fill('Théo R.')
  await page.getByTestId('gift-months').selectOption('3')
  await page.waitForTimeout(200)
}
const received = (more) => (w) => {
  const day = 86_400_000
  const at = (days) => new Date(Date.now() + days * day).toISOString()
  w.channel.me.gift = { id: 'g', from: 'Priya', months: 1, starts: at(-1), ends: at(29), ...more(at) }
}

export const giftScenes = [
  { name: 'gift-room', path: '/c/ines', role: 'full', plays: true, act: give },
  {
    name: 'gift-number',
    path: '/c/ines',
    role: 'full',
    plays: true,
    langs: en,
    change: several,
    act: async (page) => {
      await give(page)
      await page.getByRole('radio', { name: 'Other' }).check()
      await page.getByTestId('gift-number').fill('37')
      await page.waitForTimeout(200)
    },
  },
  { name: 'gift-person', path: '/c/ines', role: 'subscriber', plays: true, change: several, act: toPerson },
  {
    name: 'gift-refused',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (w.refuseGift = 'account_missing'),
    act: async (page) => {
      await toPerson(page)
      await page.getByTestId('gift-unnamed').check()
      await page.getByTestId('gift-next').click()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'gift-cap',
    path: '/c/ines',
    role: 'full',
    plays: true,
    langs: en,
    change: (w) => (w.refuseGift = 'cap_reached'),
    act: giving('50'),
  },
  { name: 'gift-review', path: '/c/ines', role: 'full', plays: true, change: several, act: giving('20') },
  { name: 'gift-done', path: '/c/ines', role: 'full', plays: true, act: given('20') },
  {
    name: 'gift-nobody',
    path: '/c/ines',
    role: 'full',
    plays: true,
    langs: en,
    change: (w) => (w.eligible = 0),
    act: given('5'),
  },
  {
    name: 'gift-chat',
    path: '/c/ines',
    role: 'full',
    plays: true,
    act: async (page, fake) => {
      const one = { tier: 't1', tier_name: '', months: 1, people: 1 }
      fake.happen('public', 'gift.given', { ...one, name: '', months: 3, to: ['Noa'] })
      fake.happen('public', 'gift.given', {
        ...one,
        name: 'Priya',
        tier_name: 'Kiln',
        people: 12,
        to: ['Théo R.', 'Sam K', 'Lou'],
      })
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'gift-received',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    change: received(() => ({})),
  },
  {
    name: 'gift-waits',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    change: received((at) => ({ from: '', months: 3, starts: at(12), ends: at(100) })),
    act: space,
  },
  {
    name: 'gift-loading',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    langs: en,
    act: async (page, fake) => {
      await space(page)
      fake.world.slow = true
      await page.getByTestId('give').click()
      await page.waitForTimeout(600)
    },
  },
  {
    name: 'gift-error',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    langs: en,
    act: async (page, fake) => {
      await space(page)
      fake.world.down = true
      await page.getByTestId('give').click()
      await page.waitForTimeout(600)
    },
  },
]
