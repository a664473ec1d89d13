import { afterEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { people } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
afterEach(() => opened.close())

describe('an address in a message', () => {
  const log = () => page.getByTestId('chat-log-public')
  const says = (text: string, more: object = {}) =>
    opened.server.happen('public', 'message.posted', { author: people.priya, text, ...more })

  it('leads there in a place of its own, which does not learn where from', async () => {
    await page.viewport(1440, 900)
    opened = await openPage('/c/ines')
    await expect.element(log()).toBeVisible()
    says('glazes: https://example.org/tests?a=1&b=<i>, and @Theo https://bank.example@evil.example/', {
      mentions: [{ id: 'theo', name: 'Theo' }],
    })
    const link = log().getByRole('link')
    await expect.element(link).toHaveAttribute('href', 'https://example.org/tests?a=1&b=')
    await expect.element(link).toHaveAttribute('rel', 'noopener noreferrer nofollow ugc')
    await expect.element(link).toHaveAttribute('target', '_blank')
    expect(link.elements().length).toBe(1)
    await expect.element(log()).toHaveTextContent('b=<i>, and @Theo https://bank.example@evil.example/')
    expect(await audit()).toEqual([])
  })

  it('stays words where it is pinned, which is a button itself', async () => {
    await page.viewport(390, 844)
    opened = await openPage('/c/ines', {
      change: (w) =>
        (w.pinned.public = { seq: 900, author: people.ines, text: 'see https://example.org', by: 'owner' }),
    })
    await expect.element(page.getByTestId('pinned')).toHaveTextContent('see https://example.org')
    expect(page.getByTestId('pinned').getByRole('link').query()).toBeNull()
    expect(await audit()).toEqual([])
  })
})
