import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { Question } from '../src/api/question'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const publication = () => page.getByTestId('publication').last()

/** The queue, with one question that was answered inside. */
function answered(change: Partial<Question>) {
  return (w: Page['server']['world']) => {
    const first = w.questions[0]!
    const reply = { name: 'Inès', text: 'Cone 6' }
    const { aired_at: _, ...rest } = first
    w.questions = [
      ...w.questions.slice(1),
      { ...rest, id: 'done', state: 'answered', room: 'space', audience: 'space', reply, ...change },
    ]
  }
}

beforeEach(() => page.viewport(1440, 900))
afterEach(() => opened.close())

describe('an answered question of the Sub Space', () => {
  it('is allowed to everybody by its asker alone, who may take that back', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber', change: answered({ mine: true }) })
    await page.getByRole('tab', { name: /Sub Space/ }).click()
    await page.getByRole('button', { name: /Questions/ }).click()
    const consent = publication().getByRole('checkbox', {
      name: 'Everybody may read this question and its answer',
    })
    await expect.element(consent).not.toBeChecked()
    await consent.click()
    await expect.element(consent).toBeChecked()
    await consent.click()
    await expect.element(consent).not.toBeChecked()
    const calls = opened.server.calls.filter((c) => c.endsWith('/consent'))
    expect(calls.map((c) => c.split(' ')[0])).toEqual(['PUT', 'DELETE'])
    expect(await audit()).toEqual([])
  })

  it('is published by the creator, where its asker allows it', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner', change: answered({ consented: true }) })
    await page
      .getByText(/answered/i)
      .last()
      .click()
    await expect.element(page.getByText('4 answered')).toBeVisible()
    await publication()
      .getByRole('button', { name: /^Publish/ })
      .click()
    await expect.element(publication()).toHaveTextContent('Everybody can read it.')
    await publication()
      .getByRole('button', { name: /^Take back/ })
      .click()
    await expect.element(publication().getByRole('button', { name: /^Publish/ })).toBeVisible()
  })

  it('cannot be published where its asker said nothing', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner', locale: 'fr', change: answered({}) })
    await page
      .getByText(/répondue/i)
      .last()
      .click()
    await expect.element(publication()).toHaveTextContent('La personne n’a pas accepté')
    expect(publication().getByRole('button').query()).toBeNull()
  })
})
