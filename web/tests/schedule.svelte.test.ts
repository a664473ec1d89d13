import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { planned } from './fake-schedule'
import type { Role, World } from './fake-world'
import { openPage, type Page } from './visit-page'

describe('planned lives', () => {
  let opened: Page

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  const open = async (as: Role, change: (w: World) => void = () => {}, path = '/c/ines') => {
    opened = await openPage(path, { as, change })
  }
  const offline = (w: World) => {
    w.channel.live = null
    w.playback = { state: 'offline', url: '', reason: '' }
  }

  it('stand on the page of a channel that is offline, and all of them in a sheet', async () => {
    await open('full', (w) => {
      offline(w)
      w.dates.lives = [
        planned('p1', 'Raku in the garden', 1, { cancelled: true }),
        planned('p2', 'Glaze tests', 2, { minutes: 90 }),
      ]
    })
    await expect.element(page.getByTestId('next-live')).toHaveTextContent('Glaze tests')
    await page.getByRole('button', { name: 'All dates' }).click()
    const list = page.getByTestId('schedule')
    await expect.element(list).toHaveTextContent('Raku in the garden Cancelled')
    const at = opened.server.world.dates.lives[1]!.starts
    expect(document.querySelectorAll('dialog time')[1]!.getAttribute('datetime')).toBe(at)
    const hour = new Date(at).toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' })
    await expect.element(list).toHaveTextContent(hour)
    await page.getByRole('button', { name: 'Add to my calendar' }).click()
    await expect
      .element(page.getByLabelText('Calendar address', { exact: true }))
      .toHaveValue(`${location.origin}/api/calendar/secret-of-a-test/lives.ics`)
    await page.getByRole('switch', { name: /Mail me/ }).click()
    await expect.poll(() => opened.server.calls).toContain('PUT /api/channels/ines/schedule/letters')
  })

  it('leave no empty place where nothing is planned', async () => {
    await open('anonymous', offline)
    await expect.element(page.getByText('Not live right now.')).toBeVisible()
    await expect.poll(() => opened.server.calls).toContain('GET /api/channels/ines/schedule')
    await expect.element(page.getByTestId('next-live')).not.toBeInTheDocument()
  })

  it('are read again when one is edited, and a change is said once', async () => {
    await open('full', (w) => {
      offline(w)
      w.dates.lives = [planned('p1', 'Raku', 1)]
    })
    await expect.element(page.getByTestId('next-live')).toHaveTextContent('Raku')
    const { server } = opened
    server.world.dates.lives = [planned('p1', 'Raku', 3)]
    server.happen('public', 'schedule.edited', {})
    const [live] = server.world.dates.lives
    await expect.poll(() => document.querySelector('time')?.getAttribute('datetime')).toBe(live!.starts)
    server.happen('public', 'schedule.changed', {
      ...{ plan: 'p1', title: 'Raku', starts: live!.starts },
      ...{ was: planned('p1', '', 1).starts, cancelled: false },
    })
    await expect.element(page.getByTestId('schedule-news')).toHaveTextContent('Another date: Raku is now')
    await page.getByTestId('schedule-news').getByRole('button', { name: 'Close' }).click()
    await expect.element(page.getByTestId('schedule-news')).not.toBeInTheDocument()
  })

  it('are a list inside', async () => {
    await open('subscriber', (w) => (w.dates.lives = [planned('p1', 'Inside only', 1, { private: true })]))
    await page.getByRole('tab').nth(1).click()
    await page.getByRole('button', { name: 'Dates', exact: true }).click()
    await expect.element(page.getByTestId('schedule')).toHaveTextContent('Inside only')
    await expect.element(page.getByLabelText('For those inside')).toBeVisible()
  })

  it('are planned, changed and called off in the cockpit', async () => {
    await open('owner', () => {}, '/cockpit/ines')
    await page.getByText('Schedule', { exact: true }).click()
    await page.getByRole('button', { name: 'Plan a live' }).click()
    await page.getByLabelText('Title of the live').fill('Raku')
    await page.getByLabelText('Starts').fill('2027-02-03T20:30')
    await page.getByRole('switch', { name: /For subscribers only/ }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    const starts = new Date(2027, 1, 3, 20, 30).toISOString()
    await expect
      .poll(() => opened.server.bodies)
      .toContainEqual({ title: 'Raku', starts, minutes: 0, private: true })
    await page.getByRole('button', { name: 'Change Raku' }).click()
    await expect.element(page.getByLabelText('Starts')).toHaveValue('2027-02-03T20:30')
    await page.getByLabelText('Title of the live').fill('Raku again')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => opened.server.bodies).toContainEqual({ title: 'Raku again', starts, minutes: 0 })
    await page.getByRole('button', { name: 'Cancel Raku again' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    expect(opened.server.calls.filter((c) => c.startsWith('DELETE'))).toEqual([])
    await page.getByRole('button', { name: 'Cancel Raku again' }).click()
    await page.getByRole('button', { name: 'Yes, cancel it' }).click()
    await expect.element(page.getByTestId('schedule')).toHaveTextContent('Cancelled')
  })
})
