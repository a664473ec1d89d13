import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { reach, screens } from './screens'
import { audit, openPage, type Page } from './visit-page'

const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

describe.each(['en', 'fr'])('in %s', (locale) => {
  describe.each(['desk', 'phone'] as const)('on a %s', (size) => {
    let opened: Page
    beforeEach(() => page.viewport(sizes[size].width, sizes[size].height))
    afterEach(() => opened.close())

    it.each(screens)('$name has no accessibility findings', async (screen) => {
      opened = await openPage(screen.path, { ...screen, locale })
      if (screen.tab) await page.getByRole('tab').nth(screen.tab).click()
      await reach(screen, size)
      expect(await audit()).toEqual([])
      expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(innerWidth)
    })
  })
})
