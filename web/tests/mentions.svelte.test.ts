import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { aDigest } from './fake-digest'
import { people, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

describe('mentions', () => {
  let opened: Page
  const field = () => document.querySelector<HTMLInputElement>('[data-composer=space] [data-words]')!
  const list = () => page.getByTestId('mentions')
  const log = () => page.getByTestId('chat-log-space')
  const me = () => opened.server.world.session.account!

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  async function inside(change?: (w: World) => void, locale = 'en') {
    opened = await openPage('/c/ines', { as: 'subscriber', locale, ...(change ? { change } : {}) })
    await page.getByRole('tab').nth(1).click()
    await expect.element(log()).toHaveTextContent('Same clay, new bag')
    await expect.poll(() => document.querySelector('[data-composer=space] .at')).not.toBeNull()
    field().focus()
  }

  it('offers names while an @ is typed, by keyboard alone, and sends whom one means', async () => {
    await inside()
    await userEvent.keyboard('hello @')
    const options = () =>
      list()
        .getByRole('option')
        .elements()
        .map((o) => o.textContent?.trim())
    await expect.poll(options).toContain('@Inès Marchetti')
    expect(options()).not.toContain(`@${me().name}`)
    expect(field().getAttribute('role')).toBe('combobox')
    expect(await audit()).toEqual([])
    const chosen = () =>
      document.getElementById(field().getAttribute('aria-activedescendant') ?? '')?.textContent?.trim()
    expect(chosen()).toBe(options()[0])
    await userEvent.keyboard('{ArrowDown}')
    await expect.poll(chosen).toBe(options()[1])
    // Without accents and capitals, too.
    await userEvent.keyboard('ine')
    await expect.poll(options).toEqual(['@Inès Marchetti'])
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => field().value).toBe('hello @Inès Marchetti ')
    expect(list().elements()).toEqual([])
    expect(field().getAttribute('role')).toBeNull()
    await userEvent.keyboard('look{Enter}')
    const row = () => [...document.querySelectorAll('[data-testid=chat-log-space] .msg mark')].at(-1)
    await expect.poll(() => row()?.textContent).toBe('@Inès Marchetti')
    const sent = opened.server.world.logs.space.at(-1)!
    expect(sent.data).toMatchObject({
      text: 'hello @Inès Marchetti look',
      mentions: [{ id: 'ines', name: 'Inès Marchetti' }],
    })
  })

  it('is left by Escape, and never stands in the way of sending', async () => {
    await inside()
    await userEvent.keyboard('@pri')
    await expect.poll(() => list().elements().length).toBe(1)
    await userEvent.keyboard('{Escape}')
    await expect.poll(() => list().elements()).toEqual([])
    await userEvent.keyboard('x y{Enter}')
    await expect.element(log()).toHaveTextContent('@prix y')
    expect(opened.server.world.logs.space.at(-1)!.data).not.toHaveProperty('mentions')
  })

  it('chooses by a click as well', async () => {
    await inside()
    await userEvent.keyboard('@bas')
    await list().getByRole('option').click()
    await expect.poll(() => field().value).toBe('@Bastien ')
    expect(document.activeElement).toBe(field())
  })

  it('stands out in the chat, most for who is meant, and in the line of what is new', async () => {
    const reacted = { seq: 2, counts: { heart: 1 }, mine: ['heart' as const] }
    await inside((w) => void ((w.seen = 6), (w.reactions.space = [reacted])), 'fr')
    const { id, name } = me()
    opened.server.happen('space', 'message.posted', {
      ...{ author: people.priya, text: `@${name} et @Bastien <b>ici</b>` },
      mentions: [
        { id, name },
        { id: 'bastien', name: 'Bastien' },
      ],
    })
    const marks = () => [...document.querySelectorAll<HTMLElement>('[data-testid=chat-log-space] mark')]
    await expect.poll(() => marks().map((m) => m.textContent)).toEqual([`@${name}`, '@Bastien'])
    expect(marks().map((m) => m.classList.contains('me'))).toEqual([true, false])
    // What one reacted to is no mention.
    await expect
      .poll(() => document.querySelector('[data-testid=chat-log-space] .reactions .mine'))
      .not.toBeNull()
    const rows = [...document.querySelectorAll('[data-testid=chat-log-space] .msg')]
    const lit = rows.filter((row) => getComputedStyle(row).boxShadow !== 'none')
    expect(lit.map((row) => row.contains(marks()[0]!))).toEqual([true])
    await expect.element(log()).toHaveTextContent('<b>ici</b>')
    await expect.element(log()).toHaveTextContent('une mention de vous')
    expect(await audit()).toEqual([])
  })

  it('is listed among what was missed, and leads to the message', async () => {
    await inside((w) => {
      const { id, name } = w.session.account!
      const last = w.logs.space.at(-1)!
      const data = { author: people.priya, text: `for @${name}`, mentions: [{ id, name }] }
      w.logs.space.push({ ...last, seq: last.seq + 1, id: 'm', kind: 'message.posted', data } as typeof last)
      const at = new Date().toISOString()
      w.digest = aDigest({
        mentions: [{ thread: '', seq: last.seq + 1, name: 'Priya', text: `for @${name}`, at }],
      })
    })
    await page
      .getByTestId('digest')
      .getByRole('button', { name: /Priya mentioned you/ })
      .click()
    await expect.poll(() => (document.activeElement as HTMLElement).dataset.mention).toBeDefined()
    expect(document.activeElement!.textContent).toContain('for @')
  })

  const entry = (seq: number, text: string) =>
    aDigest({ mentions: [{ thread: '', seq, name: 'Priya', text, at: new Date().toISOString() }] })
  const follow = () =>
    page
      .getByTestId('digest')
      .getByRole('button', { name: /Priya mentioned you/ })
      .click()
  /** So much was said after a mention that it is not on the newest page. */
  function saidSince(w: World, n: number) {
    const { id, name } = w.session.account!
    const log = w.logs.space
    const { seq, ...last } = log.at(-1)!
    const say = (i: number, data: object) =>
      log.push({ ...last, seq: seq + i, id: `m${i}`, kind: 'message.posted', data } as typeof last & {
        seq: number
      } as (typeof log)[0])
    const text = `for @${name}, ${'who waits for one of the small ones, '.repeat(4)}`
    say(1, { author: people.priya, text, mentions: [{ id, name }] })
    for (let i = 2; i <= n; i++) say(i, { author: people.bastien, text: `Small talk ${i}` })
    w.digest = entry(seq + 1, text)
  }
  const comes = async (n: number) => {
    opened = await openPage('/c/ines', { as: 'subscriber', change: (w) => saidSince(w, n) })
    await page.getByRole('tab').nth(1).click()
    await expect.element(log()).toHaveTextContent(`Small talk ${n}`)
  }

  it('is read back for where it stands on an older page, and stands whole among what was missed', async () => {
    await comes(250)
    await expect.element(page.getByTestId('digest')).toHaveTextContent('for @')
    const title = document.querySelector<HTMLElement>('[data-testid=digest] .title')!
    expect(title.scrollWidth).toBeLessThanOrEqual(title.clientWidth)
    await follow()
    await expect.poll(() => (document.activeElement as HTMLElement).dataset.mention).toBeDefined()
    const { top, bottom } = document.activeElement!.getBoundingClientRect()
    const box = log().element().getBoundingClientRect()
    expect(top).toBeGreaterThanOrEqual(box.top)
    expect(bottom).toBeLessThanOrEqual(box.bottom)
  })

  it('says that it stands further up, where it is too far, and that it was removed', async () => {
    await comes(1200)
    await follow()
    await expect.element(page.getByTestId('digest').getByRole('alert')).toHaveTextContent('further up')
    await expect.element(log()).toHaveFocus()
    await opened.close()
    await inside((w) => {
      const last = w.logs.space.at(-1)!
      w.logs.space.push({
        ...last,
        seq: last.seq + 1,
        id: 'm',
        kind: 'message.tombstone',
        data: { by: 'author' },
      })
      w.digest = entry(last.seq + 1, 'gone')
    })
    await follow()
    await expect.element(page.getByTestId('digest').getByRole('alert')).toHaveTextContent('Message removed')
  })

  it('reaches five at most, and the words go out all the same', async () => {
    const six = [people.ines, people.priya, people.bastien, people.yuna, people.sam, people.maud]
    await inside((w) => {
      const last = w.logs.space.at(-1)!
      six.forEach((author, i) => {
        const data = { author, text: 'here' }
        const posted = { ...last, seq: last.seq + i + 1, id: `h${i}`, kind: 'message.posted', data }
        w.logs.space.push(posted as typeof last)
      })
    })
    const text = six.map(({ name }) => `@${name}`).join(', ') + '.'
    await userEvent.fill(field(), text)
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => opened.server.world.logs.space.at(-1)!.data).toMatchObject({ text })
    const sent = opened.server.world.logs.space.at(-1)!.data as { mentions: { id: string }[] }
    expect(sent.mentions.map(({ id }) => id)).toEqual(six.slice(0, 5).map(({ id }) => id))
  })
})
