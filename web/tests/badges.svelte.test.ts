import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { people, threeTiers, type World } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const calls = () => opened.server.calls.filter((c) => c.includes('/badges/'))

async function badges(change: (w: World) => void = () => {}) {
  opened = await openPage('/cockpit/ines/subscriptions', { as: 'owner', change })
  await page.getByRole('tab', { name: 'Badges' }).click()
  await expect.element(page.getByRole('heading', { name: 'From 3 months' })).toBeVisible()
}

function choose(badge: string, file: File) {
  const input = page.getByTestId(`badge-${badge}`).element().querySelector('input')!
  const chosen = new DataTransfer()
  chosen.items.add(file)
  input.files = chosen.files
  input.dispatchEvent(new Event('change', { bubbles: true }))
}
const picture = (bytes = 10) => new File([new Uint8Array(bytes)], 'star.png', { type: 'image/png' })

beforeEach(() => page.viewport(1280, 900))
afterEach(() => opened.close())

describe('badges', () => {
  it('are given a picture, another one, and none', async () => {
    await badges()
    expect(await audit()).toEqual([])
    choose('m3', picture())
    await expect.element(page.getByAltText('3 mo')).toBeVisible()
    choose('m3', picture())
    await page.getByRole('button', { name: 'Take away From 3 months' }).click()
    await expect.element(page.getByAltText('3 mo')).not.toBeInTheDocument()
    const at = '/api/channels/ines/badges/m3'
    expect(calls()).toEqual([`PUT ${at}`, `PUT ${at}`, `DELETE ${at}`])
  })

  it('say beside the step what was wrong with its picture', async () => {
    await badges((w) => (w.refuseBadge = 'picture_invalid'))
    choose('m6', picture())
    await expect.element(page.getByRole('alert')).toHaveTextContent('This is no picture that can be read')
    choose('m1', picture(600 * 1024))
    await expect.element(page.getByRole('alert')).toHaveTextContent('at most 512 KB')
    expect(calls()).toHaveLength(1)
  })

  it('stand beside the names of those who earned them', async () => {
    opened = await openPage('/c/ines', {
      change: (w) => {
        w.channel.badges = [{ badge: 'm3', picture: '/favicon.svg' }]
        const author = {
          id: 'z',
          name: 'Zoé',
          role: 'none',
          subscriber: true,
          months: 5,
          badge: 'm3',
        } as const
        w.logs.public.push({
          ...w.logs.public.at(-1)!,
          seq: 900,
          id: 'z',
          kind: 'message.posted',
          data: { author, text: 'Here' },
        })
      },
    })
    await expect.element(page.getByRole('img', { name: '5 mo' })).toBeVisible()
  })
})

describe('badges of a tier', () => {
  it('are given one by one, and the others are everybody’s', async () => {
    await badges((w) => {
      w.tiers = threeTiers()
      w.channel.badges = [{ badge: 'm6', picture: '/favicon.svg' }]
    })
    const second = threeTiers()[1]!
    await page.getByLabelText('Whose badges').selectOptions(`Only tier ${second.name}`)
    await expect.element(page.getByText('which tier somebody has')).toBeVisible()
    expect(await audit()).toEqual([])
    await expect.element(page.getByTestId('badge-m6')).toHaveTextContent('As for all subscribers')
    choose('m3', picture())
    await expect.element(page.getByAltText('3 mo')).toBeVisible()
    expect(opened.server.world.channel.tier_badges).toMatchObject([{ tier: second.id, badge: 'm3' }])
    await page.getByLabelText('Whose badges').selectOptions('All subscribers')
    await expect.element(page.getByAltText('3 mo')).not.toBeInTheDocument()
  })

  it('stand in place of everybody’s for those whose message says so', async () => {
    const say = (w: World, seq: number, tier?: string) => {
      const author = { ...people.priya, badge: 'm3', months: 5, ...(tier ? { tier } : {}) }
      const last = w.logs.public.at(-1)!
      w.logs.public.push({
        ...last,
        seq,
        id: `t${seq}`,
        kind: 'message.posted',
        data: { author, text: 'Here' },
      })
    }
    opened = await openPage('/c/ines', {
      change: (w) => {
        w.channel.badges = [{ badge: 'm3', picture: '/favicon.svg?all' }]
        w.channel.tier_badges = [{ tier: 't2', badge: 'm3', picture: '/favicon.svg?t2' }]
        say(w, 900)
        say(w, 901, 't2')
        say(w, 902, 't9')
      },
    })
    const shown = () =>
      page
        .getByRole('img', { name: '5 mo' })
        .elements()
        .map((i) => i.getAttribute('src')!.split('?')[1])
    await expect.poll(shown).toEqual(['all', 't2', 'all'])
  })
})
