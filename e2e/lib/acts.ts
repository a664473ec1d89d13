/** What people do on the screens, by the words and roles they see. */
import { expect, type Locator, type Page } from '@playwright/test'
import { handle } from './fixtures.ts'
import { like, t } from './words.ts'

export type Room = 'public' | 'space'

export const log = (page: Page, room: Room): Locator => page.getByTestId(`chat-log-${room}`)

export const composer = (page: Page, room: Room): Locator => page.locator(`[data-composer="${room}"]`)

export const onAir = (page: Page): Locator => page.getByTestId('on-air').first()

/** The part of the watch page that is the Sub Space, seen from inside or outside. */
export const spaceTab = (page: Page): Locator => page.getByRole('tab', { name: t('space.name') })

export async function visit(page: Page, path = `/c/${handle}`): Promise<void> {
  await page.goto(path)
}

/** Writes into a room; a visitor without a name gives this one with the first message. */
export async function say(page: Page, room: Room, text: string, name?: string): Promise<void> {
  const form = composer(page, room)
  await form.locator('[data-words]').click()
  if (name) await form.getByLabel(t('signin.name')).fill(name)
  await form.locator('[data-words]').fill(text)
  await form.getByRole('button', { name: t('chat.send') }).click()
  await expect(log(page, room).getByText(text)).toBeVisible()
}

/** From the locked room to the button that pays, setting a password on the way if the account has none. */
export async function toThePayButton(page: Page, password?: string): Promise<Locator> {
  await page.getByTestId('subscribe').first().click()
  const sheet = page.getByTestId('checkout-sheet')
  await expect(sheet).toBeVisible()
  if (password) {
    await sheet.getByLabel(t('signin.password')).fill(password)
    await sheet.getByRole('button', { name: t('signin.setPassword') }).click()
  }
  await sheet.getByTestId('of-age').click() // asked once in a lifetime
  const pay = sheet.getByTestId('pay')
  await expect(pay).toBeEnabled()
  return pay
}

export async function ask(page: Page, text: string, { unnamed = false } = {}): Promise<void> {
  const box = page.getByTestId('ask-box')
  await box.locator('[data-question]').fill(text)
  await expect(box.getByText(t('ask.note'))).toBeVisible()
  if (unnamed) await box.getByLabel(t('ask.anonymous')).check()
  // The status of a question before this one may still stand there.
  const taken = page.waitForResponse(
    (answer) => answer.request().method() === 'POST' && /\/questions$/.test(answer.url()),
  )
  await box.getByRole('button', { name: t('ask.send') }).click()
  expect((await taken).status()).toBe(201)
  await expect(box.getByRole('status')).toHaveText(t('ask.done'))
}

/** Chooses a waiting question in the cockpit, by its words: below them the chosen one has its buttons. */
export async function choose(page: Page, text: string): Promise<void> {
  const queue = page.getByTestId('question-queue')
  const row = queue.getByRole('button', { name: t('queue.select', { text }) })
  await row.click({ position: { x: 80, y: 16 } })
}

/** Puts a waiting question on air, in the cockpit at a desk. */
export async function air(page: Page, text: string): Promise<void> {
  const queue = page.getByTestId('question-queue')
  await choose(page, text)
  await queue.getByRole('button', { name: like('queue.air') }).click()
  await expect(onAir(page)).toContainText(text)
}
