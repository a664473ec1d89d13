import { afterEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { LiveFigures } from '../src/api/insight'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
afterEach(() => opened.close())
const figures = () => page.getByTestId('figures')

const now: LiveFigures = {
  ...{ broadcast: 'b', title: 'Throwing', started: '2026-11-22T18:00:00.000Z', ended: null },
  ...{ messages: { public: 1204, space: 88 }, followers: 12, sign_ups: 3, gifts: 2 },
  sales: [
    { count: 4, paid: { minor: 2496, currency: 'EUR' } },
    { count: 1, paid: { minor: 599, currency: 'USD' } },
  ],
}

describe('the figures of a live', () => {
  it('stand at the creator’s desk, and follow what happens', async () => {
    await page.viewport(1440, 900)
    opened = await openPage('/cockpit/ines', { as: 'owner', change: (w) => (w.figures = now) })
    await expect.element(figures()).toHaveTextContent(/This live.*1,204.*88.*3.*2.*12/)
    await expect.element(figures()).toHaveTextContent('5 sales')
    await expect.element(figures()).toHaveTextContent('€24.96 · $5.99')
    opened.server.world.figures = { ...now, gifts: 7 }
    opened.server.happen('public', 'gift.given', {
      ...{ name: 'Bea', tier: 't', tier_name: '', people: 5, months: 1, to: [] },
    })
    await expect.element(figures()).toHaveTextContent(/Gifts ?7/)
    expect(await audit()).toEqual([])
  })

  it('are those of the last live after its end, in French on a phone', async () => {
    await page.viewport(390, 844)
    opened = await openPage('/cockpit/ines', {
      ...{ as: 'owner', locale: 'fr' },
      change: (w) => (w.figures = { ...now, ended: '2026-11-22T20:00:00.000Z', sales: [] }),
    })
    await page.getByRole('button', { name: 'Réglages de la chaîne' }).click()
    await expect.element(figures()).toHaveTextContent(/Le direct du 22/)
    await expect.element(figures()).toHaveTextContent('0 vente')
    expect(await audit()).toEqual([])
  })

  it('are not asked for by a moderator, whose they are not', async () => {
    await page.viewport(1440, 900)
    opened = await openPage('/cockpit/ines', { as: 'moderator', change: (w) => (w.figures = now) })
    await expect.element(page.getByTestId('question-queue')).toBeVisible()
    expect(figures().query()).toBeNull()
    expect(opened.server.calls).not.toContain('GET /api/channels/ines/figures')
  })
})
