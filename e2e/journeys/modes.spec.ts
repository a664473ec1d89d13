import { composer, log, say, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t } from '../lib/words.ts'

/** The creator says how the chat is written in; a viewer is told why not and how long, follows, and writes. */
test('modes of the chat', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.phone })
  const manners = bea.page.getByTestId('manners-public')
  const words = composer(bea.page, 'public').locator('[data-words]')
  const sends = async (text: string) => {
    await words.fill(text)
    await words.press('Enter')
  }

  await visit(bea.page)
  await say(bea.page, 'public', 'good evening')
  await ada.page.goto(`/cockpit/${handle}`)
  await ada.page.getByText(t('settings.modes'), { exact: true }).click()
  const slow = ada.page.getByRole('combobox', { name: t('modes.slow') })
  const followers = ada.page.getByRole('switch', { name: t('modes.followers') })

  await test.step('slow mode hands the words back and counts down', async () => {
    await slow.selectOption('300')
    await expect(manners).toContainText(like('modes.line.slow'))
    await ada.page.getByRole('switch', { name: like('modes.unique') }).scrollIntoViewIfNeeded()
    await expect(ada.page.getByTestId('manners-public')).toContainText(like('modes.line.slow'))
    await picture(ada.page, 'modes-cockpit')
    await accessible(ada.page, 'the modes in the cockpit')
    await sends('too soon')
    await expect(manners).toContainText(t('reason.slow_mode'))
    await expect(manners.getByRole('timer')).toBeVisible()
    await expect(words).toHaveValue('too soon')
    await expect(log(bea.page, 'public').getByText('too soon')).toBeHidden()
    await picture(bea.page, 'modes-slow-phone')
    await accessible(bea.page, 'a message that slow mode handed back')
  })

  await test.step('the creator writes as ever', async () => {
    await say(ada.page, 'public', 'one')
    await say(ada.page, 'public', 'two')
    await expect(log(bea.page, 'public').getByText('two')).toBeVisible()
  })

  await test.step('who does not follow is told so before writing, follows, and writes', async () => {
    await slow.selectOption('0')
    await followers.click()
    await expect(manners).toContainText(t('modes.forFollowers'))
    await expect(composer(bea.page, 'public')).toBeHidden()
    await picture(bea.page, 'modes-followers-phone')
    await accessible(bea.page, 'a chat for followers')
    await manners.getByRole('button', { name: t('follow.do') }).click()
    await expect(bea.page.getByTestId('follow')).toContainText(t('follow.on'))
    await expect(words).toHaveValue('too soon') // nothing is lost
    await sends('now I may')
    await expect(log(ada.page, 'public').getByText('now I may')).toBeVisible()
  })

  await test.step('what holds a blocked term is handed back, and does not say why', async () => {
    await ada.page.getByText(t('settings.terms'), { exact: true }).click()
    await ada.page.getByLabel(like('terms.new')).fill('spoil*')
    await ada.page.getByRole('button', { name: t('terms.add'), exact: true }).click()
    await expect(ada.page.getByText(t('terms.by', { name: ada.name }))).toBeVisible()
    await ada.page.getByText(t('terms.hint')).scrollIntoViewIfNeeded()
    await picture(ada.page, 'modes-terms')
    await accessible(ada.page, 'the blocked terms')
    await sends('no Spóilers please')
    await expect(manners).toContainText(t('reason.blocked_term'))
    await expect(words).toHaveValue('no Spóilers please')
    await ada.page.getByRole('button', { name: like('terms.drop') }).click()
    await expect(ada.page.getByText(t('terms.none'))).toBeVisible()
    await words.press('Enter')
    await expect(log(ada.page, 'public').getByText('no Spóilers please')).toBeVisible()
  })

  await test.step('a minimum time is counted down to', async () => {
    await ada.page.getByRole('combobox', { name: t('modes.followedFor') }).selectOption('3600')
    await expect(manners).toContainText(t('modes.followedSoon'))
    await bea.page.setViewportSize(sizes.desktop)
    await expect(manners.getByRole('timer')).toBeVisible()
    await picture(bea.page, 'modes-followed-desktop')
    await bea.page.goto(`/c/${handle}?lang=fr`)
    await expect(manners.getByRole('timer')).toBeVisible()
    await picture(bea.page, 'modes-followed-desktop-fr')
    await bea.page.setViewportSize(sizes.phone)
    await picture(bea.page, 'modes-followed-phone-fr')
  })
})
