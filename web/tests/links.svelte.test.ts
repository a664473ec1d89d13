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

describe('what a link leads to', () => {
  const log = () => page.getByTestId('chat-log-public')
  const plate = () => page.getByTestId('link-plate')
  const url = 'https://example.org/tests'
  const says = (text: string) =>
    opened.server.happen('public', 'message.posted', { author: people.priya, text }).seq
  const shows = (seq: number, more: object = {}) =>
    opened.server.happen('public', 'message.previewed', {
      ...{ seq, url, site: 'Clay Weekly', title: 'Two <b>cups</b>', description: 'A second firing' },
      ...more,
    })

  it('stands under its message as text, with the host that was written, and goes with it', async () => {
    await page.viewport(390, 844)
    opened = await openPage('/c/ines')
    await expect.element(log()).toBeVisible()
    const seq = says(`glazes: ${url}`)
    expect(plate().query()).toBeNull()
    shows(seq)
    await expect
      .element(plate())
      .toHaveTextContent('example.org · Clay Weekly Two <b>cups</b> A second firing')
    await expect.element(plate()).toHaveAttribute('href', url)
    await expect.element(plate()).toHaveAttribute('rel', 'noopener noreferrer nofollow ugc')
    expect(plate().element().querySelector('b b, img, iframe')).toBeNull()
    expect(plate().element().getBoundingClientRect().height).toBeGreaterThanOrEqual(44)
    expect(await audit()).toEqual([])
    opened.server.happen('public', 'message.removed', { seqs: [seq], by: 'author' })
    await expect.poll(() => plate().query()).toBeNull()
  })

  it('is not shown of an address that leads elsewhere than it says, nor of a message that is not there', async () => {
    await page.viewport(1440, 900)
    opened = await openPage('/c/ines')
    await expect.element(log()).toBeVisible()
    const seq = says('https://bank.example@evil.example/ and https://example.org')
    shows(seq, { url: 'https://bank.example@evil.example/' })
    shows(seq + 900)
    const last = says(`last ${url}`)
    shows(last, { title: 'x'.repeat(140), description: 'y'.repeat(240), site: '' })
    await expect.element(plate()).toHaveTextContent(/^example.org x+ y+$/)
    expect(plate().elements().length).toBe(1)
    const [box, own] = [log().element(), plate().element()].map((e) => e.getBoundingClientRect())
    expect(own!.right).toBeLessThanOrEqual(box!.right)
    expect(own!.height).toBeLessThan(100)
  })

  it('moves nothing of what is being read further down', async () => {
    await page.viewport(1440, 500)
    opened = await openPage('/c/ines')
    await expect.element(log()).toBeVisible()
    const seq = says(`early ${url}`)
    for (let i = 0; i < 30; i++) says(`line ${i}`)
    await expect.element(page.getByText('line 29')).toBeVisible()
    const box = log().element()
    box.scrollTop = box.scrollHeight - box.clientHeight - 300 // the reader looks up
    const line = page.getByText('line 20', { exact: true }).element()
    await expect.poll(() => box.scrollHeight - box.clientHeight - box.scrollTop).toBeGreaterThan(200)
    const before = line.getBoundingClientRect().top
    shows(seq)
    await expect.poll(() => plate().elements().length).toBe(1)
    // The place is kept within a frame of the plate's coming, not before it.
    await expect.poll(() => Math.abs(line.getBoundingClientRect().top - before)).toBeLessThan(2)
  })
})

describe('the creator’s choice', () => {
  it('says what it means, and holds room by room', async () => {
    await page.viewport(1440, 900)
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await page.getByText('Chat modes').click()
    const choice = page.getByRole('switch', { name: /^Show what links lead to/ })
    await expect.element(choice).toHaveAttribute('aria-checked', 'false')
    await expect.element(page.getByText(/those sites learn that it did/)).toBeVisible()
    await choice.click()
    await expect.poll(() => opened.server.bodies.at(-1)).toEqual({ preview_public: true })
    await page.getByText('Sub Space', { exact: true }).last().click()
    await expect
      .element(page.getByText(/known to nobody but this private room reaches its site/))
      .toBeVisible()
    await choice.click()
    await expect.poll(() => opened.server.bodies.at(-1)).toEqual({ preview_space: true })
    expect(await audit()).toEqual([])
  })

  it('is not there for moderators, and not to be made where the operator forbids it', async () => {
    await page.viewport(1440, 900)
    opened = await openPage('/cockpit/ines', { as: 'moderator' })
    await page.getByText('Chat modes').click()
    await expect.element(page.getByRole('switch', { name: /^Nothing twice/ })).toBeVisible()
    const choice = page.getByRole('switch', { name: /^Show what links lead to/ })
    expect(choice.query()).toBeNull()
    await opened.close()
    const change = (w: Page['server']['world']) =>
      (w.channel.previews = { allowed: false, public: false, space: false })
    opened = await openPage('/cockpit/ines', { as: 'owner', change: (w) => void change(w) })
    await page.getByText('Chat modes').click()
    await expect.element(choice).toBeDisabled()
    await expect
      .element(page.getByText('Whoever runs this server allows no links to be looked up.'))
      .toBeVisible()
  })
})
