import { ask, say, spaceTab } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { t, type Locale } from '../lib/words.ts'

type Screen = {
  name: string
  who: 'nobody' | 'viewer' | 'subscriber' | 'creator'
  open: (person: Person, locale: Locale) => Promise<void>
}

const at =
  (path: string) =>
  async ({ page }: Person) =>
    void (await page.goto(path))

/** Every screen in the states that people meet. */
const screens: Screen[] = [
  { name: 'home', who: 'nobody', open: at('/') },
  { name: 'sign-in', who: 'nobody', open: at('/sign-in') },
  { name: 'setup', who: 'nobody', open: at('/setup#a-token') },
  { name: 'link', who: 'nobody', open: at('/link#a-token') },
  { name: 'missing', who: 'nobody', open: at('/nowhere') },
  { name: 'watch-public', who: 'nobody', open: watching },
  {
    name: 'watch-locked',
    who: 'viewer',
    open: async (person, locale) => {
      await watching(person)
      await person.page.getByRole('tab', { name: t('space.name', {}, locale) }).click()
      await expect(person.page.getByTestId('space-locked')).toBeVisible()
    },
  },
  {
    name: 'checkout',
    who: 'viewer',
    open: async (person, locale) => {
      await watching(person)
      await person.page.getByRole('tab', { name: t('space.name', {}, locale) }).click()
      await person.page.getByTestId('subscribe').first().click()
      const age = person.page.getByTestId('of-age')
      const pay = person.page.getByTestId('pay')
      await expect(age.or(pay).first()).toBeVisible()
      if (await age.isVisible()) await age.click() // asked once of everybody, on whichever screen comes first
      await expect(pay).toBeEnabled()
    },
  },
  {
    name: 'watch-inside',
    who: 'subscriber',
    open: async (person, locale) => {
      await watching(person)
      await person.page.getByRole('tab', { name: t('space.name', {}, locale) }).click()
      await expect(person.page.getByTestId('space-inside')).toBeVisible()
      await expect(person.page.getByTestId('chat-log-space')).toContainText('inside, it is calm')
    },
  },
  { name: 'account', who: 'subscriber', open: at('/account') },
  {
    name: 'security',
    who: 'subscriber',
    open: async ({ page }) => {
      await page.goto('/account/security')
      await expect(page.locator('#sessions')).toBeVisible()
    },
  },
  { name: 'forgotten', who: 'nobody', open: at('/mail/forgotten') },
  { name: 'confirm', who: 'viewer', open: at('/mail/confirm#a-token') },
  { name: 'new-password', who: 'nobody', open: at('/mail/password#a-token') },
  {
    name: 'cockpit',
    who: 'creator',
    open: async (person) => {
      await person.page.goto(`/cockpit/${handle}`)
      await expect(person.page.getByText('which colour comes first').first()).toBeVisible()
      await seesAPicture(person)
    },
  },
  {
    name: 'tiers',
    who: 'creator',
    open: async (person) => {
      await person.page.goto(`/cockpit/${handle}/subscriptions`)
      await expect(person.page.getByText('4.99').or(person.page.getByText('4,99')).first()).toBeVisible()
    },
  },
  {
    name: 'sales',
    who: 'creator',
    open: async (person, locale) => {
      await person.page.goto(`/cockpit/${handle}/subscriptions`)
      await person.page.getByRole('tab', { name: t('desk.sales', {}, locale) }).click()
      await expect(person.page.getByText('Bea', { exact: true }).first()).toBeVisible()
    },
  },
  { name: 'cockpit-closed-to-others', who: 'viewer', open: at(`/cockpit/${handle}`) },
]

async function watching(person: Person): Promise<void> {
  await person.page.goto(`/c/${handle}`)
  await expect(person.page.getByTestId('chat-log-public')).toContainText('lovely light today')
  await seesAPicture(person)
}

async function seesAPicture(person: Person): Promise<void> {
  await expect
    .poll(() => person.page.getByTestId('player').evaluate((v) => (v as HTMLVideoElement).readyState), {
      timeout: 60_000,
    })
    .toBeGreaterThanOrEqual(2)
}

test('every screen, in both languages and sizes', async ({ stage, browser }) => {
  test.setTimeout(720_000)
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy')
  await stage.subscribe(bea)
  await stage.goLive(ada)
  await bea.page.goto(`/c/${handle}`)
  await say(bea.page, 'public', 'lovely light today')
  await spaceTab(bea.page).click()
  await say(bea.page, 'space', 'inside, it is calm')
  await ask(bea.page, 'how long did this one take')
  await ask(bea.page, 'which colour comes first')
  const { questions } = await ada.rest.call<{ questions: { id: string; text: string }[] }>(
    'GET',
    `/api/channels/${handle}/questions`,
  )
  const first = questions.find(({ text }) => text.startsWith('how long'))!
  await ada.rest.call('POST', `/api/channels/${handle}/questions/${first.id}/air`)
  const overlay = await ada.rest.call<{ url: string }>('POST', `/api/channels/${handle}/overlay`)
  const signedIn = { creator: ada, subscriber: bea, viewer: cy }

  for (const locale of ['en', 'fr'] as const) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const people = new Map<string, Person>()
      for (const screen of screens) {
        let person = people.get(screen.who)
        if (!person) {
          const storageState =
            screen.who === 'nobody' ? undefined : await signedIn[screen.who].context.storageState()
          const options = {
            viewport,
            locale: locale === 'fr' ? 'fr-FR' : 'en-GB',
            isMobile: size === 'phone',
            hasTouch: size === 'phone',
            storageState,
          }
          person = await stage.person(screen.who, options)
          people.set(screen.who, person)
        }
        await test.step(`${screen.name}, ${locale}, ${size}`, async () => {
          await screen.open(person, locale)
          await person.page.waitForTimeout(300) // entering motions end; pictures must not be of the middle of one
          await expect.soft(person.page.locator('html')).toHaveAttribute('lang', locale)
          await expectNothingSideways(person, `${screen.name}, ${locale}, ${size}`)
          await picture(person.page, `${screen.name}-${size}-${locale}`)
          await accessible(person.page, `${screen.name}, ${locale}, ${size}`)
          // A page of its own, so that an opened sheet or a typed word does not reach the next screen.
          await person.page.goto('about:blank')
        })
      }
      for (const { context } of people.values()) await context.close()
    }
    const obs = await browser.newPage({
      viewport: { width: 1920, height: 1080 },
      locale: locale === 'fr' ? 'fr-FR' : 'en-GB',
    })
    await obs.goto(stage.server.url + new URL(overlay.url, stage.server.url).pathname)
    await expect(obs.getByTestId('overlay-on-air')).toBeVisible()
    await picture(obs, `overlay-${locale}`)
    await accessible(obs, `overlay, ${locale}`)
    await obs.close()
  }
})

/**
 * A page that is wider than its screen scrolls sideways, which no screen should; one that hides what hangs over
 * has the same mistake, where nobody can scroll to it.
 */
async function expectNothingSideways({ page }: Person, where: string): Promise<void> {
  const over = await page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const parts = [...document.querySelectorAll('main, aside, header, nav, dialog[open], form, section')]
    return parts
      .map((part) => ({ part: `${part.tagName} ${part.className}`, box: part.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 1 && box.height > 1 && (box.left < -1 || box.right > width + 1))
      .map(({ part, box }) => `${part} from ${Math.round(box.left)} to ${Math.round(box.right)} of ${width}`)
  })
  expect.soft(over, `${where} has parts beside its screen`).toEqual([])
}
