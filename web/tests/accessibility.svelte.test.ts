import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { Role, World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

type Screen = {
  name: string
  path: string
  as?: Role
  change?: (w: World) => void
  ready: string
  tab?: number
}

const screens: Screen[] = [
  { name: 'home', path: '/', as: 'owner', ready: '#live' },
  { name: 'home, empty', path: '/', as: 'owner', change: (w) => (w.channels = []), ready: '.title' },
  { name: 'watch', path: '/c/ines', ready: '.msg' },
  { name: 'watch, locked', path: '/c/ines', ready: '[data-testid=subscribe]', tab: 1 },
  { name: 'watch, inside', path: '/c/ines', as: 'subscriber', ready: '[data-testid=ask-box]', tab: 1 },
  { name: 'sign in', path: '/sign-in', ready: 'form' },
  { name: 'link', path: '/link', ready: '.problem' },
  { name: 'setup', path: '/setup', ready: 'form' },
  { name: 'account', path: '/account', as: 'subscriber', ready: 'li .btn' },
  { name: 'cockpit', path: '/cockpit/ines', as: 'owner', ready: '[data-testid=question-queue]' },
  { name: 'cockpit, as a stranger', path: '/cockpit/ines', as: 'full', ready: '.title' },
  { name: 'missing', path: '/nowhere', ready: '.title' },
]
const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

describe.each(['en', 'fr'])('in %s', (locale) => {
  describe.each(['desk', 'phone'] as const)('on a %s', (size) => {
    let opened: Page
    beforeEach(() => page.viewport(sizes[size].width, sizes[size].height))
    afterEach(() => opened.close())

    it.each(screens)('$name has no accessibility findings', async ({ path, as, change, ready, tab }) => {
      opened = await openPage(path, { as, change, locale })
      if (tab) await page.getByRole('tab').nth(tab).click()
      // On the phone the cockpit keeps its queue in a drawer.
      const there = ready.includes('queue') && size === 'phone' ? '.next' : ready
      await expect.poll(() => document.querySelector(there)).not.toBeNull()
      expect(await audit()).toEqual([])
      expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(innerWidth)
    })
  })
})
