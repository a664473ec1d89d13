import { log, say, spaceTab, toThePayButton } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { expect, handle, password, test } from '../lib/fixtures.ts'
import { t } from '../lib/words.ts'

/** Some networks let no WebSocket through. Whoever sits behind one loses nothing but a moment. */
test('where no socket gets through, the rooms come as streams', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.person('Bea', { viewport: sizes.desktop })
  await bea.rest.call('POST', '/api/session/light', { name: 'Bea' })
  let refused = 0
  await bea.page.routeWebSocket(/\/ws$/, (socket) => {
    refused++
    void socket.close({ code: 1011 })
  })

  await ada.page.goto(`/cockpit/${handle}`)
  await bea.page.goto(`/c/${handle}`)

  await test.step('they talk in public', async () => {
    await say(bea.page, 'public', 'nothing but plain requests here')
    await expect(log(ada.page, 'public').getByText('nothing but plain requests here')).toBeVisible()
    await say(ada.page, 'public', 'they arrive all the same')
    await expect(log(bea.page, 'public').getByText('they arrive all the same')).toBeVisible()
    expect(refused).toBe(2)
  })

  await test.step('paying opens the door without a reload, and both talk inside', async () => {
    await spaceTab(bea.page).click()
    const pay = await toThePayButton(bea.page, password)
    await pay.click()
    await expect(bea.page.getByTestId('space-inside')).toBeAttached()
    await bea.page.getByRole('button', { name: t('inside.look') }).click()
    await say(bea.page, 'space', 'inside by a stream')
    await expect(log(ada.page, 'space').getByText('inside by a stream')).toBeVisible()
    await say(ada.page, 'space', 'welcome inside')
    await expect(log(bea.page, 'space').getByText('welcome inside')).toBeVisible()
  })
})
