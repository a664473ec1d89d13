/** Going through a screen without a pointer. */
import { expect, type Locator, type Page } from '@playwright/test'

/** Presses Tab until this control has the focus, as a person would, and fails when it is never reached. */
export async function tabTo(page: Page, target: Locator, { back = false, most = 80 } = {}): Promise<void> {
  await expect(target).toBeVisible()
  for (let i = 0; i < most; i++) {
    if (await target.evaluate((node) => node === document.activeElement)) return
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
  }
  throw new Error(`${most} times Tab did not lead to ${target.toString()}`)
}

/** The control with the focus must be marked in a way that one can see. */
export async function focusIsSeen(page: Page): Promise<void> {
  const seen = await page.evaluate(() => {
    let node: Element | null = document.activeElement
    for (let up = 0; node && up < 3; up++, node = node.parentElement) {
      const style = getComputedStyle(node)
      if (
        (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) ||
        style.boxShadow !== 'none'
      )
        return true
    }
    return false
  })
  expect.soft(seen, 'the focus can be seen').toBe(true)
}

/** Types into a field that is reached by Tab, replacing what stands there. */
export async function type(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByLabel(label, { exact: false }).first()
  await tabTo(page, field)
  await page.keyboard.press('Control+a')
  await page.keyboard.type(text)
}

/** Goes to a button and presses it. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  const button = page.getByRole('button', { name }).first()
  await tabTo(page, button)
  await focusIsSeen(page)
  await page.keyboard.press('Enter')
}
