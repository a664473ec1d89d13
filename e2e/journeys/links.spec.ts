import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator, Page } from '@playwright/test'
import { composer, log, say, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test as base } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { secret } from '../lib/place.ts'
import { t } from '../lib/words.ts'

type Site = { address: string; asked: string[]; agents: Set<string> }

/** A site on this machine that counts who asks it, and that tries to be more than text. */
const pages: Record<string, string> = {
  '/cups': `<title>plain</title><meta property="og:title" content="Two cups & a <b>saucer</b>, thrown before breakfast and fired twice">
    <meta property="og:site_name" content="Clay Weekly"><meta property="og:description" content="What a second firing does to celadon, in pictures and numbers from one winter of trying">
    <meta property="og:image" content="/picture.png">`,
  '/script': '<title><script>document.title = "taken"</script></title>',
}

const test = base.extend<{ site: Site }>({
  site: async ({}, use) => {
    const site: Site = { address: '', asked: [], agents: new Set() }
    const server: Server = createServer((request, answer) => {
      site.asked.push(request.url ?? '')
      site.agents.add(request.headers['user-agent'] ?? '')
      answer.setHeader('Content-Type', 'text/html; charset=utf-8')
      answer.end(
        `<!doctype html><html><head>${pages[request.url ?? ''] ?? '<title>Another page</title>'}</head></html>`,
      )
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    site.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await use(site)
    await new Promise((closed) => server.close(closed))
  },
  serverArgs: async ({ site }, use) => use(['--link-rehearsal', site.address]),
})

const plate = (page: Page, room: 'public' | 'space', title: string): Locator =>
  log(page, room).getByTestId('link-plate').filter({ hasText: title })

/** Writes in whatever language the page speaks. */
async function says(page: Page, text: string): Promise<void> {
  await composer(page, 'public').locator('[data-words]').fill(text)
  await page.keyboard.press('Enter')
  await expect(log(page, 'public').getByRole('link', { name: text, exact: true })).toBeVisible()
}

/** Off nothing is fetched; on, what a link leads to stands under its message; removed it is gone. */
test('links', async ({ stage, site }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const yuna = await stage.member('Yuna', { viewport: sizes.phone })
  const noa = await stage.member('Noa', { viewport: sizes.desktop, locale: 'fr' })
  await stage.subscribe(yuna)
  const at = (path: string) => `http://${site.address}${path}`

  await test.step('at first nothing is looked up', async () => {
    await visit(noa.page)
    await visit(yuna.page)
    await say(yuna.page, 'public', `first ${at('/off')}`)
    await expect(log(noa.page, 'public').getByRole('link')).toHaveText(at('/off'))
    expect(site.asked).toEqual([])
  })

  await test.step('the creator is told what it means, and switches it on for the public chat', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await page.getByText(t('settings.modes')).click()
    const choice = page.getByRole('switch', { name: t('previews.show') })
    await expect(choice).not.toBeChecked()
    await expect(page.getByText(t('previews.note'))).toBeVisible()
    await page.getByText(t('space.name'), { exact: true }).last().click()
    await expect(page.getByText(t('previews.noteSpace'))).toBeVisible()
    await choice.scrollIntoViewIfNeeded()
    await picture(page, 'links-setting')
    await page.getByText(t('chat.public'), { exact: true }).last().click()
    await choice.click()
    await expect(choice).toBeChecked()
    await accessible(page, 'the setting for links')
  })

  await test.step('everybody in the room sees what a link leads to, as text', async () => {
    await say(yuna.page, 'public', `look: ${at('/cups')}, and ${at('/second')}`)
    for (const page of [yuna.page, noa.page, ada.page]) {
      const shown = plate(page, 'public', 'Two cups & a <b>saucer</b>')
      await expect(shown).toBeVisible()
      await expect(shown).toContainText(`${site.address} · Clay Weekly`)
      await expect(shown).toHaveAttribute('href', at('/cups'))
      await expect(shown).toHaveAttribute('rel', 'noopener noreferrer nofollow ugc')
      await expect(log(page, 'public').getByTestId('link-plate')).toHaveCount(1)
    }
    await says(noa.page, at('/script'))
    await expect(plate(yuna.page, 'public', '<script>document.title = "taken"</script>')).toBeVisible()
    expect(await yuna.page.title()).not.toBe('taken')
    expect(site.asked).toEqual(['/cups', '/script'])
    expect([...site.agents].join()).toMatch(/^Subspace\/\S+ \(link previews/)
    await picture(yuna.page, 'links-phone')
    await picture(noa.page, 'links-desktop-fr')
    await picture(ada.page, 'links-cockpit')
    await accessible(yuna.page, 'a plate on a phone')
    await accessible(noa.page, 'a plate')
    await yuna.page.setViewportSize({ width: 320, height: 568 })
    await picture(yuna.page, 'links-phone-small')
    await yuna.page.setViewportSize(sizes.phone)
  })

  await test.step('whoever comes later sees it too', async () => {
    await visit(noa.page)
    await expect(plate(noa.page, 'public', 'Two cups')).toBeVisible()
  })

  await test.step('in the Sub Space nothing is looked up until the creator wants it there too', async () => {
    await spaceTab(yuna.page).click()
    await say(yuna.page, 'space', `quiet ${at('/quiet')}`)
    await ada.rest.call('PATCH', `/api/channels/${handle}`, { preview_space: true })
    await say(yuna.page, 'space', `inside ${at('/inside')}`)
    await expect(plate(yuna.page, 'space', 'Another page')).toBeVisible()
    expect(site.asked).toEqual(['/cups', '/script', '/inside'])
    await picture(yuna.page, 'links-space-phone')
    await expect(log(noa.page, 'public')).not.toContainText('Another page')
  })

  await test.step('in an update too, and in the dock', async () => {
    const thread = await ada.rest.call<{ id: string }>('POST', `/api/channels/${handle}/threads`, {
      kind: 'update',
      title: 'News',
    })
    const path = `/api/channels/${handle}/threads/${thread.id}/messages`
    await ada.rest.call('POST', path, { key: 'update-of-the-day', text: `read ${at('/cups')}` })
    const { page } = yuna
    await page.getByRole('button', { name: /^Threads/ }).click()
    await page.getByRole('button', { name: 'News' }).click()
    await expect(page.getByTestId('chat-log-thread').getByTestId('link-plate')).toContainText('Two cups')
    await picture(page, 'links-update-phone')
    const made = await ada.rest.call<{ url: string }>('POST', `/api/channels/${handle}/docks`, {
      label: 'OBS',
    })
    const address = new URL(made.url)
    secret(address.hash.slice(1))
    const { page: dock } = await stage.person('OBS', { viewport: { width: 320, height: 900 } })
    await dock.goto(address.pathname + address.hash)
    await expect(dock.getByTestId('chat-log-both').getByTestId('link-plate').first()).toBeVisible()
    await picture(dock, 'links-dock-320')
    await accessible(dock, 'plates in the dock')
  })

  await test.step('a removed message takes its plate with it', async () => {
    await ada.rest.call('PATCH', `/api/channels/${handle}`, { preview_public: false })
    const { events } = await ada.rest.call<{
      events: { seq: number; kind: string; data: { text?: string } }[]
    }>('GET', `/api/channels/${handle}/rooms/public/events`)
    const said = events.find(({ data }) => data.text?.startsWith('look: '))!
    await ada.rest.call('DELETE', `/api/channels/${handle}/rooms/public/messages/${said.seq}`)
    await expect(plate(noa.page, 'public', 'Two cups')).toHaveCount(0)
    await visit(noa.page)
    await expect(plate(noa.page, 'public', 'taken')).toBeVisible()
    await expect(plate(noa.page, 'public', 'Two cups')).toHaveCount(0)
    await says(noa.page, at('/again'))
    expect(site.asked).toEqual(['/cups', '/script', '/inside'])
  })
})
