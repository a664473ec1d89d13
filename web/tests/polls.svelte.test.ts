import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Poll } from '../src/api/poll'
import { aPoll } from './fake-polls'
import type { Role } from './fake-world'
import { audit, openPage, type Page } from './visit-page'

let opened: Page
const card = () => page.getByTestId('poll')
const said = () => page.getByTestId('poll-said')
const votes = () => opened.server.votes.map(({ poll, option }) => ({ poll, option }))

const watch = async (as: Role, poll?: Poll, locale = 'en') => {
  opened = await openPage('/c/ines', {
    as,
    locale,
    change: (w) => {
      w.polls = poll ? [poll] : []
      w.channel.poll_open = poll?.room === 'public'
    },
  })
}
const totals = (...n: number[]) =>
  opened.server.tell({ type: 'poll', channel: 'ines', room: 'public', poll: 'p1', totals: n })
const closes = (room: 'public' | 'space' = 'public') =>
  opened.server.happen(room, 'poll.closed', {
    ...{ poll: 'p1', question: 'Which glaze for the last kiln?', voters: 20 },
    options: [
      { text: 'Celadon', votes: 8 },
      { text: 'Tenmoku', votes: 12 },
    ],
  })

describe('a poll in public', () => {
  beforeEach(() => page.viewport(390, 844))
  afterEach(() => opened.close())

  it('is voted in with one tap, at once, and says in words and numbers how it stands', async () => {
    await watch('light', aPoll())
    const celadon = card().getByRole('button', { name: 'Celadon' })
    await expect.element(celadon).toHaveTextContent('7 votes, 37%')
    await celadon.click()
    await expect.element(celadon).toHaveAttribute('aria-pressed', 'true')
    await expect.poll(votes).toEqual([{ poll: 'p1', option: 0 }])
    totals(8, 12)
    await expect.element(celadon).toHaveTextContent('8 votes, 40%')
    await expect.element(card()).toHaveTextContent('20 votes')
    expect(await audit()).toEqual([])
  })

  it('takes a vote off again that is refused, and says why', async () => {
    await watch('light', aPoll({ choice: 1 }))
    opened.server.world.refuseVotes = 'poll_closed'
    await card().getByRole('button', { name: 'Celadon' }).click()
    await expect.element(card()).toHaveTextContent('This poll is closed.')
    await expect
      .element(card().getByRole('button', { name: 'Tenmoku' }))
      .toHaveAttribute('aria-pressed', 'true')
  })

  it('takes a vote while the link is lost, and takes it off again where that is refused', async () => {
    await watch('light', aPoll())
    const celadon = card().getByRole('button', { name: 'Celadon' })
    await expect.element(celadon).toBeVisible()
    opened.app.connection.stop()
    await celadon.click()
    await expect.poll(votes).toEqual([{ poll: 'p1', option: 0 }])
    await expect.element(celadon).toHaveAttribute('aria-pressed', 'true')
    expect(opened.server.calls.at(-1)).toBe('PUT /api/channels/ines/polls/p1/vote')
    opened.server.world.refuseVotes = 'poll_closed'
    await card().getByRole('button', { name: 'Tenmoku' }).click()
    await expect.element(card()).toHaveTextContent('This poll is closed.')
    await expect.element(celadon).toHaveAttribute('aria-pressed', 'true')
  })

  it('offers nothing where a vote stays as it is, nor to who is not signed in', async () => {
    await watch('light', aPoll({ changeable: false, choice: 1 }))
    await expect.element(card()).toHaveTextContent('A vote stays as it is')
    await expect.element(card()).toHaveTextContent('Tenmoku (your vote)')
    await expect.poll(() => card().getByRole('button').elements().length).toBe(0)
    await opened.close()
    await watch('anonymous', aPoll())
    await expect.element(card().getByRole('link', { name: 'Sign in' })).toBeVisible()
    expect(card().getByRole('button').elements()).toHaveLength(0)
  })

  it('says nothing of the result before the end, and then once, aloud', async () => {
    const hidden = [
      { text: 'Celadon', votes: null },
      { text: 'Tenmoku', votes: null },
    ]
    const closes_at = new Date(Date.now() + 60_000).toISOString()
    await watch('light', aPoll({ results: 'end', voters: null, options: hidden, closes_at }), 'fr')
    await expect.element(card()).toHaveTextContent('Résultats à la clôture · Clôture')
    await expect.element(card()).not.toHaveTextContent('%')
    await expect.element(said()).toHaveTextContent(/^$/)
    closes()
    await expect.element(card()).toHaveTextContent('12 voix, 60 %')
    await expect
      .element(said())
      .toHaveTextContent('Le sondage est clos. Which glaze for the last kiln? Celadon : 8, Tenmoku : 12')
    await expect.element(page.getByTestId('poll-line')).toHaveTextContent('Tenmoku')
    await card().getByRole('button', { name: 'Ranger le sondage' }).click()
    await expect.poll(() => card().elements().length).toBe(0)
    await expect.element(said()).toHaveTextContent(/^$/)
  })

  it('appears while one is there, and is announced', async () => {
    await watch('light')
    await expect.element(page.getByTestId('chat-log-public')).toBeVisible()
    const asked = { poll: 'p9', question: 'Bowl or cup?', options: ['Bowl', 'Cup'] }
    opened.server.world.polls = [
      aPoll({
        ...{ id: 'p9', question: 'Bowl or cup?', voters: 0 },
        options: asked.options.map((text) => ({ text, votes: 0 })),
      }),
    ]
    opened.server.happen('public', 'poll.opened', {
      ...asked,
      ...{ changeable: true, results: 'live', closes_at: null },
    })
    await expect.element(card()).toHaveTextContent('Bowl or cup?')
  })
})

describe('a poll inside', () => {
  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  it('stands in its room and not in public, and in its thread alone', async () => {
    await watch('subscriber', aPoll({ room: 'space' }))
    await expect.element(page.getByTestId('chat-log-public')).toBeVisible()
    expect(card().elements()).toHaveLength(0)
    await page.getByRole('tab').nth(1).click()
    await expect.element(card()).toHaveTextContent('Which glaze')
    opened.server.world.polls = [aPoll({ room: 'thread', thread: 't1', question: 'In the thread?' })]
    await page.getByRole('button', { name: /^Threads/ }).click()
    await expect.poll(() => card().elements().length).toBe(0)
    await page.getByRole('button', { name: 'Cobalt at cone 6' }).click()
    await expect.element(card()).toHaveTextContent('In the thread?')
  })
})

describe('polls in the cockpit', () => {
  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())
  const desk = () => page.getByTestId('poll-desk')

  it('are opened by keyboard alone, and closed', async () => {
    opened = await openPage('/cockpit/ines', { as: 'owner' })
    await page.getByText('Polls', { exact: true }).click()
    await desk().getByRole('button', { name: 'New poll' }).click()
    await userEvent.keyboard('Bowl or cup?{Tab}Bowl{Tab}Cup{Tab}{Enter}Plate')
    await desk().getByLabelText('Where').selectOptions('Thread: Cobalt at cone 6: what changes?')
    await desk().getByLabelText('Only when it closes').click()
    expect(await audit()).toEqual([])
    await desk().getByRole('button', { name: 'Open the poll' }).click()
    await expect.element(desk().getByRole('button', { name: 'New poll' })).toHaveFocus()
    expect(opened.server.bodies.at(-1)).toMatchObject({
      ...{ room: 'thread', thread: 't1', question: 'Bowl or cup?', options: ['Bowl', 'Cup', 'Plate'] },
      ...{ changeable: true, results: 'end' },
    })
    await expect.element(desk()).toHaveTextContent('Until it closes only you see these')
    await desk().getByRole('button', { name: 'Close and show the result' }).click()
    await expect.element(page.getByTestId('poll-row')).toHaveTextContent('Closed')
  })
})
