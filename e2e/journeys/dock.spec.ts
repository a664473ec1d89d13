import { ask, log, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import { secret } from '../lib/place.ts'
import { t } from '../lib/words.ts'

const rest = <T>(who: Person, method: string, path: string, body?: object) =>
  who.rest.call<T>(method, `/api/channels/${handle}${path}`, body)

/** A creator keeps a dock open in OBS: it works without signing in, and ends when its address is revoked. */
test('dock', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  await stage.subscribe(bea)
  const obs = await stage.person('OBS', { viewport: { width: 320, height: 800 } })
  const { page: dock } = obs
  let address = ''

  /** What the dock asks and is asked over the network, for secrets. */
  const asked: string[] = []
  dock.on('request', (request) => asked.push(request.url()))
  dock.on('websocket', (socket) => asked.push(socket.url()))

  await test.step('the creator makes an address, which is told once', async () => {
    const { page } = ada
    await visit(page, `/cockpit/${handle}`)
    await page.getByText(t('settings.overlay'), { exact: true }).click()
    await page.getByLabel(t('dock.label')).fill('Studio')
    await page.getByRole('button', { name: t('dock.make') }).click()
    const field = page.getByRole('textbox', { name: t('dock.address') })
    await page.getByRole('button', { name: t('copy.show', { what: t('dock.address') }) }).click()
    address = await field.inputValue()
    secret(address.split('#')[1]!)
    await page.getByRole('button', { name: t('copy.show', { what: t('dock.address') }) }).click()
    await page.getByTestId('docks').scrollIntoViewIfNeeded()
    await picture(page, 'dock-made-desk-en')
    await accessible(page, 'an address of a dock')
    await page.reload()
    await page.getByText(t('settings.overlay'), { exact: true }).click()
    await expect(page.getByTestId('docks')).toContainText('Studio')
    await expect(page.getByTestId('docks')).toContainText(t('dock.unused'))
    await expect(field).toHaveCount(0)
  })

  await test.step('without any cookie the dock shows both rooms and who is there', async () => {
    await dock.goto(new URL(address).pathname + new URL(address).hash)
    await expect(dock.getByTestId('viewers')).toBeVisible()
    await expect(dock.getByTestId('inside')).toBeVisible()
    expect(await obs.context.cookies()).toEqual([])
    await rest(bea, 'POST', '/rooms/public/messages', { key: crypto.randomUUID(), text: 'Good evening' })
    await rest(bea, 'POST', '/rooms/space/messages', {
      key: crypto.randomUUID(),
      text: 'Good evening inside',
    })
    const chat = dock.getByTestId('chat-log-both')
    await expect(chat.locator('.msg:not(.locked)')).toContainText('Good evening')
    await expect(chat.locator('.msg.locked')).toContainText('Good evening inside')
  })

  await test.step('a question is asked, goes on air from the dock, and is answered there', async () => {
    await visit(bea.page)
    await spaceTab(bea.page).click()
    await ask(bea.page, 'How do you stop the drips?')
    await expect(dock.getByTestId('dock-queue')).toContainText('How do you stop the drips?')
    await picture(dock, 'dock-queue-320-en')
    await dock.getByRole('button', { name: t('queue.air') }).click()
    await expect(bea.page.getByTestId('on-air').first()).toContainText('How do you stop the drips?')
    await expect(dock.getByTestId('on-air')).toContainText('How do you stop the drips?')
    await accessible(dock, 'the dock with a question on air')
    await picture(dock, 'dock-on-air-320-en')
    await dock.getByRole('button', { name: t('queue.answered') }).click()
    await expect(dock.getByTestId('on-air')).toHaveCount(0)
    await expect(bea.page.getByTestId('on-air')).toHaveCount(0)
  })

  await test.step('a poll is followed and closed', async () => {
    const { id } = await rest<{ id: string }>(ada, 'POST', '/polls', {
      ...{ key: crypto.randomUUID(), question: 'Which glaze?', room: 'space' },
      ...{ options: ['Celadon', 'Shino'], changeable: true, results: 'end' },
    })
    await rest(bea, 'PUT', `/polls/${id}/vote`, { option: 1 })
    const poll = dock.getByTestId('dock-poll')
    await expect(poll).toContainText(t('poll.votes.one', { n: '1', share: '100%' }))
    await picture(dock, 'dock-poll-320-en')
    await poll.getByRole('button', { name: t('dock.closePoll') }).click()
    await expect(poll).toHaveCount(0)
    const { polls } = await rest<{ polls: { closed_at: string | null }[] }>(bea, 'GET', '/polls?room=space')
    expect(polls[0]!.closed_at).not.toBeNull()
  })

  await test.step('what is written in the dock is written by the creator, to those inside', async () => {
    await dock.getByRole('button', { name: t('cockpit.toSpace') }).click()
    await dock.getByLabel(t('cockpit.writeSpace'), { exact: true }).fill('Only for us')
    await dock.keyboard.press('Enter')
    await expect(log(bea.page, 'space').getByText('Only for us')).toBeVisible()
    await expect(dock.getByTestId('chat-log-both').locator('.msg.locked').last()).toContainText('Only for us')
    const { events } = await rest<{ events: { kind: string; data: { author?: { name: string } } }[] }>(
      ...([bea, 'GET', '/rooms/space/events'] as const),
    )
    expect(events.filter((e) => e.kind === 'message.posted').at(-1)!.data.author!.name).toBe('Ada')
  })

  await test.step('in other sizes, in French, and with somebody’s cookie it is the same dock', async () => {
    for (const [width, height, lang] of [
      [280, 600, 'fr'],
      [400, 900, 'fr'],
      [400, 900, 'en'],
    ] as const) {
      const storageState = await bea.context.storageState()
      const { page } = await stage.person('OBS', { viewport: { width, height }, storageState })
      await page.goto(new URL(address).pathname + new URL(address).hash + `&lang=${lang}`)
      await expect(page.getByTestId('inside')).toBeVisible()
      await expect(page.locator('html')).toHaveAttribute('lang', lang)
      await expect(page.getByTestId('chat-log-both')).toContainText('Only for us')
      await accessible(page, `the dock, ${width} × ${height}, ${lang}`)
      await picture(page, `dock-${width}x${height}-${lang}`)
      await page.close()
    }
  })

  await test.step('a dock that lost the server says so and comes back', async () => {
    await obs.context.setOffline(true)
    await expect(dock.getByTestId('reconnecting')).toBeVisible()
    await rest(bea, 'POST', '/rooms/public/messages', {
      key: crypto.randomUUID(),
      text: 'while you were away',
    })
    await obs.context.setOffline(false)
    await expect(dock.getByTestId('chat-log-both')).toContainText('while you were away')
  })

  await test.step('revoked, it says so within a second and shows nothing more', async () => {
    const { page } = ada
    await page.reload()
    await page.getByText(t('settings.overlay'), { exact: true }).click()
    await expect(page.getByTestId('docks')).not.toContainText(t('dock.unused'))
    await page.getByTestId('docks').scrollIntoViewIfNeeded()
    await picture(page, 'dock-list-desk-en')
    await page.getByRole('button', { name: t('dock.revokeLabel', { label: 'Studio' }) }).click()
    await expect(dock.getByTestId('dock-over')).toBeVisible({ timeout: 3_000 })
    await expect(dock.getByText('Only for us')).toHaveCount(0)
    await picture(dock, 'dock-over-320-en')
    await accessible(dock, 'a revoked dock')
    await dock.reload()
    await expect(dock.getByTestId('dock-over')).toBeVisible()
  })

  await test.step('its secret went into no address', async () => {
    const { hash } = new URL(address)
    expect(asked.length).toBeGreaterThan(10)
    for (const url of asked) expect(url.split('#')[0]).not.toContain(hash.slice(1))
  })
})
