import type { Page } from '@playwright/test'
import { log, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t, type Locale } from '../lib/words.ts'

const at = (path: string) => `/api/channels/${handle}${path}`
const secretWords = 'is the blue from cobalt 8841'
const answer = 'from copper, reduced 8841'

const publication = (page: Page) => page.getByTestId('publication')

async function toQuestions(page: Page, locale: Locale): Promise<void> {
  await page.getByRole('tab', { name: t('space.name', {}, locale) }).click()
  await page
    .getByRole('navigation', { name: t('thread.inside', {}, locale) })
    .getByRole('button', { name: like('thread.questions', locale) })
    .click()
}

/** What was answered among subscribers is everybody's only when its asker says so, and then the creator. */
test('publishing what was answered inside', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.phone, locale: 'fr-FR' })
  const yuna = await stage.member('Yuna', { viewport: sizes.desktop })
  const max = await stage.member('Max', { viewport: sizes.desktop })
  for (const person of [bea, yuna]) await stage.subscribe(person)
  const { id } = await bea.rest.call<{ id: string }>('POST', at('/questions'), {
    ...{ key: crypto.randomUUID(), text: secretWords, audience: 'space' },
  })
  await ada.rest.call('POST', at(`/questions/${id}/text`), { text: answer })

  const consent = () => publication(bea.page).getByRole('checkbox')
  const ofAda = () => publication(ada.page)
  const outside = async () =>
    JSON.stringify(await max.rest.call('GET', at('/rooms/public/events?after=0&limit=100')))

  await test.step('nobody but its asker is asked, and the creator cannot do it alone', async () => {
    await visit(max.page)
    await visit(ada.page, `/cockpit/${handle}`)
    await ada.page
      .getByText(like('queue.answeredCount.one'))
      .or(ada.page.getByText(t('queue.answeredList')))
      .last()
      .click()
    await expect(ofAda()).toContainText(t('publish.notAllowed'))
    const refused = await ada.rest.try('PUT', at(`/questions/${id}/publication`))
    expect(refused.status()).toBe(403)
    expect(((await refused.json()) as { reason: string }).reason).toBe('consent_missing')
    await visit(yuna.page)
    await toQuestions(yuna.page, 'en')
    await expect(yuna.page.getByTestId('question-board')).toContainText(secretWords)
    await expect(publication(yuna.page)).toHaveCount(0)
    const others = await yuna.rest.try('PUT', at(`/questions/${id}/consent`))
    expect(others.status()).toBe(404)
  })

  await test.step('its asker allows it', async () => {
    await visit(bea.page)
    await toQuestions(bea.page, 'fr')
    await consent().check()
    await picture(bea.page, 'publication-consent-phone-fr')
    await accessible(bea.page, 'the consent of an asker')
    expect(await outside()).not.toContain('8841')
  })

  await test.step('the creator publishes it, and everybody reads it at once', async () => {
    await expect(ofAda()).toContainText(t('publish.allowed'))
    await picture(ada.page, 'publication-allowed-desk-en')
    await accessible(ada.page, 'publishing')
    await ofAda()
      .getByRole('button', { name: like('publish.do') })
      .click()
    await expect(ofAda()).toContainText(t('publish.isPublic'))
    await expect(log(max.page, 'public')).toContainText(secretWords)
    await expect(log(max.page, 'public')).toContainText(answer)
    await picture(max.page, 'publication-read-desk-en')
    await accessible(max.page, 'a published answer')
  })

  await test.step('the creator takes it back, and nothing of it is left outside', async () => {
    await ofAda()
      .getByRole('button', { name: like('publish.undo') })
      .click()
    await expect(log(max.page, 'public')).not.toContainText('8841')
    expect(await outside()).not.toContain('8841')
    await max.page.reload()
    await expect(log(max.page, 'public')).toBeVisible()
    await expect(log(max.page, 'public')).not.toContainText('8841')
  })

  await test.step('published again, its asker takes the consent back, and it leaves as well', async () => {
    await ofAda()
      .getByRole('button', { name: like('publish.do') })
      .click()
    await expect(log(max.page, 'public')).toContainText(answer)
    await expect(publication(bea.page)).toContainText(t('publish.isPublic', {}, 'fr'))
    await consent().uncheck()
    await expect(log(max.page, 'public')).not.toContainText('8841')
    expect(await outside()).not.toContain('8841')
    await expect(ofAda()).toContainText(t('publish.notAllowed'))
    // Among subscribers it stays answered.
    await expect(spaceTab(yuna.page)).toBeVisible()
    await expect(yuna.page.getByTestId('question-board')).toContainText(answer)
  })
})
