import { expect } from 'vitest'
import { moreSubscriptions, threeTiers, type Role, type World } from './fake-world'

/** The screens that a test of all of them visits. */
export type Screen = {
  name: string
  path: string
  as?: Role
  change?: (w: World) => void
  /** What stands there when the screen is. */
  ready: string
  tab?: number
  /** Pressed then, one after the other. */
  press?: string[]
  /** What stands there after that. */
  shown?: string
}

const several = (w: World) => void (w.tiers = threeTiers())

/** Waits for the screen, and goes on to what it is there for. */
export async function reach({ ready, press = [], shown }: Screen, size: 'desk' | 'phone'): Promise<void> {
  const there = (selector: string) =>
    expect.poll(() => document.querySelector<HTMLElement>(selector)).not.toBeNull()
  // On the phone the cockpit keeps its queue in a drawer.
  await there(ready.includes('queue') && size === 'phone' ? '.next' : ready)
  for (const selector of press) {
    await there(selector)
    document.querySelector<HTMLElement>(selector)!.click()
  }
  if (shown) await there(shown)
}

export const screens: Screen[] = [
  { name: 'home', path: '/', as: 'owner', ready: '#live' },
  { name: 'home, empty', path: '/', as: 'owner', change: (w) => (w.channels = []), ready: '.title' },
  { name: 'watch', path: '/c/ines', ready: '.msg' },
  { name: 'watch, locked', path: '/c/ines', ready: '[data-testid=subscribe]', tab: 1 },
  {
    name: 'space, threads',
    path: '/c/ines',
    as: 'subscriber',
    ready: '[data-testid=space-inside] nav',
    tab: 1,
    press: ['[data-testid=space-inside] nav button:nth-child(2)'],
    shown: '#thread-t4',
  },
  {
    name: 'space, a thread',
    path: '/c/ines',
    as: 'owner',
    ready: '[data-testid=space-inside] nav',
    tab: 1,
    press: ['[data-testid=space-inside] nav button:nth-child(2)', '#thread-t1'],
    shown: '[data-testid=chat-log-thread] .msg',
  },
  {
    name: 'space, no threads',
    path: '/c/ines',
    as: 'owner',
    change: (w) => (w.threads = []),
    ready: '[data-testid=space-inside] nav',
    tab: 1,
    press: ['[data-testid=space-inside] nav button:nth-child(2)', '[data-testid=threads] .btn'],
    shown: '.form li .btn',
  },
  {
    name: 'watch, several tiers',
    path: '/c/ines',
    change: several,
    ready: '[data-testid=subscribe]',
    tab: 1,
  },
  {
    name: 'checkout',
    path: '/c/ines',
    as: 'full',
    change: several,
    ready: '[data-testid=subscribe]',
    tab: 1,
    press: ['[data-testid=subscribe]', '[data-testid=checkout-sheet] .link'],
    shown: '[data-testid=pay]:enabled',
  },
  {
    name: 'gift',
    path: '/c/ines',
    as: 'full',
    change: several,
    ready: '[data-testid=give]',
    tab: 1,
    press: ['[data-testid=give]', '[data-testid=gift-to-person]'],
    shown: '[data-testid=gift-name]',
  },
  {
    name: 'gift, paid',
    path: '/c/ines',
    as: 'full',
    ready: '[data-testid=give]',
    tab: 1,
    press: ['[data-testid=give]', '[data-testid=gift-next]', '[data-testid=pay]:enabled'],
    shown: '[data-testid=gift-done]',
  },
  { name: 'watch, inside', path: '/c/ines', as: 'subscriber', ready: '[data-testid=ask-box]', tab: 1 },
  { name: 'sign in', path: '/sign-in', ready: 'form' },
  { name: 'link', path: '/link', ready: '.problem' },
  { name: 'setup', path: '/setup', ready: 'form' },
  { name: 'account', path: '/account', as: 'subscriber', ready: 'main li .btn' },
  { name: 'security', path: '/account/security', as: 'full', ready: '#sessions' },
  { name: 'security, light', path: '/account/security', as: 'light', ready: '#sessions' },
  {
    name: 'security, without mail and passkeys',
    path: '/account/security',
    as: 'light',
    change: (w) => {
      w.session.mail = false
      w.session.passkeys_off = 'passkeys_need_name'
    },
    ready: '#sessions',
  },
  { name: 'confirm', path: '/mail/confirm#token', as: 'full', ready: '.btn.wide' },
  { name: 'confirm, signed out', path: '/mail/confirm#token', ready: 'form' },
  { name: 'forgotten', path: '/mail/forgotten', ready: 'form' },
  { name: 'new password', path: '/mail/password#token', ready: 'form' },
  { name: 'cockpit', path: '/cockpit/ines', as: 'owner', ready: '[data-testid=question-queue]' },
  { name: 'cockpit, as a stranger', path: '/cockpit/ines', as: 'full', ready: '.title' },
  {
    name: 'tiers',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    change: several,
    ready: 'ol h3',
    press: ['[data-edits=t2]'],
    shown: 'form textarea',
  },
  {
    name: 'tiers, none',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    change: (w) => (w.tiers = []),
    ready: 'form summary',
    press: ['form summary'],
  },
  {
    name: 'subscribers',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    ready: 'ol h3',
    press: ['#desk-subscribers'],
    shown: 'li .who',
  },
  {
    name: 'giving a right',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    change: several,
    ready: 'ol h3',
    press: ['#desk-subscribers', '[data-opens=give]'],
    shown: 'form input[type=radio]',
  },
  {
    name: 'taking a right back',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    ready: 'ol h3',
    press: ['#desk-subscribers', '[data-testid=subscriber-r-Lou] [data-opens=take]'],
    shown: 'li [role=group]',
  },
  {
    name: 'a list of rights',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    ready: 'ol h3',
    press: ['#desk-subscribers', '[data-opens=list]'],
    shown: 'input[type=file]',
  },
  {
    name: 'sales',
    path: '/cockpit/ines/subscriptions',
    as: 'owner',
    ready: 'ol h3',
    press: ['#desk-sales', '[data-testid=sale-ch_1] [data-opens=refund]'],
    shown: 'fieldset',
  },
  {
    name: 'account, all standings',
    path: '/account',
    as: 'subscriber',
    change: (w) => {
      several(w)
      w.subscriptions = moreSubscriptions()
    },
    ready: 'li .btn',
    press: ['[data-opens=change]', 'fieldset label:not(.on) input'],
    shown: 'dl dd',
  },
  { name: 'papers', path: '/account/papers', as: 'subscriber', ready: 'main li b' },
  { name: 'paper', path: '/account/papers/FR-2026-000002', as: 'subscriber', ready: 'article' },
  {
    name: 'a limit',
    path: '/account',
    as: 'subscriber',
    change: (w) => (w.buyer = { ...w.buyer, cap: 900, next: 0, raised_at: new Date().toISOString() }),
    ready: '#limit p',
    press: ['#limit [data-opens]'],
    shown: '#limit input',
  },
  {
    name: 'a claim code',
    path: '/c/ines',
    as: 'full',
    change: (w) => (w.providers = ['patrons']),
    ready: '[data-testid=subscribe]',
    tab: 1,
    press: ['[data-testid=subscribe]'],
    shown: '[data-testid=code]',
  },
  { name: 'missing', path: '/nowhere', ready: '.title' },
]
