import type { Page } from '@playwright/test'
import { visit } from '../lib/acts.ts'
import { each, Voice } from '../lib/crowd.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { like, t, type Locale } from '../lib/words.ts'

const at = (path: string) => `/api/channels/${handle}${path}`
const widths = [320, 390, 768, 1440]
/** As many as a page reads back at once make the same picture; `make pictures` sends ten thousand. */
const MESSAGES = Number(process.env.SUBSPACE_MESSAGES ?? 300)
const QUESTIONS = 200

test.use({
  serverArgs: [
    '--proxies',
    '127.0.0.0/8',
    '--sandbox-payments',
    'I-know',
    '--message-pace',
    '1ms',
    '--message-burst',
    '1000',
  ],
})

const said = [
  'mine crawled at the foot until I waxed it twice',
  'same here',
  'Which cone? I lose the blue above 6, every single time, and the shelf with it.',
  'https://example.org/a/very/long/address/that/has/no/place/to/break/in/it/0123456789abcdef',
  'oui, et la couverte reste mate 🙂',
]

/** Nothing may be wider than the screen: on a phone the page would slide under the finger. */
async function fits(page: Page, where: string): Promise<void> {
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  // The page takes a moment to lay itself out anew.
  await expect.poll(wider, `${where} is wider than the screen`).toBeLessThanOrEqual(0)
}

async function look(page: Page, name: string, locale: Locale): Promise<void> {
  for (const width of widths) {
    await page.setViewportSize({ width, height: width < 700 ? 844 : 900 })
    await fits(page, `${name} at ${width} in ${locale}`)
    await picture(page, `widths-${name}-${width}-${locale}`)
  }
}

/** A full thread and a queue of two hundred, and the same with next to nothing, at four widths. */
test('light and full, at four widths', async ({ stage }) => {
  test.setTimeout(600_000)
  const ada = await stage.creator()
  const bea = await stage.member('Bea')
  await stage.subscribe(bea)
  const { id } = await ada.rest.call<{ id: string }>('POST', at('/threads'), {
    ...{ title: 'Glazes that crawl', kind: 'topic' },
  })
  const into = (person: Person, text: string) =>
    person.rest.call('POST', at(`/threads/${id}/messages`), { key: crypto.randomUUID(), text })
  await into(ada, 'Show me yours.')
  await bea.rest.call('POST', at('/questions'), { key: crypto.randomUUID(), text: 'Which clay?' })

  async function everything(content: 'light' | 'full') {
    for (const locale of ['en', 'fr'] as const) {
      await bea.page.goto(`/c/${handle}?lang=${locale}`)
      await bea.page.getByRole('tab', { name: t('space.name', {}, locale) }).click()
      const inside = bea.page.getByRole('navigation', { name: t('thread.inside', {}, locale) })
      await inside.getByRole('button', { name: like('thread.questions', locale) }).click()
      await expect(bea.page.getByTestId('question-board')).toContainText('Which clay?')
      await look(bea.page, `${content}-questions`, locale)
      await inside.getByRole('button', { name: like('thread.threads', locale) }).click()
      await bea.page.getByTestId('threads').getByText('Glazes that crawl').click()
      await expect(bea.page.getByTestId('chat-log-thread').getByRole('listitem').last()).toBeVisible()
      await look(bea.page, `${content}-thread`, locale)
      await accessible(bea.page, `a ${content} thread in ${locale}`)
      await ada.page.goto(`/cockpit/${handle}?lang=${locale}`)
      await expect(ada.page.getByText('Which clay?').first()).toBeAttached()
      await look(ada.page, `${content}-cockpit`, locale)
    }
  }

  await test.step('next to nothing', () => everything('light'))

  await test.step('the thread and the queue fill', async () => {
    let next = 1
    const go = async (person: Person) => {
      for (let i = next++; i < MESSAGES; i = next++) await into(person, `${said[i % said.length]} ${i}`)
    }
    await Promise.all([ada, bea, ada, bea, ada, bea, ada, bea].map(go))
    const askers = Array.from({ length: 70 }, (_, i) => new Voice(`Asker ${i}`, stage.server.url))
    let asked = 1
    await each(askers, async (voice) => {
      await voice.isGivenAName()
      for (let i = 0; i < 3 && asked < QUESTIONS; i++)
        await voice.call('POST', at('/questions'), {
          ...{ key: crypto.randomUUID(), room: 'public' },
          text: `${said[asked % said.length]} (${asked++})`,
        })
    })
    const { questions } = await ada.rest.call<{ questions: unknown[] }>('GET', at('/questions'))
    expect(questions.length).toBe(QUESTIONS)
  })

  await test.step('all of it', () => everything('full'))

  await test.step('the thread can be read back, page by page, to its first words', async () => {
    const { page } = bea
    await page.setViewportSize({ width: 390, height: 844 })
    await visit(page, `/c/${handle}`)
    await page.getByRole('tab', { name: t('space.name') }).click()
    await page
      .getByRole('navigation', { name: t('thread.inside') })
      .getByRole('button', { name: like('thread.threads') })
      .click()
    await page.getByTestId('threads').getByText('Glazes that crawl').click()
    const log = page.getByTestId('chat-log-thread')
    await expect(log.getByRole('listitem').last()).toBeVisible()
    const first = () => log.getByRole('listitem').first().innerText()
    for (let i = 0, was = await first(); i < 3; i++, was = await first()) {
      await log.evaluate((box) => box.scrollTo(0, 60))
      await expect.poll(first).not.toBe(was)
    }
  })
})
