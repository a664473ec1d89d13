import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { screens } from './screens'
import { audit, openPage, type Page } from './visit-page'

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
