import { air, ask, log, onAir, say, spaceTab, toThePayButton } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import {
  expect,
  handle,
  keepSecrets,
  makeStage,
  password,
  test as base,
  type Person,
} from '../lib/fixtures.ts'
import { freshDatabase, startNats } from '../lib/nodes.ts'
import { serve, type Server } from '../lib/server.ts'
import { like, t } from '../lib/words.ts'

/**
 * The creator on one node, the subscriber on another: one PostgreSQL, one NATS. The picture stays on the node
 * that takes it in; everything else is the same everywhere.
 */
base('two nodes are one place', async ({ browser }) => {
  const nats = await startNats()
  const database = freshDatabase()
  const shared = ['--database', database, '--nats', nats.url]
  const a = await serve('node-a', ...shared)
  const people: Person[] = []
  let b: Server | undefined
  try {
    const stage = makeStage(browser, a, people, [])
    const ada = await stage.creator({ viewport: sizes.desktop })
    b = await serve('node-b', ...shared)
    const bea = await stage.person('Bea', { viewport: sizes.desktop, at: b })
    await bea.rest.call('POST', '/api/session/light', { name: 'Bea' })

    await ada.page.goto(`/cockpit/${handle}`)
    await bea.page.goto(`/c/${handle}`)

    await base.step('they talk in public', async () => {
      await say(bea.page, 'public', 'hello from the other node')
      await expect(log(ada.page, 'public').getByText('hello from the other node')).toBeVisible()
      await say(ada.page, 'public', 'welcome to this one')
      await expect(log(bea.page, 'public').getByText('welcome to this one')).toBeVisible()
    })

    await base.step('subscribing opens the door, and both talk inside', async () => {
      await spaceTab(bea.page).click()
      const pay = await toThePayButton(bea.page, password)
      await pay.click()
      await expect(bea.page.getByTestId('space-inside')).toBeAttached()
      await bea.page.getByRole('button', { name: t('inside.look') }).click()
      await say(bea.page, 'space', 'inside, from the other node')
      await expect(log(ada.page, 'space').getByText('inside, from the other node')).toBeVisible()
      await say(ada.page, 'space', 'inside, from this one')
      await expect(log(bea.page, 'space').getByText('inside, from this one')).toBeVisible()
    })

    await base.step('a question goes on air on both', async () => {
      await ask(bea.page, 'do you hear me over there')
      await air(ada.page, 'do you hear me over there')
      await expect(onAir(bea.page)).toContainText('do you hear me over there')
      await ada.page
        .getByRole('button', { name: like('queue.answered') })
        .first()
        .click()
      await expect(bea.page.getByTestId('on-air')).toHaveCount(0)
    })

    await base.step('a session of one node is a session of the other', async () => {
      const other = await browser.newContext({
        storageState: await bea.context.storageState(),
        baseURL: a.url,
      })
      const session = await other.request.get(`${a.url}/api/session`)
      expect(((await session.json()) as { account: { name: string } | null }).account?.name).toBe('Bea')
      await other.close()
    })

    await base.step('a ban on one node closes the door on the other at once', async () => {
      const { account } = (await bea.rest.call('GET', '/api/session')) as { account: { id: string } }
      const banned = Date.now()
      await ada.rest.call('POST', `/api/channels/${handle}/sanctions`, {
        account: account.id,
        kind: 'ban',
        reason: 'a test',
      })
      await expect(bea.page.getByTestId('space-inside')).toHaveCount(0, { timeout: 5_000 })
      console.log(`figure: banned on one node to the door closed on the other in ${Date.now() - banned} ms`)
      const read = await bea.rest.try('GET', `/api/channels/${handle}/rooms/space/events`)
      expect(read.status()).toBe(403)
    })

    for (const { name, troubles } of people)
      expect.soft(troubles, `errors on the page of ${name}`).toEqual([])
  } finally {
    for (const person of people) await keepSecrets(person).catch(() => {})
    for (const { context } of people) await context.close()
    await a.stop()
    await b?.stop()
    await nats.stop()
  }
})
