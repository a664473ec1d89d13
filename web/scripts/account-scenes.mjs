// The front door and the account's own pages, in every state worth a look.
import { en } from './acts.mjs'

export const accountScenes = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'link', path: '/link#token', langs: en },
  { name: 'setup', path: '/setup#token', langs: en },
  { name: 'security', path: '/account/security', role: 'full', full: true },
  {
    name: 'security-light',
    path: '/account/security',
    role: 'light',
    full: true,
    change: (w) => {
      w.session.mail = false
      w.session.passkeys_off = 'passkeys_need_name'
      w.sessions = w.sessions.slice(0, 1)
    },
  },
  {
    name: 'security-waiting',
    path: '/account/security',
    role: 'full',
    change: (w) => (w.details.mail_waiting = 'a.very.long.name.for.a.mailbox@studio.example.org'),
    act: async (page) => page.locator('#address ~ .row .btn').first().click(),
  },
  {
    name: 'security-remove',
    path: '/account/security',
    role: 'full',
    full: true,
    act: async (page) => {
      await page.locator('#address ~ .row .btn').last().click()
      await page.locator('#passkeys ~ ul .icon').last().click()
    },
  },
  {
    name: 'security-name',
    path: '/account/security',
    role: 'full',
    full: true,
    act: async (page) => page.locator('#passkeys ~ ul .icon').first().click(),
  },
  {
    name: 'security-proof',
    path: '/account/security',
    role: 'full',
    change: (w) => (w.unproved = true),
    act: async (page) => {
      await page.locator('#address ~ .row .btn').last().click()
      await page.locator('#address ~ .confirm .danger').click()
      await page.locator('dialog input[type=password]').fill('wrong')
      await page.keyboard.press('Enter')
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'security-loading',
    path: '/account/security',
    role: 'full',
    langs: en,
    change: (w) => (w.hold = true),
    wait: 900,
  },
  {
    name: 'security-error',
    path: '/account/security',
    role: 'full',
    langs: en,
    change: (w) => (w.fail = true),
  },
  { name: 'confirm', path: '/mail/confirm#token', role: 'full' },
  { name: 'confirm-out', path: '/mail/confirm#token' },
  {
    name: 'confirm-done',
    path: '/mail/confirm#token',
    role: 'full',
    act: async (page) => page.locator('.btn.wide').click(),
  },
  {
    name: 'forgotten',
    path: '/mail/forgotten',
    act: async (page) => {
      await page.locator('input').fill('noa@example.org')
      await page.keyboard.press('Enter')
    },
  },
  { name: 'forgotten-off', path: '/mail/forgotten', change: (w) => (w.session.mail = false) },
  { name: 'new-password', path: '/mail/password#token' },
  {
    name: 'new-password-spent',
    path: '/mail/password#spent',
    langs: en,
    act: async (page) => {
      await page.locator('input').fill('a good password')
      await page.keyboard.press('Enter')
    },
  },
]
