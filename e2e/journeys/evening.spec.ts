import type { Page } from '@playwright/test'
import { air, log, onAir, say, spaceTab, visit } from '../lib/acts.ts'
import { sizes } from '../lib/browser.ts'
import { each, Voice } from '../lib/crowd.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import { accessible, picture } from '../lib/look.ts'
import type { Entry } from '../lib/rest.ts'
import { like, t } from '../lib/words.ts'

type Question = {
  id: string
  text: string
  state: string
  votes: number
  room: string
  aired: { offset_ms: number } | null
  answered: { offset_ms: number } | null
  carried: { lives: number } | null
}
type Poll = {
  id: string
  question: string
  closed_at: string | null
  options: { text: string; votes: number }[]
}
type Thread = { id: string; title: string; prompt: string; kind: string; messages: number }
type Sale = { id: string; provider: string; buyer: string }

const at = (path: string) => `/api/channels/${handle}${path}`

/** What only those inside may read carries this. */
const inside = 'between-us-7d41'

const questions = [
  ...[
    'How thick is the wall of the Lune?',
    'Why does my celadon go grey?',
    'Which cone for the last firing?',
  ].map((text) => ({ text, room: 'public', audience: 'public' })),
  ...[
    'Could the next one be taller?',
    'Is the tenmoku food safe?',
    'How do you centre ten kilos?',
    'Which clay?',
  ].map((text) => ({ text: `${text} ${inside}`, room: 'space', audience: 'public' })),
  ...['What does such a kiln cost?', 'Do you sell the seconds?', 'May I visit?'].map((text) => ({
    text: `${text} ${inside}`,
    room: 'space',
    audience: 'space',
  })),
]
/** On air in this order; one of them is for subscribers only, and two were asked in public. */
const answered = [0, 3, 7, 1, 4].map((i) => questions[i]!.text)
const askedOnScreen = ['Do you ship to Berlin?', `Will you fire the test tiles? ${inside}`]

test.use({ serverArgs: ['--proxies', '127.0.0.0/8', '--sandbox-payments', 'I-know'] })

const queue = (page: Page) => page.getByTestId('question-queue')

async function all(person: Person | Voice, path: string): Promise<Entry[]> {
  const read = (after: number) => {
    const whole = at(`${path}?after=${after}&limit=500`)
    type Events = { events: Entry[]; head: number }
    return person instanceof Voice
      ? person.call<Events>('GET', whole)
      : person.rest.call<Events>('GET', whole)
  }
  const events: Entry[] = []
  for (;;) {
    const page = await read(events.at(-1)?.seq ?? 0)
    events.push(...page.events)
    if (page.events.length === 0 || events.at(-1)!.seq >= page.head) return events
  }
}

/** One evening of a creator, 40 subscribers and 200 others; then every field of where it led. */
test('the evening', async ({ stage }) => {
  const ada = await stage.creator({ viewport: sizes.desktop })
  const bea = await stage.member('Bea', { viewport: sizes.desktop })
  const cy = await stage.member('Cy', { viewport: sizes.phone, locale: 'fr-FR' })
  const noa = await stage.member('Noa', { viewport: sizes.phone })
  for (const person of [bea, cy]) await stage.subscribe(person)

  const subscribers = Array.from({ length: 38 }, (_, i) => new Voice(`Sub ${i}`, stage.server.url))
  const viewers = Array.from({ length: 199 }, (_, i) => new Voice(`View ${i}`, stage.server.url))
  const crowd = [...subscribers, ...viewers]
  const lost = subscribers.at(-1)!
  const kept = subscribers.slice(0, -1)

  await test.step('they come', async () => {
    await each(subscribers, async (voice) => {
      await voice.signUp()
      await voice.pays()
      await voice.enters('public', 'space')
    })
    await each(viewers, async (voice, i) => {
      if (i % 3 === 0) await voice.isGivenAName()
      await voice.enters('public')
    })
  })
  const encoder = await stage.goLive(ada)
  await ada.page.goto(`/cockpit/${handle}`)
  await visit(bea.page)
  await spaceTab(bea.page).click()
  await visit(cy.page)
  await cy.page.getByRole('tab', { name: t('space.name', {}, 'fr') }).click()
  await visit(noa.page)

  await test.step('they talk, in both rooms', async () => {
    const named = viewers.filter((_, i) => i % 3 === 0)
    await each(named.slice(0, 40), (voice, i) => voice.says('public', `Good evening from ${i}`))
    await each(subscribers, (voice, i) => voice.says('space', `Hello inside ${i} ${inside}`))
    await say(noa.page, 'public', 'What a glaze!')
    await say(bea.page, 'space', `So good to be here ${inside}`)
    await expect(log(ada.page, 'public')).toContainText('What a glaze!')
    await expect(log(ada.page, 'space')).toContainText('So good to be here')
  })

  const threads: Thread[] = []
  await test.step('the creator opens three threads', async () => {
    for (const want of [
      { prompt: 'introduce' },
      { title: `Kilns ${inside}`, kind: 'topic' },
      { title: `The Lune goes in ${inside}`, kind: 'update' },
    ])
      threads.push(await ada.rest.call<Thread>('POST', at('/threads'), want))
    const post = (text: string) => ({ key: crypto.randomUUID(), text: `${text} ${inside}` })
    await ada.rest.call('POST', at(`/threads/${threads[2]!.id}/messages`), post('It holds.'))
    await each(subscribers.slice(0, 12), (voice, i) =>
      voice.call('POST', at(`/threads/${threads[i % 2]!.id}/messages`), post(`Mine ${i}`)),
    )
    const refused = await subscribers[0]!.try('POST', at(`/threads/${threads[2]!.id}/messages`), post('x'))
    expect(refused.status).toBe(403)
  })

  const polls: Poll[] = []
  const votes = [
    [0, 0, 0],
    [0, 0],
  ]
  await test.step('two polls: one for everybody, one inside', async () => {
    polls.push(
      await ada.rest.call<Poll>('POST', at('/polls'), {
        ...{ key: crypto.randomUUID(), room: 'public', question: 'Which glaze?', changeable: true },
        options: ['Celadon', 'Tenmoku', 'Shino'],
      }),
      await ada.rest.call<Poll>('POST', at('/polls'), {
        ...{ key: crypto.randomUUID(), room: 'space', question: `Which clay? ${inside}`, changeable: true },
        options: [`Grog ${inside}`, 'Porcelain'],
      }),
    )
    const vote = (voice: Voice, poll: Poll, option: number) =>
      voice.call('PUT', at(`/polls/${poll.id}/vote`), { option })
    // Everybody who votes first takes another option, and changes it.
    await each([...subscribers, ...viewers.filter((_, i) => i % 3 === 0)], async (voice, i) => {
      await vote(voice, polls[0]!, (i + 1) % 3)
      await vote(voice, polls[0]!, i % 3)
      votes[0]![i % 3]!++
    })
    await each(subscribers, async (voice, i) => {
      await vote(voice, polls[1]!, (i + 1) % 2)
      await vote(voice, polls[1]!, i % 2)
      votes[1]![i % 2]!++
    })
    expect((await viewers[0]!.try('PUT', at(`/polls/${polls[1]!.id}/vote`), { option: 0 })).status).toBe(403)
    await noa.page.getByTestId('poll').getByRole('button', { name: 'Shino' }).click()
    votes[0]![2]!++
    await expect(noa.page.getByTestId('poll')).toContainText(
      t('poll.voters.other', { n: String(votes[0]!.reduce((a, b) => a + b)) }),
    )
    await picture(noa.page, 'evening-watch-phone-en')
  })

  await test.step('twelve questions, and votes for them', async () => {
    await each(questions, async (question, i) => {
      const asker = subscribers[i]!
      const asked = await asker.call<Question>('POST', at('/questions'), {
        key: crypto.randomUUID(),
        ...question,
      })
      await each(subscribers.slice(12, 12 + i), (voice) =>
        voice.call('PUT', at(`/questions/${asked.id}/vote`)),
      )
    })
    await noa.page.getByRole('button', { name: t('watch.questions'), exact: true }).click()
    await noa.page.getByRole('textbox', { name: like('ask.publicLabel') }).fill(askedOnScreen[0]!)
    await noa.page.getByRole('button', { name: t('ask.send') }).click()
    await bea.rest.call('POST', at('/questions'), { key: crypto.randomUUID(), text: askedOnScreen[1] })
    await expect(queue(ada.page).getByRole('listitem')).toHaveCount(12)
    await picture(ada.page, 'evening-desk-en')
    await accessible(ada.page, 'the cockpit of a full evening')
  })

  await test.step('three are answered on air', async () => {
    for (const text of answered.slice(0, 3)) {
      await air(ada.page, text)
      await expect(onAir(bea.page)).toContainText(text)
      if (!text.includes(inside)) await expect(onAir(noa.page)).toContainText(text)
      await ada.page.keyboard.press('a')
      await expect(ada.page.getByTestId('on-air')).toBeHidden()
    }
    await picture(bea.page, 'evening-space-desk-en')
  })

  let before = 0
  await test.step('one subscriber gets their money back, and is out', async () => {
    const { sales } = await ada.rest.call<{ sales: Sale[] }>('GET', at('/sales'))
    const sale = sales.find(({ buyer }) => buyer === lost.name)!
    before = lost.heard('space').at(-1)!.seq
    await ada.rest.call('POST', at(`/sales/${sale.provider}/${sale.id}/refund`), { end: true })
    await expect
      .poll(() => lost.frames.find(({ type, room }) => type === 'closed' && room === 'space'))
      .toBeTruthy()
    const refused = await lost.try('GET', at('/rooms/space/events'))
    expect(refused.status).toBe(403)
    expect((await lost.try('PUT', at(`/polls/${polls[1]!.id}/vote`), { option: 1 })).status).toBe(403)
    await each(kept, (voice, i) => voice.says('space', `Still inside ${i} ${inside}`))
  })

  await test.step('two more on air, and the polls close', async () => {
    for (const text of answered.slice(3)) {
      await air(ada.page, text)
      await expect(onAir(bea.page)).toContainText(text)
      await ada.page.keyboard.press('a')
      await expect(ada.page.getByTestId('on-air')).toBeHidden()
    }
    for (const { id } of polls) await ada.rest.call('POST', at(`/polls/${id}/close`))
    await visit(noa.page) // from the questions back to the talk
    await say(noa.page, 'public', 'Good night, all of you')
    await each(viewers.slice(0, 1), (voice) => voice.says('public', 'And from us'))
    await say(bea.page, 'space', `Good night inside ${inside}`)
  })

  await test.step('the logs: everybody received every event of their rooms once, and no other', async () => {
    const [everybody, few] = [await all(ada, '/rooms/public/events'), await all(ada, '/rooms/space/events')]
    const seqs = (entries: Entry[]) => entries.map(({ seq }) => seq)
    const contiguous = (entries: Entry[]) => entries.map((_, i) => entries[0]!.seq + i)
    const received = (voice: Voice, room: 'public' | 'space', log: Entry[]) => {
      const heard = seqs(voice.heard(room))
      expect(heard, `${voice.name} in ${room}`).toEqual(contiguous(voice.heard(room)))
      expect(heard.at(-1), `${voice.name} in ${room}`).toBe(log.at(-1)!.seq)
    }
    await expect
      .poll(() => crowd.every((v) => v.heard('public').at(-1)?.seq === everybody.at(-1)!.seq))
      .toBe(true)
    await expect.poll(() => kept.every((v) => v.heard('space').at(-1)?.seq === few.at(-1)!.seq)).toBe(true)
    for (const voice of crowd) received(voice, 'public', everybody)
    for (const voice of kept) received(voice, 'space', few)
    for (const voice of crowd) expect(voice.closed, `${voice.name}'s socket stayed`).toBeUndefined()
    const shut = lost.heard('space').at(-1)!.seq
    expect(shut).toBeGreaterThanOrEqual(before)
    const after = few.filter(({ seq, data }) => seq > shut && String(data.text).startsWith('Still inside'))
    expect(after.length, 'what was said after the door closed did not reach who was out').toBe(kept.length)
    // A question that was asked inside for a public answer is everybody's when it is on air; the rest never is.
    const aired = questions.filter(({ text, audience }) => audience === 'public' && answered.includes(text))
    for (const voice of viewers)
      for (const frame of voice.raw)
        if (frame.includes(inside) && !aired.some(({ text }) => frame.includes(text)))
          throw new Error(`${voice.name} received ${frame}`)
    const kinds = (entries: Entry[], kind: string) => entries.filter((entry) => entry.kind === kind)
    expect(kinds(everybody, 'message.posted').length).toBe(40 + 1 + 2)
    expect(kinds(few, 'message.posted').length).toBe(38 + 1 + kept.length + 1)
    expect(kinds(few, 'question.aired').length).toBe(5)
    expect(kinds(few, 'question.answered').length).toBe(5)
    expect(kinds(everybody, 'question.aired').length, 'four of five are for everybody').toBe(4)
  })

  await test.step('the state: polls, questions, threads, attention', async () => {
    for (const [i, room] of ['public', 'space'].entries()) {
      const read = await ada.rest.call<{ polls: Poll[] }>('GET', at(`/polls?room=${room}`))
      expect(read.polls.map(({ options }) => options.map((o) => o.votes))).toEqual([votes[i]])
      expect(read.polls[0]!.closed_at).toBeTruthy()
    }
    type Listed = { questions: Question[] }
    const done = (await ada.rest.call<Listed>('GET', at('/questions?room=space&state=answered'))).questions
    const publicly = (await ada.rest.call<Listed>('GET', at('/questions?room=public&state=answered')))
      .questions
    const found = new Map([...done, ...publicly].map((q) => [q.text, q]))
    expect([...found.keys()].toSorted()).toEqual(answered.toSorted())
    let moment = 0
    for (const text of answered) {
      const { aired, answered: end } = found.get(text)!
      expect(aired!.offset_ms).toBeGreaterThanOrEqual(moment)
      expect(end!.offset_ms).toBeGreaterThan(aired!.offset_ms)
      moment = end!.offset_ms
    }
    const listed = (await bea.rest.call<{ threads: Thread[] }>('GET', at('/threads'))).threads
    expect(Object.fromEntries(listed.map(({ id, messages }) => [id, messages]))).toEqual({
      [threads[0]!.id]: 6,
      [threads[1]!.id]: 6,
      [threads[2]!.id]: 1,
    })
    const attention = await ada.rest.call<
      Record<'public' | 'space', { answers: number; on_camera_ms: number }>
    >('GET', at('/attention'))
    expect(attention.public.answers + attention.space.answers).toBe(5)
    expect(attention.public.answers, 'two were asked in public').toBe(2)
    expect(attention.public.on_camera_ms + attention.space.on_camera_ms).toBeGreaterThan(0)
  })

  await test.step('the next live begins with the seven that were not answered', async () => {
    await ada.rest.call('POST', at('/live/end'))
    await encoder.stop('SIGTERM') // says goodbye, without which the next would be taken for the same one
    await stage.goLive(ada)
    const read = await ada.rest.call<{ questions: Question[] }>('GET', at('/questions?room=space'))
    const left = [...questions.map(({ text }) => text), ...askedOnScreen].filter(
      (text) => !answered.includes(text),
    )
    expect(read.questions.map(({ text }) => text).toSorted()).toEqual(left.toSorted())
    for (const question of read.questions) expect(question.carried, question.text).toBeTruthy()
    await ada.page.goto(`/cockpit/${handle}`)
    await expect(queue(ada.page).getByRole('listitem')).toHaveCount(7)
    await expect(queue(ada.page)).toContainText(like('queue.carried'))
    await picture(ada.page, 'evening-next-desk-en')
    await ada.page.goto(`/cockpit/${handle}?lang=fr`)
    await expect(queue(ada.page).getByRole('listitem')).toHaveCount(7)
    await picture(ada.page, 'evening-next-desk-fr')
  })
  for (const voice of crowd) voice.leaves()
})
