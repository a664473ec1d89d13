// Every screen in every state worth a look: who looks, what the server says, what is pressed.
import { accountScenes } from './account-scenes.mjs'
import { en, press, space } from './acts.mjs'
import { emoteScenes } from './emote-scenes.mjs'
import { giftScenes } from './gift-scenes.mjs'
import { spendingScenes } from './spending-scenes.mjs'
import { subscriptionScenes } from './subscription-scenes.mjs'

const offline = (w) => {
  w.channel.live = null
  w.channel.on_air = null
  w.playback = { state: 'offline', url: '', reason: 'offline' }
}

export const scenes = [
  { name: 'home', path: '/', role: 'full' },
  { name: 'home-operator', path: '/', role: 'owner', langs: en },
  { name: 'home-empty', path: '/', role: 'owner', langs: en, change: (w) => (w.channels = []) },
  { name: 'home-setup', path: '/', langs: en, change: (w) => ((w.channels = []), (w.session.setup = true)) },
  { name: 'home-loading', path: '/', langs: en, change: (w) => (w.slow = true), wait: 900 },
  { name: 'home-error', path: '/', langs: en, change: (w) => (w.down = true) },
  { name: 'home-open-channel', path: '/', role: 'owner', langs: en, act: press('Open a channel') },

  { name: 'watch', path: '/c/ines', role: 'anonymous', plays: true },
  { name: 'watch-wide', path: '/c/ines', role: 'anonymous', plays: true, picture: 'wide' },
  { name: 'watch-locked', path: '/c/ines', role: 'anonymous', plays: true, act: space },
  {
    name: 'watch-locked-wide',
    path: '/c/ines',
    role: 'anonymous',
    plays: true,
    picture: 'wide',
    act: space,
    langs: en,
  },
  { name: 'watch-inside', path: '/c/ines', role: 'subscriber', plays: true, act: space },
  {
    name: 'watch-inside-wide',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    picture: 'wide',
    act: space,
    langs: en,
  },
  {
    name: 'watch-ask',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    act: async (page) => {
      await space(page)
      await page.getByTestId('ask-box').getByRole('textbox').fill('Does the shoulder need wax?')
    },
  },
  {
    name: 'watch-questions',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    langs: en,
    act: async (page) => {
      await space(page)
      await page.getByRole('button', { name: '4 questions' }).click()
    },
  },
  { name: 'watch-offline', path: '/c/ines', change: offline },
  {
    name: 'watch-interrupted',
    path: '/c/ines',
    plays: true,
    act: async (page, fake) => {
      fake.world.playback = { state: 'interrupted', url: '', reason: 'offline' }
      fake.happen('public', 'live.interrupted', { broadcast: 'b1' })
      await page.waitForTimeout(500)
    },
  },
  {
    name: 'watch-subscribers-only',
    path: '/c/ines',
    change: (w) => (w.playback = { state: 'live', url: '', reason: 'subscribers_only' }),
  },
  {
    name: 'watch-name',
    path: '/c/ines',
    plays: true,
    act: async (page) => page.getByTestId('composer').getByRole('textbox').first().fill('hello from Nantes'),
  },
  {
    name: 'watch-reconnecting',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (w.cut = true),
    act: async (page) => {
      await page.getByTestId('composer').getByRole('textbox').fill('and you wait a day to open it')
      await page.keyboard.press('Enter')
      await page.waitForTimeout(700)
    },
  },
  {
    name: 'watch-refused',
    path: '/c/ines',
    role: 'full',
    plays: true,
    change: (w) => (w.refuse = 'timed_out'),
    act: async (page) => {
      await page.getByTestId('composer').getByRole('textbox').fill('and you wait a day to open it')
      await page.keyboard.press('Enter')
    },
  },
  {
    name: 'watch-menu',
    path: '/c/ines',
    role: 'moderator',
    plays: true,
    langs: en,
    act: async (page) => {
      await page
        .getByRole('button', { name: /Actions for the message of Sam K/ })
        .last()
        .focus()
      await page.keyboard.press('Enter')
    },
  },
  {
    name: 'watch-question-menu',
    path: '/c/ines',
    role: 'moderator',
    plays: true,
    langs: en,
    act: async (page) => {
      await page
        .getByRole('button', { name: /Actions for the question/ })
        .last()
        .focus()
      await page.keyboard.press('Enter')
    },
  },
  {
    name: 'watch-sanction',
    path: '/c/ines',
    role: 'moderator',
    plays: true,
    langs: en,
    act: async (page) => {
      await page
        .getByRole('button', { name: /Actions for the message of Sam K/ })
        .last()
        .focus()
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: 'Time out or ban' }).click()
      await page.waitForTimeout(400)
    },
  },
  { name: 'watch-settings', path: '/c/ines', role: 'full', plays: true, langs: en, act: press('Settings') },
  { name: 'watch-error', path: '/c/ines', change: (w) => (w.down = true) },
  {
    name: 'watch-troubled',
    path: '/c/ines',
    role: 'full',
    plays: true,
    act: async (page, fake) => {
      fake.world.down = true
      const where = { channel: 'ines', room: 'public' }
      fake.tell({ type: 'closed', ...where, reason: 'storage_unavailable', detail: '' })
    },
  },
  {
    name: 'watch-unconfirmed',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    act: async (page, fake) => {
      await space(page)
      fake.world.down = true
      fake.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'unconfirmed', detail: '' })
    },
  },
  { name: 'watch-missing', path: '/nowhere', langs: en },
  {
    name: 'watch-closed',
    path: '/c/ines',
    role: 'full',
    plays: true,
    langs: en,
    change: (w) => (w.channel.space_open = false),
    act: space,
  },
  {
    name: 'watch-put-out',
    path: '/c/ines',
    role: 'subscriber',
    plays: true,
    langs: en,
    act: async (page, fake) => {
      await space(page)
      fake.world.channel.me = {
        ...fake.world.channel.me,
        inside: false,
        subscriber: false,
        reason: 'subscribers_only',
      }
      fake.tell({ type: 'closed', channel: 'ines', room: 'space', reason: 'period_ended', detail: '' })
      await page.waitForTimeout(300)
    },
  },

  ...subscriptionScenes,
  ...emoteScenes,
  ...giftScenes,
  ...spendingScenes,

  ...accountScenes,

  { name: 'cockpit', path: '/cockpit/ines', role: 'owner', plays: true },
  { name: 'cockpit-wide', path: '/cockpit/ines', role: 'owner', plays: true, picture: 'wide' },
  {
    name: 'cockpit-offline',
    path: '/cockpit/ines',
    role: 'owner',
    change: (w) => {
      offline(w)
      w.ingest.health.publishing = false
      w.questions = []
      w.logs = { public: [], space: [] }
      w.channel.viewers = 0
      w.inside = 0
    },
  },
  {
    name: 'cockpit-encoder',
    path: '/cockpit/ines',
    role: 'owner',
    change: (w) => {
      offline(w)
      const why = { last_error: 'The encoder sent nothing for 10 seconds.', last_reason: 'encoder_silent' }
      w.ingest.health = { ...w.ingest.health, publishing: false, ...why }
    },
    act: async (page) => {
      const drawer = page.getByRole('button', { name: /Channel settings|Réglages de la chaîne/ })
      if (await drawer.isVisible()) await drawer.click()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'cockpit-closed',
    path: '/cockpit/ines',
    role: 'owner',
    plays: true,
    langs: en,
    change: (w) => {
      w.channel.space_open = false
      w.channel.on_air = null
      w.channel.me = { ...w.channel.me, inside: false, reason: 'space_closed' }
    },
  },
  {
    name: 'cockpit-settings',
    path: '/cockpit/ines',
    role: 'owner',
    plays: true,
    act: async (page) => {
      const drawer = page.getByRole('button', { name: /Channel settings|Réglages de la chaîne/ })
      if (await drawer.isVisible()) await drawer.click()
      for (const details of await page.locator('summary').all()) await details.click()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'cockpit-queue',
    path: '/cockpit/ines',
    role: 'owner',
    plays: true,
    sizes: ['phone'],
    act: async (page) => page.locator('.next').click(),
  },
  {
    name: 'cockpit-shortcuts',
    path: '/cockpit/ines',
    role: 'owner',
    plays: true,
    sizes: ['desk'],
    langs: en,
    act: press('Shortcuts'),
  },
  { name: 'cockpit-stranger', path: '/cockpit/ines', role: 'full', langs: en },

  {
    name: 'overlay',
    path: '/overlay/ov-secret',
    sizes: ['obs'],
    act: (page) => page.evaluate(() => document.documentElement.style.setProperty('background', '#ddd')),
  },
]
