import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Role, World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

describe('pictures of updates', () => {
  let opened: Page
  const input = () => document.querySelector<HTMLInputElement>('[data-composer] input[type=file]')!
  const log = () => page.getByTestId('chat-log-thread')

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  async function update(as: Role, change: (w: World) => void = () => {}) {
    opened = await openPage('/c/ines', { as, change })
    await page.getByRole('tab').nth(1).click()
    await page.getByRole('button', { name: /^Threads/ }).click()
    await page.getByRole('button', { name: 'The Lune goes in' }).click()
    await expect.element(log()).toBeVisible()
  }

  function choose(...names: string[]) {
    const chosen = new DataTransfer()
    for (const name of names) chosen.items.add(new File([new Uint8Array(10)], name, { type: 'image/jpeg' }))
    input().files = chosen.files
    input().dispatchEvent(new Event('change', { bubbles: true }))
  }

  it('are chosen by the creator, said in words, and sent with the update', async () => {
    await update('owner')
    await expect.element(page.getByText('Pictures', { exact: true })).toBeVisible()
    choose('one.jpg', 'two.jpg')
    const words = page.getByRole('textbox', { name: 'What does it show?' })
    await words.first().fill('A kiln, glowing')
    await page.getByRole('button', { name: 'Take the picture away' }).nth(1).click()
    expect(await audit()).toEqual([])
    await page.getByRole('textbox', { name: 'Reply in this thread' }).fill('It is in')
    await userEvent.keyboard('{Enter}')
    const img = page.getByRole('img', { name: 'A kiln, glowing' })
    await expect.element(img).toBeInTheDocument()
    expect(img.element().getAttribute('src')).toBe('/api/channels/ines/threads/t2/pictures/p1')
    expect([img.element().getAttribute('width'), img.element().getAttribute('height')]).toEqual([
      '1600',
      '900',
    ])
    // Room is kept before the file has come.
    const { width, height } = img.element().getBoundingClientRect()
    expect(width / height).toBeCloseTo(16 / 9, 1)
    expect(words.query()).toBeNull()
  })

  it('say why one was refused', async () => {
    await update('owner', (w) => (w.refusePicture = 'picture_animated'))
    await expect.element(page.getByText('Pictures', { exact: true })).toBeVisible()
    choose('moves.gif')
    await expect.element(page.getByRole('alert')).toHaveTextContent('Pictures that move')
  })

  it('are nothing that a topic, or anybody else, is offered', async () => {
    await update('moderator')
    expect(input()).toBeNull()
    await page.getByRole('button', { name: 'All threads' }).click()
    await page.getByRole('button', { name: 'Cobalt at cone 6' }).click()
    await expect.element(page.getByRole('button', { name: 'Announcement' })).toBeVisible()
    expect(input()).toBeNull()
  })
})
