// Emotes: picking them, writing them, and what a creator offers, in every state worth a look.
import { en, space } from './acts.mjs'

const desk = '/cockpit/ines/subscriptions'
const tab = (n) => async (page) => {
  await page.getByRole('tab').nth(n).click()
  await page.waitForTimeout(300)
}
const pick = async (page) => {
  await page.getByTestId('emote-open').click()
  await page.waitForTimeout(700)
}
const search = (words) => async (page) => {
  await pick(page)
  await page.getByTestId('emote-picker').getByRole('textbox').fill(words)
  await page.waitForTimeout(300)
}
const add = async (page) => {
  await tab(5)(page)
  await page.locator('[data-opens=add]').click()
}
const several = (w) => (w.tiers = w.threeTiers)

export const emoteScenes = [
  { name: 'emote-picker', path: '/c/ines', role: 'subscriber', plays: true, act: pick },
  {
    name: 'emote-picker-group',
    path: '/c/ines',
    role: 'light',
    plays: true,
    act: async (page) => {
      await pick(page)
      await page.getByTestId('emote-picker').getByRole('tab').nth(1).click()
      await page.waitForTimeout(300)
    },
  },
  { name: 'emote-picker-found', path: '/c/ines', role: 'light', plays: true, act: search('coeur') },
  { name: 'emote-picker-none', path: '/c/ines', role: 'light', plays: true, langs: en, act: search('zzzz') },
  {
    name: 'emote-picker-locked',
    path: '/c/ines',
    role: 'light',
    plays: true,
    act: async (page) => {
      await pick(page)
      await page.locator('[data-pick].shut').click()
      await page.waitForTimeout(200)
    },
  },
  {
    name: 'emote-picker-full',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    langs: en,
    change: (w) =>
      (w.emotes = Array.from({ length: 60 }, (_, i) => ({ ...w.emotes[i % 3], id: `e${i}`, code: `e${i}` }))),
    act: pick,
  },
  {
    name: 'emote-picker-space',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    langs: en,
    act: async (page) => {
      await space(page)
      await pick(page)
    },
  },
  {
    name: 'emote-picker-cockpit',
    path: '/cockpit/ines',
    role: 'owner',
    plays: true,
    langs: en,
    act: async (page) => {
      await page.getByTestId('emote-open').first().click()
      await page.waitForTimeout(700)
    },
  },
  { name: 'emotes-desk', path: desk, role: 'owner', full: true, act: tab(5) },
  {
    name: 'emotes-desk-empty',
    path: desk,
    role: 'owner',
    full: true,
    change: (w) => (w.emotes = []),
    act: tab(5),
  },
  {
    name: 'emotes-desk-error',
    path: desk,
    role: 'owner',
    langs: en,
    change: (w) => (w.refuseEmote = 'unavailable'),
    act: tab(5),
  },
  { name: 'emotes-desk-add', path: desk, role: 'owner', full: true, change: several, act: add },
  {
    name: 'emotes-desk-remove',
    path: desk,
    role: 'owner',
    full: true,
    act: async (page) => {
      await tab(5)(page)
      await page.locator('[data-testid=emote-bowl] .btn').last().click()
    },
  },
  {
    name: 'badges-tier',
    path: desk,
    role: 'owner',
    full: true,
    change: (w) => {
      several(w)
      w.channel.badges = ['m3', 'm12'].map((badge) => ({ badge, picture: '/favicon.svg' }))
      w.channel.tier_badges = [{ tier: w.threeTiers[1].id, badge: 'm6', picture: '/favicon.svg' }]
    },
    act: async (page) => {
      await tab(4)(page)
      await page.getByRole('combobox').selectOption({ index: 2 })
      await page.waitForTimeout(200)
    },
  },
]
