import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { anEmote } from './fake-emotes'
import { people, type Role, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const field = (room = 'public') =>
  document.querySelector<HTMLInputElement>(`[data-composer=${room}] [data-words]`)!
const picker = () => page.getByTestId('emote-picker')
const names = () => [...document.querySelectorAll('[data-pick]')].map((b) => b.getAttribute('aria-label'))

beforeEach(async () => {
  localStorage.removeItem('subspace.emoji')
  await page.viewport(1280, 900)
})
afterEach(() => opened.close())

async function watch(as: Role = 'light', change?: (w: World) => void, locale = 'en') {
  opened = await openPage('/c/ines', { as, locale, ...(change ? { change } : {}) })
  await expect.element(page.getByTestId('emote-open')).toBeVisible()
}
async function opens() {
  await page.getByTestId('emote-open').click()
  await expect.element(picker()).toBeVisible()
  await expect.poll(() => document.querySelectorAll('[role=tab][id*=g]').length).toBeGreaterThan(8)
}

describe('the picker', () => {
  it('offers the emotes of the channel, those of a dearer tier locked', async () => {
    await watch()
    await opens()
    await expect.poll(names).toEqual([':wave:', ':bowl:', ':flame:, locked, from Kiln on'])
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: ':flame:' }).click()
    await expect.element(picker()).toHaveTextContent('For subscribers, from Kiln on.')
    expect(field().value).toBe('')
    await page.getByRole('button', { name: ':wave:' }).click()
    expect(field().value).toBe(':wave: ')
    await expect.element(picker()).toHaveTextContent('shows that you subscribe')
  })

  it('lets a visitor without a name pick what is for everybody', async () => {
    await watch('anonymous', (w) => (w.emotes = [anEmote('wave', 0, false), anEmote('bowl', 1, false)]))
    await opens()
    await expect.poll(names).toEqual([':wave:', ':bowl:, locked, for subscribers'])
    await page.getByRole('button', { name: ':wave:' }).click()
    expect(field().value).toBe(':wave: ')
  })

  it('puts emoji in at the caret by keyboard alone, and gives the focus back', async () => {
    await watch()
    field().focus()
    await userEvent.keyboard('so nice')
    field().setSelectionRange(2, 2)
    await opens()
    await expect.poll(() => document.activeElement?.getAttribute('aria-label')).toBe('Search')
    await userEvent.keyboard('grinning')
    await expect.poll(() => names()[0]).toBe('grinning face')
    await userEvent.keyboard('{Enter}')
    expect(field().value).toBe('so😀 nice')
    await userEvent.keyboard('{ArrowDown}{ArrowRight}')
    expect(document.activeElement?.getAttribute('aria-label')).toBe(names()[1])
    await userEvent.keyboard('{Enter}')
    expect(field().value.startsWith('so😀')).toBe(true)
    expect(field().value.length).toBeGreaterThan('so😀 nice'.length)
    await userEvent.keyboard('{Escape}')
    await expect.poll(() => document.activeElement).toBe(field())
    expect(field().selectionStart).toBe(field().value.length - ' nice'.length)
    await expect.element(picker()).not.toBeInTheDocument()
  })

  it('moves through the grid with the arrows, up into the search, and between groups', async () => {
    await watch()
    await opens()
    const on = () => document.activeElement as HTMLElement
    await userEvent.keyboard('{ArrowDown}')
    await expect.poll(() => on().dataset.pick).toBeDefined()
    await userEvent.keyboard('{ArrowUp}')
    expect(on().tagName).toBe('INPUT')
    await page.getByRole('tab', { name: 'smileys & emotion' }).click()
    await userEvent.keyboard('{ArrowRight}')
    await expect.poll(() => on().getAttribute('aria-label')).toBe('people & body')
    await userEvent.keyboard('{ArrowDown}{ArrowDown}')
    const all = [...document.querySelectorAll<HTMLElement>('[data-pick]')]
    const first = all.filter((b) => b.offsetTop === all[0]!.offsetTop).length
    expect(on()).toBe(all[first])
    await userEvent.keyboard('{End}')
    expect(on()).toBe(all.at(-1))
    // A letter is looked for.
    await userEvent.keyboard('w')
    expect(on().tagName).toBe('INPUT')
    expect((on() as HTMLInputElement).value).toBe('w')
    expect(await audit()).toEqual([])
  })

  it('speaks French, and finds what has an accent without one', async () => {
    await watch('light', undefined, 'fr')
    await opens()
    await expect.element(page.getByRole('tab', { name: 'Emotes de cette chaîne' })).toBeVisible()
    await userEvent.keyboard('etoile')
    await expect.poll(() => names().some((n) => n?.includes('étoile'))).toBe(true)
    await userEvent.keyboard('zzzz')
    await expect.element(picker()).toHaveTextContent('Rien ne porte ce nom.')
    expect(await audit()).toEqual([])
  })

  it('keeps what was used in this browser, and shows it the next time', async () => {
    await watch()
    await opens()
    await userEvent.keyboard('pizza{Enter}{Escape}')
    await opens()
    await page.getByRole('tab', { name: 'Recently used' }).click()
    expect(names()).toEqual(['pizza'])
    await page.getByRole('button', { name: 'pizza' }).click()
    expect(field().value).toBe('🍕🍕')
  })

  it('stands within 320 pixels above the words, and a press beside it closes it', async () => {
    await page.viewport(320, 640)
    await watch()
    await opens()
    const box = () => picker().element().getBoundingClientRect()
    const form = () => field().closest('form')!.getBoundingClientRect()
    await expect.poll(() => box().bottom <= form().top).toBe(true)
    expect(box().left).toBeGreaterThanOrEqual(0)
    expect(box().right).toBeLessThanOrEqual(320)
    expect(box().top).toBeGreaterThanOrEqual(0)
    expect(box().height).toBeGreaterThan(200)
    // It follows when the window changes, and whoever was in it stays where they were.
    await page.getByRole('button', { name: ':wave:' }).click()
    const { bottom } = box()
    await page.viewport(390, 844)
    await expect.poll(() => box().bottom > bottom && box().bottom <= form().top).toBe(true)
    expect((document.activeElement as HTMLElement).dataset.pick).toBeDefined()
    await page.viewport(320, 640)
    await expect.poll(() => box().bottom <= form().top).toBe(true)
    await page.getByTestId('emote-open').click()
    await expect.element(picker()).not.toBeInTheDocument()
    await opens()
    await userEvent.click(field())
    await expect.element(picker()).not.toBeInTheDocument()
  })

  it('says so when the emotes cannot be read, and has the emoji all the same', async () => {
    await watch('light', (w) => (w.refuseEmote = 'unavailable'))
    await opens()
    await expect.element(picker().getByRole('alert')).toBeVisible()
    expect(names().length).toBeGreaterThan(50)
  })

  it('is there in the cockpit on a phone too', async () => {
    await page.viewport(390, 844)
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await page.getByTestId('emote-open').click()
    await expect.element(picker()).toBeVisible()
    await expect.poll(names).toContain(':flame:, locked, from Kiln on')
    expect(document.querySelectorAll('[role=tab][aria-selected=true]')).toHaveLength(1)
    await expect.element(picker()).not.toHaveTextContent('shows that you subscribe')
    await page.getByRole('button', { name: ':wave:' }).click()
    expect(field().value).toBe(':wave: ')
  })
})

describe('emotes in messages', () => {
  const log = () => page.getByTestId('chat-log-public')
  const images = () => [...log().element().querySelectorAll('.t img')].map((i) => i.getAttribute('alt'))

  it('stand where the event says, and nowhere else, as pictures with their code', async () => {
    await watch()
    opened.server.happen('public', 'message.posted', {
      author: people.theo,
      text: 'hi :old: :wave: <b>:old:</b> 12:30:45',
      emotes: [{ code: 'old', id: 'gone' }],
    })
    await expect.poll(images).toEqual([':old:', ':old:'])
    await expect.element(log()).toHaveTextContent('hi :wave: <b></b> 12:30:45')
    const image = log().element().querySelector('.t img')!
    expect(image.getAttribute('src')).toBe('/api/emotes/gone')
    expect(await audit()).toEqual([])
  })

  it('stand beside the names of those who are meant, and in what is pinned', async () => {
    await watch()
    const data = {
      author: people.theo,
      text: ':wave: @Noa',
      emotes: [{ code: 'wave', id: 'w' }],
      mentions: [{ id: 'noa', name: 'Noa' }],
    }
    const { seq } = opened.server.happen('public', 'message.posted', data)
    await expect.poll(images).toEqual([':wave:'])
    expect(log().element().querySelector('.t mark')?.textContent).toBe('@Noa')
    opened.server.happen('public', 'message.pinned', { ...data, seq, by: 'owner' })
    await expect.poll(() => page.getByTestId('pinned').element().querySelector('img')?.alt).toBe(':wave:')
  })

  it('are offered while a code is typed: those that one may use', async () => {
    await watch('light', (w) => (w.emotes = [...w.emotes, anEmote('waver'), anEmote('wax', 2, false)]))
    field().focus()
    await userEvent.keyboard('hello :wa')
    const offers = () =>
      page
        .getByTestId('codes')
        .getByRole('option')
        .elements()
        .map((o) => o.textContent?.trim())
    await expect.poll(offers).toEqual([':wave:', ':waver:'])
    expect(await audit()).toEqual([])
    await userEvent.keyboard('{ArrowDown}{Enter}')
    await expect.poll(() => field().value).toBe('hello :waver: ')
    await userEvent.keyboard('{Enter}')
    await expect.poll(images).toEqual([':waver:'])
  })
})

describe('the creator', () => {
  const calls = () => opened.server.calls.filter((c) => c.includes('/emotes') && !c.startsWith('GET'))
  const file = (name = 'Ça va.png', bytes = 10) =>
    new File([new Uint8Array(bytes)], name, { type: 'image/png' })

  async function desk(change?: (w: World) => void) {
    opened = await openPage('/cockpit/ines/subscriptions', { as: 'owner', ...(change ? { change } : {}) })
    await page.getByRole('tab', { name: 'Emotes' }).click()
    await expect.element(page.getByRole('button', { name: 'Add an emote' })).toBeVisible()
  }
  function choose(of: File) {
    const input = document.querySelector<HTMLInputElement>('input[type=file]')!
    const chosen = new DataTransfer()
    chosen.items.add(of)
    input.files = chosen.files
    input.dispatchEvent(new Event('change', { bubbles: true }))
  }

  it('adds one, says who may use it, renames and removes it', async () => {
    await desk()
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Add an emote' }).click()
    choose(file())
    // It is called after its file, until it is called otherwise.
    await expect.element(page.getByLabelText(/^Code/)).toHaveValue('ca_va')
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Add an emote' }).click()
    await expect.element(page.getByTestId('emote-ca_va')).toHaveTextContent('Everybody')
    await page.getByRole('button', { name: 'Change :ca_va:' }).click()
    await page.getByLabelText(/^Code/).fill('salut')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.element(page.getByRole('heading', { name: ':salut:' })).toBeVisible()
    await page.getByRole('button', { name: 'Remove :salut:' }).click()
    await expect.element(page.getByText('Messages that hold it keep it.')).toBeVisible()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await expect.element(page.getByTestId('emote-salut')).not.toBeInTheDocument()
    expect(calls()).toEqual([
      'POST /api/channels/ines/emotes',
      'PATCH /api/channels/ines/emotes/e-ca_va',
      'DELETE /api/channels/ines/emotes/e-ca_va',
    ])
  })

  it('is told what is wrong before and after it is sent', async () => {
    await desk()
    await page.getByRole('button', { name: 'Add an emote' }).click()
    choose(file('huge.png', 600 * 1024))
    await expect.element(page.getByRole('alert')).toHaveTextContent('at most 512 KB')
    choose(file('30.png'))
    await page.getByLabelText(/^Code/).fill('No way')
    await expect.element(page.getByRole('button', { name: 'Add an emote' })).toBeDisabled()
    await page.getByLabelText(/^Code/).fill('wave')
    opened.server.world.refuseEmote = 'emote_code_taken'
    await page.getByRole('button', { name: 'Add an emote' }).click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('has this code')
  })

  it('is told what to do where there are none, and that they cannot be read', async () => {
    await desk((w) => (w.emotes = []))
    await expect.element(page.getByText('No emotes yet')).toBeVisible()
    expect(await audit()).toEqual([])
    await opened.close()
    opened = await openPage('/cockpit/ines/subscriptions', {
      as: 'owner',
      change: (w) => (w.refuseEmote = 'unavailable'),
    })
    await page.getByRole('tab', { name: 'Emotes' }).click()
    await expect.element(page.getByRole('button', { name: 'Retry' })).toBeVisible()
    opened.server.world.refuseEmote = ''
    await page.getByRole('button', { name: 'Retry' }).click()
    await expect.element(page.getByTestId('emote-wave')).toBeVisible()
  })
})
