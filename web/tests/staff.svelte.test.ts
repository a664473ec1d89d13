import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const section = (name: string) => page.getByText(name, { exact: true })
const writes = () => opened.server.calls.filter((c) => !c.startsWith('GET') && !c.endsWith('/visit'))

beforeEach(() => page.viewport(1440, 900))
afterEach(() => opened.close())

describe('the grades of moderators', () => {
  it('are given with the name, changed in the list, and taken', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await section('Moderators').click()
    const mods = page.getByTestId('moderators')
    await expect
      .element(mods)
      .toHaveTextContent('removes, pins and announces, and times out for an hour at most')
    await mods.getByLabelText('Account name').fill('Noor')
    await mods.getByRole('combobox', { name: /^As/ }).selectOptions('Assistant')
    await mods.getByRole('button', { name: 'Appoint' }).click()
    await mods.getByLabelText('Grade of Maud').selectOptions('Lead moderator')
    await expect.element(mods.getByLabelText('Grade of Maud')).toHaveValue('lead')
    await mods.getByRole('button', { name: 'Remove Noor' }).click()
    await expect.poll(() => mods.getByText('Noor').query()).toBeNull()
    expect(writes()).toEqual([
      'PUT /api/channels/ines/moderators/Noor',
      'PUT /api/channels/ines/moderators/Maud',
      'DELETE /api/channels/ines/moderators/Noor',
    ])
    expect(opened.server.bodies.slice(-3, -1)).toEqual([{ grade: 'assistant' }, { grade: 'lead' }])
    expect(await audit()).toEqual([])
  })

  it('decide what is there to change', async () => {
    const shown = async (grade: 'assistant' | 'moderator' | 'lead') => {
      opened = await openPage('/cockpit/ines', {
        as: 'moderator',
        change: (w) => void (w.channel.me.grade = grade),
      })
      await expect.element(section('Time-outs and bans')).toBeInTheDocument()
      const names = ['Blocked terms', 'What staff did', 'Moderators', 'Overlay']
      const there = names.filter((name) => section(name).query())
      await opened.close()
      return there
    }
    expect(await shown('assistant')).toEqual([])
    expect(await shown('moderator')).toEqual(['Blocked terms', 'What staff did'])
    expect(await shown('lead')).toEqual(['Blocked terms', 'What staff did', 'Moderators'])
    opened = await openPage('/cockpit/ines', { as: 'owner' })
  })
})

describe('what staff did', () => {
  for (const [locale, title, lines] of [
    [
      'en',
      'What staff did',
      ['Sanction of Zed_99', 'Reason: selling followers', 'Slow: 0 sec → 30 sec', 'Maud (Moderator)'],
    ],
    [
      'fr',
      'Journal de l’équipe',
      ['Sanction de Zed_99', 'Motif : selling followers', 'Lent: 0 s → 30 s', 'Maud (Modérateur)'],
    ],
  ] as const)
    it(`says who, whom, why and how it stood (${locale})`, async () => {
      opened = await openPage('/cockpit/ines', { as: 'owner', locale })
      await section(title).click()
      for (const line of lines) await expect.element(page.getByTestId('audit')).toHaveTextContent(line)
      expect(await audit()).toEqual([])
    })

  it('shows an act that this version does not know as it is called', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await section('What staff did').click()
    await expect.element(page.getByTestId('audit')).toHaveTextContent('quarrel.settled')
    await expect.element(page.getByTestId('audit')).toHaveTextContent('mood: before: nothing → calm')
  })
})

describe('shutting somebody out', () => {
  const opens = async (as: 'owner' | 'moderator', grade: string) => {
    opened = await openPage('/c/ines', {
      as,
      change: (w) => void Object.assign(w.channel.me, { grade }),
    })
    await page.getByRole('button', { name: 'Actions for the message of Noa' }).first().click()
    await page.getByRole('menuitem', { name: 'Time out or ban' }).click()
  }

  it('says on the button what it does', async () => {
    await opens('owner', 'none')
    await expect.element(page.getByRole('button', { name: 'Time out, 10 min' })).toBeVisible()
    await page.getByRole('radio', { name: 'Ban' }).click({ force: true })
    await page.getByRole('button', { name: 'Ban', exact: true }).click()
    await expect.poll(() => opened.server.bodies.at(-1)).toMatchObject({ kind: 'ban' })
  })

  it('offers an assistant what is not refused to them', async () => {
    await opens('moderator', 'assistant')
    await expect.element(page.getByRole('radio', { name: 'Time out, 1 hr' })).toBeInTheDocument()
    expect(page.getByRole('radio').elements().length).toBe(2)
    expect(await audit()).toEqual([])
  })
})

describe('notes on a person', () => {
  it('are read, written and dropped where they are sanctioned', async () => {
    opened = await openPage('/c/ines', { as: 'owner' })
    await page.getByRole('button', { name: 'Actions for the message of Noa' }).first().click()
    await page.getByRole('menuitem', { name: 'Time out or ban' }).click()
    const notes = page.getByTestId('notes')
    await notes.getByLabelText('New note').fill('warned on Tuesday')
    await notes.getByRole('button', { name: 'Save' }).click()
    await expect.element(notes).toHaveTextContent('warned on Tuesday')
    expect(await audit()).toEqual([])
    await notes.getByRole('button', { name: 'Drop warned on Tuesday' }).click()
    await expect.element(notes).toHaveTextContent('Nobody wrote one yet')
  })
})
