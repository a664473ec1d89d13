import type { Page } from '@playwright/test'
import { visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, password, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { t } from '../lib/words.ts'

type Poll = {
  id: string
  choice: number | null
  voters: number | null
  options: { votes: number | null }[]
}

test.use({ serverArgs: ['--sandbox-period', '40s'] })

const card = (page: Page) => page.getByTestId('poll')
const option = (page: Page, text: string) => card(page).getByRole('button', { name: text })
const desk = (page: Page) => page.getByTestId('poll-desk')
const row = (page: Page, question: string) => page.getByTestId('poll-row').filter({ hasText: question })

const opens = (person: Person, question: string, options: string[], more: object) =>
  person.rest.call<Poll>('POST', `/api/channels/${handle}/polls`, {
    key: crypto.randomUUID(),
    ...{ question, options, changeable: true },
    ...more,
  })
const polls = async (person: Person, room: string) =>
  (await person.rest.call<{ polls: Poll[] }>('GET', `/api/channels/${handle}/polls?room=${room}`)).polls

const glaze = 'Which glaze for the last kiln of the year?'
const clay = 'Quelle terre pour le prochain bol ?'

/** One evening's polls: in public and inside, live and at the end, on two devices of one person, and on the overlay. */
test('polls', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.phone })
  const cy = await stage.member('Cy', {
    viewport: sizes.desktop,
    locale: 'fr-FR',
  })
  const noa = await stage.member('Noa', { viewport: sizes.desktop })
  await stage.subscribe(cy)

  await test.step('the creator asks the public room, by keyboard alone', async () => {
    const { page } = ada
    await page.goto(`/cockpit/${handle}`)
    await page.getByText(t('settings.polls'), { exact: true }).focus()
    await page.keyboard.press('Enter')
    await desk(page)
      .getByRole('button', { name: t('poll.new') })
      .focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type(glaze)
    await page.keyboard.press('Tab')
    await page.keyboard.type('Celadon')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Tenmoku')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.type('Shino, the old one')
    await picture(page, 'poll-form-desk-en')
    await accessible(page, 'asking a room')
    await page.keyboard.press('Enter')
    await expect(row(page, glaze)).toContainText('0 votes')
    await expect(desk(page).getByRole('button', { name: t('poll.new') })).toBeFocused()
  })

  const { url } = await ada.rest.call<{ url: string }>('POST', `/api/channels/${handle}/overlay`)
  const obs = await (await stage.person('OBS', { viewport: { width: 1280, height: 720 } })).context.newPage()
  await obs.goto(stage.server.url + new URL(url, stage.server.url).pathname)

  await test.step('a viewer votes with one tap, changes it, and it is theirs on both devices and after a reload', async () => {
    await visit(bea.page)
    await expect(card(bea.page)).toContainText(glaze)
    await option(bea.page, 'Tenmoku').click()
    await expect(option(bea.page, 'Tenmoku')).toHaveAttribute('aria-pressed', 'true')
    const other = await stage.person('Bea again', { viewport: sizes.desktop })
    await other.rest.call('POST', '/api/session', { name: 'Bea', password })
    await visit(other.page)
    await expect(option(other.page, 'Tenmoku')).toHaveAttribute('aria-pressed', 'true')
    await option(other.page, 'Celadon').focus()
    await other.page.keyboard.press('Enter')
    await expect(option(other.page, 'Celadon')).toContainText('1 vote, 100%')
    await expect(card(bea.page)).toContainText(t('poll.voters.one', { n: '1' }))
    await expect(option(bea.page, 'Celadon')).toContainText('1 vote')
    await bea.page.reload()
    await expect(option(bea.page, 'Celadon')).toHaveAttribute('aria-pressed', 'true')
    await picture(bea.page, 'poll-public-phone-en')
    await accessible(bea.page, 'a poll in public')
    await picture(other.page, 'poll-public-desk-en')
  })

  await test.step('who is not signed in sees it and is asked to sign in', async () => {
    const guest = await stage.person('Guest', {
      viewport: sizes.phone,
      locale: 'fr-FR',
    })
    await visit(guest.page)
    await expect(card(guest.page)).toContainText(t('poll.signIn', {}, 'fr'))
    await expect(card(guest.page).getByRole('button')).toHaveCount(0)
    await picture(guest.page, 'poll-public-phone-fr')
  })

  await test.step('the overlay shows it, and never one of the Sub Space', async () => {
    const plate = obs.getByTestId('overlay-poll')
    await expect(plate).toContainText('Celadon')
    await expect(plate).toContainText('100%')
    await opens(ada, clay, ['Grès', 'Porcelaine'], {
      room: 'space',
      results: 'end',
    })
    await expect.poll(async () => (await polls(cy, 'space')).length).toBe(1)
    await picture(obs, 'poll-overlay-en')
    expect(await obs.content()).not.toContain('Grès')
  })

  await test.step('inside, results at the end stay hidden, also to who voted and after a reload', async () => {
    await visit(cy.page)
    await cy.page.getByRole('tab', { name: t('space.name', {}, 'fr') }).click()
    await expect(card(cy.page)).toContainText(clay)
    await option(cy.page, 'Porcelaine').click()
    await expect(card(cy.page)).toContainText(t('poll.changeable', {}, 'fr'))
    await expect(card(cy.page)).toContainText(t('poll.hidden', {}, 'fr'))
    await cy.page.reload()
    await cy.page.getByRole('tab', { name: t('space.name', {}, 'fr') }).click()
    await expect(option(cy.page, 'Porcelaine')).toHaveAttribute('aria-pressed', 'true')
    await expect(card(cy.page)).not.toContainText('%')
    const [mine] = await polls(cy, 'space')
    expect(mine).toMatchObject({
      choice: 1,
      voters: null,
      options: [{ votes: null }, { votes: null }],
    })
    await picture(cy.page, 'poll-space-desk-fr')
    await accessible(cy.page, 'a poll inside')
    await expect(row(ada.page, clay)).toContainText('1 vote, 100%')
    await picture(ada.page, 'poll-desk-en')
  })

  await test.step('who is outside finds nothing of it', async () => {
    await visit(noa.page)
    await expect(card(noa.page)).toContainText(glaze)
    await expect(polls(noa, 'space')).rejects.toThrow(/subscribers_only/)
    expect(await noa.page.content()).not.toContain('Porcelaine')
  })

  await test.step('the creator closes them, and everybody sees the result, once aloud', async () => {
    for (const question of [clay, glaze]) {
      await row(ada.page, question)
        .getByRole('button', { name: t('poll.close') })
        .focus()
      await ada.page.keyboard.press('Enter')
      await expect(row(ada.page, question)).toContainText(t('poll.over'))
    }
    await expect(cy.page.getByTestId('poll-said')).toContainText(/Porcelaine : 1/)
    await expect(card(cy.page)).toContainText('100')
    await expect(cy.page.getByTestId('poll-line')).toContainText('Porcelaine')
    await expect(bea.page.getByTestId('poll-line')).toContainText('Celadon')
    await expect(bea.page.getByTestId('poll-said')).toContainText(/Celadon: 1/)
    await picture(bea.page, 'poll-result-phone-en')
    await picture(cy.page, 'poll-result-desk-fr')
    await accessible(bea.page, 'a result')
    await card(bea.page)
      .getByRole('button', { name: t('poll.putAway') })
      .click()
    await expect(card(bea.page)).toHaveCount(0)
    await expect(obs.getByTestId('overlay-poll')).toContainText(t('poll.over'))
  })

  await test.step('a late reader sees the line', async () => {
    await noa.page.reload()
    await expect(noa.page.getByTestId('poll-line')).toContainText('Celadon')
    await expect(card(noa.page)).toHaveCount(0)
  })

  await test.step('whose right has ended is refused', async () => {
    const { id } = await opens(ada, 'Une dernière ?', ['Oui', 'Non'], {
      room: 'space',
    })
    const { subscriptions } = await cy.rest.call<{
      subscriptions: { id: string }[]
    }>('GET', '/api/subscriptions')
    await cy.rest.call('POST', `/api/subscriptions/${subscriptions[0]!.id}/cancel`)
    await expect
      .poll(
        async () =>
          (await cy.rest.call<{ me: { inside: boolean } }>('GET', `/api/channels/${handle}`)).me.inside,
        { timeout: 90_000 },
      )
      .toBe(false)
    await expect(
      cy.rest.call('PUT', `/api/channels/${handle}/polls/${id}/vote`, {
        option: 0,
      }),
    ).rejects.toThrow(/period_ended/)
    await expect(card(cy.page)).toHaveCount(0)
  })

  await test.step('in French, and in one hand', async () => {
    const { page } = ada
    await page.setViewportSize(sizes.phone)
    await page.goto(`/cockpit/${handle}?lang=fr`)
    await page.getByRole('button', { name: t('cockpit.settings', {}, 'fr') }).click()
    await page.getByText(t('settings.polls', {}, 'fr'), { exact: true }).click()
    await expect(row(page, clay)).toContainText('100')
    await picture(page, 'poll-phone-fr')
    await desk(page)
      .getByRole('button', { name: t('poll.new', {}, 'fr') })
      .click()
    await picture(page, 'poll-form-phone-fr')
    await accessible(page, 'asking a room in one hand')
  })
})
