import { execFileSync } from 'node:child_process'
import type { Page } from '@playwright/test'
import { composer, log, say, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, password, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { freshDatabase } from '../lib/nodes.ts'
import { like, t } from '../lib/words.ts'

let database = ''
test.use({
  // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  serverArgs: async ({}, use) => {
    database = freshDatabase()
    await use(['--database', database])
  },
})

/** Puts all visits back, as if they had been so much earlier. */
function passes(hours: number): void {
  const back = hours * 3_600_000
  const sql = `UPDATE visit SET since = since - ${back}, until = until - ${back}, last = last - ${back}`
  execFileSync('psql', ['--quiet', '--no-psqlrc', '--command', sql, database])
}

const card = (page: Page) => page.getByTestId('digest')
const does = <T>(person: Person, path: string, body: object) =>
  person.rest.call<T>('POST', `/api/channels/${handle}${path}`, body)
const key = () => crypto.randomUUID()

/** Looks at the Sub Space, until the server has heard of it. */
async function looks({ page }: Person, tab = spaceTab(page)): Promise<void> {
  const heard = page.waitForResponse((answer) => answer.url().endsWith('/visit'))
  await tab.click()
  await heard
  await expect(log(page, 'space')).toBeVisible()
}

/** Does something after which the server hears of a look at the Sub Space. */
async function inHand({ page }: Person, act: () => Promise<unknown>): Promise<void> {
  const heard = page.waitForResponse((answer) => answer.url().endsWith('/visit'))
  await act()
  await heard
}

/** The creator does, over a day, everything that somebody who is away misses. */
async function aDay(ada: Person, bea: Person, yuna: Person): Promise<void> {
  const { id: update } = await does<{ id: string }>(ada, '/threads', {
    ...{ title: 'The Lune goes in tonight', kind: 'update' },
  })
  const into = (thread: string, text: string) =>
    does(ada, `/threads/${thread}/messages`, { key: key(), text })
  await into(update, 'Packed, and the door is bricked up.')
  await into(update, 'If the shoulder holds, the next ten are yours first.')
  const asked = { key: key(), room: 'space', question: 'Which glaze for the last kiln of the year?' }
  const poll = await does<{ id: string }>(ada, '/polls', { ...asked, options: ['Celadon', 'Tenmoku'] })
  await bea.rest.call('PUT', `/api/channels/${handle}/polls/${poll.id}/vote`, { option: 1 })
  await does(ada, `/polls/${poll.id}/close`, {})
  const { id: topic } = await does<{ id: string }>(ada, '/threads', { prompt: 'introduce', kind: 'topic' })
  await does(bea, `/threads/${topic}/messages`, { key: key(), text: 'Bea, from Brno.' })
  const question = await does<{ id: string }>(bea, '/questions', {
    ...{ key: key(), text: 'Is the rutile from the same batch?', audience: 'space' },
  })
  await does(ada, `/questions/${question.id}/text`, { text: 'The same, sieved twice.' })
  const { account } = await yuna.rest.call<{ account: { id: string } }>('GET', '/api/session')
  await does(bea, '/rooms/space/messages', {
    ...{ key: key(), text: '@Yuna, keep me one of the small ones', mentions: [account.id] },
  })
  for (let i = 1; i <= 11; i++) {
    const words = { key: key(), text: `Small talk, number ${i}` }
    // Nobody writes faster than the room lets them: the same words are sent until they are taken.
    await expect
      .poll(async () =>
        (await bea.rest.try('POST', `/api/channels/${handle}/rooms/space/messages`, words)).status(),
      )
      .toBe(201)
  }
}

/** Subscribers who come back are told what they missed, are led to it, and put it away once for all their devices. */
test('digest', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone })
  const cy = await stage.member('Cy', { viewport: sizes.desktop, locale: 'fr-FR' })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  for (const person of [yuna, cy, bea]) await stage.subscribe(person)

  await test.step('somebody new is told nothing', async () => {
    await visit(yuna.page)
    await looks(yuna)
    await say(yuna.page, 'space', 'Off to the market, back tomorrow.')
    await visit(cy.page)
    await looks(cy, cy.page.getByRole('tab', { name: 'Espace abonnés' }))
    expect(await card(yuna.page).count()).toBe(0)
    await picture(yuna.page, 'digest-phone-none')
    await ada.page.setViewportSize(sizes.phone)
    await inHand(ada, () => ada.page.goto(`/cockpit/${handle}`))
    expect(await ada.page.getByTestId('missed').count()).toBe(0)
    for (const { page } of [yuna, cy, ada]) await page.goto('about:blank')
  })

  await aDay(ada, bea, yuna)
  passes(26)

  await test.step('back on the phone, what was missed stands before the chat', async () => {
    const { page } = yuna
    await visit(page)
    await looks(yuna)
    await expect(card(page)).toContainText('The Lune goes in tonight')
    await expect(card(page)).toContainText('Bea mentioned you')
    await picture(page, 'digest-phone')
    await accessible(page, 'the digest')
    await card(page)
      .getByRole('button', { name: like('digest.more') })
      .click()
    await expect(card(page)).toContainText('Tenmoku 100%')
    await expect(card(page)).toContainText('12 new messages')
    await picture(page, 'digest-phone-all')
  })

  await test.step('each line leads to its place, by keyboard too', async () => {
    const { page } = yuna
    await card(page)
      .getByRole('button', { name: /The Lune/ })
      .focus()
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('chat-log-thread')).toContainText('Packed, and the door is bricked up.')
    await page.getByRole('button', { name: t('thread.room'), exact: true }).click()
    await card(page)
      .getByRole('button', { name: like('digest.more') })
      .click()
    await card(page)
      .getByRole('button', { name: /rutile/ })
      .click()
    await expect(page.getByTestId('question-board').getByText('The same, sieved twice.')).toBeVisible()
    await picture(page, 'digest-phone-answer')
    await page.getByRole('button', { name: t('thread.room'), exact: true }).click()
  })

  await test.step('a mention leads to its message, and is answered with one', async () => {
    const { page } = yuna
    await card(page)
      .getByRole('button', { name: /Bea mentioned you/ })
      .click()
    await expect(log(page, 'space').locator('mark.me')).toBeInViewport()
    await picture(page, 'digest-phone-mention')
    const words = composer(page, 'space').locator('[data-words]')
    await words.pressSequentially('One is yours, @')
    await expect(page.getByTestId('mentions').getByRole('option')).toHaveText(['@Bea'])
    await accessible(page, 'names that are offered')
    await picture(page, 'mention-phone')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await expect(log(page, 'space').locator('mark').last()).toHaveText('@Bea')
  })

  await test.step('the creator reads on a phone what they missed, in English and French', async () => {
    const { page } = ada
    const missed = page.getByTestId('missed')
    for (const locale of ['fr', 'en'] as const) {
      await page.goto(`/cockpit/${handle}?lang=${locale}`)
      await expect(missed).toContainText(t('digest.title', {}, locale))
      await picture(page, `digest-cockpit-phone-${locale}`)
      await missed.click()
      await expect(card(page)).toBeVisible()
      await expect(log(page, 'space')).toContainText('keep me one of the small ones')
      await accessible(page, 'the digest in one hand')
      await picture(page, `digest-cockpit-phone-space-${locale}`)
    }
    await card(page)
      .getByRole('button', { name: t('digest.putAway') })
      .click()
    await expect(missed).toBeHidden()
  })

  await test.step('at a desk in French', async () => {
    const { page } = cy
    await visit(page)
    await looks(cy, page.getByRole('tab', { name: 'Espace abonnés' }))
    await expect(card(page)).toContainText('Depuis votre dernière visite')
    await picture(page, 'digest-desk-fr')
    await card(page)
      .getByRole('button', { name: /de plus/ })
      .click()
    // Yuna's two, too, for only visits are put back.
    await expect(card(page)).toContainText('14 nouveaux messages')
    await accessible(page, 'the digest at a desk')
    await picture(page, 'digest-desk-fr-all')
    await card(page)
      .getByRole('button', { name: t('digest.putAway', {}, 'fr') })
      .click()
    await composer(page, 'space').locator('[data-words]').pressSequentially('Bonsoir @')
    await expect(page.getByTestId('mentions').getByRole('option')).toHaveCount(2)
    await picture(page, 'mention-desk-fr')
  })

  await test.step('put away on the phone, it is gone at the desk as well', async () => {
    const desk = await stage.person('Yuna', { viewport: sizes.desktop })
    await desk.rest.call('POST', '/api/session', { name: 'Yuna', password })
    await visit(desk.page)
    await looks(desk)
    await expect(card(desk.page)).toContainText('The Lune goes in tonight')
    await picture(desk.page, 'digest-desk')
    await card(yuna.page)
      .getByRole('button', { name: t('digest.putAway') })
      .click()
    await expect(card(yuna.page)).toBeHidden()
    await desk.page.reload()
    await looks(desk)
    expect(await card(desk.page).count()).toBe(0)
  })
})
