import type { Page } from '@playwright/test'
import { choose, onAir, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t } from '../lib/words.ts'

const at = (path: string) => `/api/channels/${handle}${path}`
const stream = (page: Page) => page.getByTestId('chat-log-both')
const row = (page: Page, text: string) => stream(page).getByRole('listitem').filter({ hasText: text })
const button = (page: Page, key: string) => page.getByRole('button', { name: t(key), exact: true })

const says = (person: Person, room: 'public' | 'space', text: string) =>
  person.rest.call<{ seq: number }>('POST', at(`/rooms/${room}/messages`), { key: crypto.randomUUID(), text })

async function act(page: Page, text: string, key: string): Promise<void> {
  await row(page, text)
    .getByRole('button', { name: like('chat.actions') })
    .click()
  await page.getByRole('menu').getByText(t(key), { exact: true }).click()
}

async function write(page: Page, text: string): Promise<void> {
  await page.locator('.write [data-words]').fill(text)
  await page
    .locator('.write')
    .getByRole('button', { name: t('chat.send') })
    .click()
  await expect(row(page, text)).toBeVisible()
}

test.use({ serverArgs: ['--message-pace', '10ms', '--message-burst', '50'] })

/** All that a creator does during a live, on a phone, without leaving the one screen. */
test('the cockpit in one hand', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.phone, hasTouch: true })
  const bea = await stage.member('Bea', { viewport: sizes.phone })
  const max = await stage.member('Max', { viewport: sizes.phone })
  await stage.subscribe(bea)
  await stage.goLive(ada)
  const { page } = ada

  await test.step('both rooms are one stream, whose rows have what can be done with them', async () => {
    await visit(page, `/cockpit/${handle}`)
    await says(max, 'public', 'first time here, is it stoneware?')
    await says(bea, 'space', 'mine crawled at the foot')
    await expect(row(page, 'stoneware')).toBeVisible()
    await expect(row(page, 'crawled')).toBeVisible()
    await row(page, 'crawled')
      .getByRole('button', { name: like('chat.actions') })
      .click()
    await expect(page.getByRole('menu')).toBeVisible()
    await picture(page, 'phone-menu')
    await accessible(page, 'the menu of a row, in one hand')
    await page.keyboard.press('Escape')
  })

  await test.step('an answer goes to the room of what it answers', async () => {
    await act(page, 'crawled', 'chat.reply')
    await expect(page.locator('.write [data-words]')).toBeFocused()
    await write(page, 'thread 14 has the cure')
    type Page = { events: { kind: string; data: { text?: string; reply_to?: { name: string } } }[] }
    const answered = async () => {
      const { events } = await bea.rest.call<Page>('GET', at('/rooms/space/events?after=0&limit=50'))
      return events.find(({ data }) => data.text === 'thread 14 has the cure')?.data.reply_to?.name
    }
    await expect.poll(answered).toBe('Bea') // the row stands there before the server has it
    const outside = await max.rest.call<Page>('GET', at('/rooms/public/events?after=0&limit=50'))
    expect(JSON.stringify(outside)).not.toContain('cure')
    await button(page, 'cockpit.toSpace').click()
  })

  await test.step('pins, reacts, and calls somebody by name', async () => {
    await act(page, 'stoneware', 'pin.put')
    await expect(page.getByTestId('pinned')).toContainText('stoneware')
    await row(page, 'stoneware')
      .getByRole('button', { name: like('chat.actions') })
      .click()
    await page.getByRole('menuitemcheckbox').first().click()
    await expect(row(page, 'stoneware').getByRole('button', { pressed: true })).toBeVisible()
    const words = page.locator('.write [data-words]')
    await words.click()
    await words.pressSequentially('welcome @Ma')
    const names = page.getByRole('listbox')
    await expect(names).toContainText('Max')
    await picture(page, 'phone-mention')
    await names.getByRole('option').first().click()
    await page.keyboard.press('Enter')
    await expect(row(page, 'welcome')).toBeVisible()
  })

  await test.step('how the room is written in stands above the field', async () => {
    await ada.rest.call('PUT', at('/rooms/public/modes'), {
      ...{ slow: 30, followers: false, followed_for: 0, subscribers: false, emotes: false, unique: false },
    })
    await expect(page.getByTestId('manners-public')).toBeVisible()
  })

  await test.step('a question goes on air and is answered; the next one waits', async () => {
    for (const text of ['How do you stop the drips?', 'Is rutile worth it below cone 6?'])
      await bea.rest.call('POST', at('/questions'), { key: crypto.randomUUID(), text })
    await page.getByRole('button', { name: like('queue.next') }).click()
    const queue = page.getByTestId('question-queue')
    await choose(page, 'How do you stop the drips?')
    await queue.getByRole('button', { name: like('queue.air') }).click()
    await button(page, 'close').click()
    await expect(onAir(page)).toContainText('drips')
    await picture(page, 'phone-air')
    await page.getByRole('button', { name: t('queue.answered') }).click()
    await expect(page.getByTestId('on-air')).toHaveCount(0)
  })

  await test.step('a poll is seen while it runs, and closed from there', async () => {
    await ada.rest.call('POST', at('/polls'), {
      key: crypto.randomUUID(),
      room: 'public',
      question: 'Which glaze next?',
      options: ['Tenmoku', 'Celadon'],
    })
    const line = page.getByTestId('running-poll')
    await expect(line).toContainText('Which glaze next?')
    for (const locale of ['fr', 'en'] as const) {
      await page.goto(`/cockpit/${handle}?lang=${locale}`)
      await expect(line).toContainText(t('poll.label', {}, locale))
      for (const width of [320, 390]) {
        await page.setViewportSize({ width, height: 844 })
        await picture(page, `phone-lines-${width}-${locale}`)
      }
    }
    await accessible(page, 'the cockpit in one hand')
    await line.click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: t('poll.close') })
      .click()
    await button(page, 'close').click()
    await expect(line).toHaveCount(0)
    await expect(stream(page).getByTestId('poll-line')).toContainText('Which glaze next?')
  })

  await test.step('threads are one tap away, and their news is counted', async () => {
    const { id } = await ada.rest.call<{ id: string }>('POST', at('/threads'), {
      title: 'Glazes that crawl',
      kind: 'topic',
    })
    await bea.rest.call('POST', at(`/threads/${id}/messages`), {
      key: crypto.randomUUID(),
      text: 'mine did it twice',
    })
    const space = page.getByTestId('open-space')
    await expect(space.locator('b')).toHaveText('1')
    await space.click()
    const sheet = page.getByRole('dialog')
    await sheet.getByRole('button', { name: like('thread.threads') }).click()
    await sheet.getByText('Glazes that crawl').click()
    await expect(sheet.getByTestId('chat-log-thread')).toContainText('mine did it twice')
    await picture(page, 'phone-thread')
    await accessible(page, 'a thread in the sheet')
    await page
      .getByRole('dialog')
      .getByRole('button', { name: t('close') })
      .first()
      .click()
    await expect(space.locator('b')).toHaveCount(0)
  })

  await test.step('who looks further up is not moved', async () => {
    for (let i = 0; i < 12; i++) await says(ada, 'space', `firing note ${i}`)
    await expect(row(page, 'firing note 11')).toBeInViewport()
    await stream(page).evaluate((box) => box.scrollTo(0, box.scrollTop - 260))
    const top = () => stream(page).evaluate((box) => box.scrollTop)
    const before = await top()
    await says(bea, 'space', 'a new one below')
    const fresh = page.getByRole('button', { name: t('chat.new.one', { n: '1' }) })
    await expect(fresh).toBeVisible()
    expect(await top()).toBe(before)
    await fresh.click()
    await expect(row(page, 'a new one below')).toBeInViewport()
  })

  await test.step('takes a message away, and sends its writer out', async () => {
    await act(page, 'stoneware', 'chat.remove')
    await expect(row(page, 'stoneware')).toHaveCount(0)
    await row(page, 'welcome').scrollIntoViewIfNeeded()
    await says(bea, 'space', 'rude words')
    await act(page, 'rude words', 'sanction.open')
    const sheet = page.getByRole('dialog')
    await sheet.getByText(t('sanction.ban'), { exact: true }).click()
    await picture(page, 'phone-ban')
    await sheet.getByRole('button', { name: t('sanction.ban') }).click()
    await expect(row(page, 'rude words')).toHaveCount(0)
  })
})
