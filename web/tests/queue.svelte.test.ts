import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { fullQueue } from './fake-queue'
import { audit, openPage, type Page } from './visit-page'

const rows = () =>
  [...document.querySelectorAll('[data-testid=question-queue] > li .q')].map((q) => q.textContent)

describe('the queue at a desk', () => {
  let opened: Page
  const calls = () => opened.server.calls.filter((c) => !c.startsWith('GET') && c.includes('question'))
  const show = async (as: 'owner' | 'moderator' = 'owner') => {
    opened = await openPage('/cockpit/ines', {
      as,
      change: (w) => {
        w.questions = fullQueue()
        w.channel.on_air = null
      },
    })
    await expect.poll(rows).toHaveLength(6)
  }

  beforeEach(() => page.viewport(1440, 900))
  afterEach(() => opened.close())

  it('says of each question what counts, and why it stands where it stands', async () => {
    await show()
    const queue = page.getByTestId('question-queue')
    for (const words of [
      '31 votes',
      'carried over from',
      'first question',
      'from the Sub Space',
      'for subscribers only',
    ])
      await expect.element(queue).toHaveTextContent(words)
    await expect
      .element(page.getByTestId('queue-rule'))
      .toHaveTextContent('a vote counts as 5 min more, a first question as 15, carried over as 30')
    expect(await audit()).toEqual([])
  })

  it('is moved by keyboard alone, says where to, and returns to the rule', async () => {
    await show()
    const before = rows()
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{Shift>}{ArrowUp}{/Shift}')
    await expect.poll(rows).toEqual([before[0], before[2], before[1], ...before.slice(3)])
    await expect.element(page.getByText('Moved to place 2.')).toBeInTheDocument()
    await expect
      .element(page.getByTestId('queue-rule'))
      .toHaveTextContent('You put the first 2 in your own order')
    await userEvent.keyboard('o')
    await expect.poll(rows).toEqual(before)
    expect(calls()).toHaveLength(2)
  })

  it('is moved by dragging', async () => {
    await show()
    const before = rows()
    const list = document.querySelectorAll('[data-testid=question-queue] > li')
    const drag = (type: string, on: Element) =>
      on.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true }))
    drag('dragstart', list[3]!)
    drag('dragover', list[0]!)
    drag('drop', list[0]!)
    await expect.poll(rows).toEqual([before[3], before[0], before[1], before[2], ...before.slice(4)])
  })

  it('is answered in text without the mouse', async () => {
    await show()
    await userEvent.keyboard('r')
    const box = page.getByRole('textbox', { name: 'Answer in text' })
    await expect.element(box).toHaveFocus()
    await userEvent.keyboard('The porcelain, from Limoges.{Tab}{Enter}')
    await expect.poll(calls).toEqual(['POST /api/channels/ines/questions/q3/text'])
    expect(opened.server.bodies.at(-1)).toEqual({ text: 'The porcelain, from Limoges.' })
    await expect.poll(() => box.query()).toBeNull()
  })

  it('merges what asks the same', async () => {
    await show()
    await page.getByRole('button', { name: 'Same as…' }).click()
    await page.getByRole('button', { name: 'They ask the same' }).nth(1).click()
    await expect.poll(calls).toHaveLength(1)
    expect(calls()[0]).toMatch(/q3\/merge$/)
    await expect.poll(rows).toHaveLength(5)
  })

  it('lets a moderator answer in text, and not move', async () => {
    await show('moderator')
    await userEvent.keyboard('{Shift>}{ArrowDown}{/Shift}')
    expect(page.getByRole('button', { name: 'Move up' }).query()).toBeNull()
    await userEvent.keyboard('r')
    await expect.element(page.getByRole('textbox', { name: 'Answer in text' })).toHaveFocus()
    expect(calls()).toEqual([])
  })

  it('says in words when the public waits too long, and how long the creator wants', async () => {
    await show()
    const meter = page.getByTestId('attention')
    await expect.element(meter).toHaveTextContent('Public 38%')
    await expect.element(meter).toHaveTextContent('Public has waited 4 min for you')
    await page.getByText('Attention', { exact: true }).click()
    await page.getByLabelText('Remind me when the public has waited').selectOptions('10 min')
    await expect.element(meter).toHaveTextContent('2 public questions wait')
    expect(opened.server.bodies.at(-1)).toEqual({ patience_seconds: 600 })
  })
})

describe('questions beside the public chat', () => {
  let opened: Page
  afterEach(() => opened.close())

  const show = async (as: 'anonymous' | 'full' | 'subscriber') => {
    opened = await openPage('/c/ines', { as, change: (w) => (w.questions = fullQueue()) })
    await page.getByRole('button', { name: 'Questions', exact: true }).click()
    await expect.element(page.getByTestId('question-board')).toBeVisible()
  }

  it('are voted for once, and the vote can be taken back', async () => {
    await show('full')
    const vote = page.getByRole('button', { name: /Vote: Is rutile/ })
    await vote.click()
    const taken = page.getByRole('button', { name: /Take your vote back: Is rutile/ })
    await expect.element(taken).toHaveTextContent('18')
    await taken.click()
    await expect.element(vote).toHaveTextContent('17')
    const calls = opened.server.calls.filter((c) => c.endsWith('/vote'))
    expect(calls).toEqual(['PUT', 'DELETE'].map((m) => `${m} /api/channels/ines/questions/q1/vote`))
    opened.server.tell({ type: 'votes', channel: 'ines', room: 'public', votes: { q1: 40 } })
    await expect.element(vote).toHaveTextContent('40')
  })

  it('show nothing of the Sub Space to who is not inside', async () => {
    await show('full')
    await expect.element(page.getByTestId('question-board')).toHaveTextContent('Is rutile')
    expect(document.body.textContent).not.toContain('between us')
    expect(document.body.textContent).not.toContain('Which clay')
    expect(await audit()).toEqual([])
  })

  it('are asked by name', async () => {
    await show('full')
    await page.getByRole('textbox', { name: /^Ask Inès.* a question$/ }).fill('Is it stoneware?')
    await page.getByRole('button', { name: 'Send the question' }).click()
    await expect
      .poll(() => opened.server.bodies.at(-1))
      .toMatchObject({ room: 'public', text: 'Is it stoneware?' })
    await expect.element(page.getByTestId('question-board')).toHaveTextContent('yours')
  })

  it('lead a stranger to signing in', async () => {
    await show('anonymous')
    await expect.element(page.getByText('Sign in to ask and to vote.')).toBeVisible()
    expect(page.getByTestId('ask-box').query()).toBeNull()
  })
})

describe('an answer', () => {
  let opened: Page
  afterEach(() => opened.close())

  it('is told to its asker, once', async () => {
    opened = await openPage('/c/ines', {
      as: 'full',
      change: (w) => {
        const [question] = fullQueue()
        w.channel.me.answered = [
          { ...question!, mine: true, state: 'answered', reply: { name: 'Inès', text: 'Porcelain.' } },
        ]
      },
    })
    const told = page.getByTestId('answer-told')
    await expect.element(told).toHaveTextContent('Your question was answered')
    await expect.element(told).toHaveTextContent('Inès answers Porcelain.')
    await told.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => told.query()).toBeNull()
    await expect.element(page.getByRole('tab', { selected: true })).toHaveFocus()
    expect(opened.server.calls).toContain('POST /api/channels/ines/questions/q3/told')
  })
})

describe('asking inside', () => {
  let opened: Page
  afterEach(() => opened.close())

  it('lets the asker keep the answer among subscribers', async () => {
    opened = await openPage('/c/ines', { as: 'subscriber' })
    await page.getByRole('tab', { name: /Sub Space/ }).click()
    await page.getByRole('textbox', { name: 'Ask a question on air' }).fill('Between us?')
    await page.getByRole('radio', { name: 'Subscribers only' }).click()
    await expect.element(page.getByText('Only subscribers see the question and its answer')).toBeVisible()
    await page.getByRole('button', { name: 'Send the question' }).click()
    await expect.poll(() => opened.server.bodies.at(-1)).toMatchObject({ room: 'space', audience: 'space' })
  })
})
