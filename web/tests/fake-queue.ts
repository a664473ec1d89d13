/** The answer queue of the fake server, for pictures and component tests. */
import type { Attention, Question } from '../src/api/question'
import type { FakeServer } from './fake-server'
import { people, type Role } from './fake-world'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

/** What counts how much in the order of the queue. */
const rule = { vote_seconds: 300, first_seconds: 900, carried_seconds: 1800 }

/** A question that is nothing in particular. */
const plain: Omit<Question, 'id' | 'text' | 'name' | 'asked_at' | 'stands'> = {
  ...{
    mine: false,
    state: 'waiting',
    room: 'space',
    audience: 'public',
    votes: 0,
    voted: false,
    consented: false,
  },
  ...{ first: false, placed: false, carried: null, aired: null, answered: null, reply: null },
}

type Texts = [keyof typeof people, string, number, Partial<Question>]

const texts: Texts[] = [
  ['bastien', 'Is rutile worth it below cone 6, or does it only go brown?', 660, { votes: 17 }],
  ['priya', 'Could you show the foot before it goes in?', 420, { name: '', votes: 9 }],
  ['yuna', 'Which clay do you throw when you want this white?', 1140, { votes: 31 }],
  ['bastien', 'What do you do with the pieces that crack?', 60, { votes: 2, audience: 'space' }],
]

export function questions(role: Role): Question[] {
  const staff = role === 'owner' || role === 'moderator'
  const waiting = texts.map(([from, text, seconds, more], i): Question => {
    const { id, name } = people[from]
    const asked = { asked_at: ago(seconds), stands: ago(seconds) }
    return {
      ...plain,
      id: `q${i + 1}`,
      ...{ text, name },
      ...asked,
      ...(staff ? { author: { id, name } } : {}),
      ...more,
    }
  })
  const done = ['a1', 'a2', 'a3'].map((id): Question => ({ ...waiting[0]!, id, state: 'answered' }))
  return [...waiting, ...done]
}

/** A queue with everything that a question can be. */
export function fullQueue(): Question[] {
  const carried = { broadcast: 'b0', title: 'Glazing', since: ago(86_400 * 6) }
  const all = questions('owner').slice(0, 4)
  const [one, two, three, four] = all as [Question, Question, Question, Question]
  const outside = { room: 'public' as const, audience: 'public' as const }
  const more = (id: string, text: string, seconds: number, rest: Partial<Question>): Question => ({
    ...one,
    ...{ id, text, asked_at: ago(seconds), stands: ago(Math.min(seconds, 6100)) },
    ...rest,
  })
  return [
    three,
    { ...one, ...outside, first: true, stands: ago(660 + 900) },
    more('q5', 'Will you fire the test tiles in the same kiln?', 86_400 * 6, { votes: 6, carried }),
    { ...two, votes: 9 },
    { ...four, ...outside, name: 'Sam K', votes: 4, first: true },
    more('q6', 'And between us: what does a kiln like that cost?', 240, { votes: 2, audience: 'space' }),
  ]
}

export function attention(): Attention {
  return {
    broadcast: 'b1',
    public: { answers: 3, on_camera_ms: 322_000, waiting: 2 },
    space: { answers: 5, on_camera_ms: 610_000, waiting: 4 },
    public_percent: 38,
    waits_since: ago(250),
    patience_seconds: 240,
    starves: true,
  }
}

type Answer = { status: number; body?: unknown }

/** What the server says about questions. */
export function answerQueue(
  server: FakeServer,
  method: string,
  path: string,
  body: Record<string, unknown>,
  query: URLSearchParams,
): Answer {
  const w = server.world
  const [, , , id, what] = path.split('/')
  if (path.endsWith('/question-places')) return arrange(server, [])
  if (method === 'GET') {
    const state = query.get('state')
    const shown = w.questions.filter(
      (q) =>
        (state ? q.state === state : q.state === 'waiting' || q.state === 'on_air') &&
        (query.get('room') !== 'public' || q.room === 'public'),
    )
    return { status: 200, body: { questions: shown, rule } }
  }
  if (!id) return ask(server, body)
  if (what === 'consent' || what === 'publication') return publish(server, id, what, method === 'PUT')
  if (method === 'DELETE' && what !== 'vote') return remove(server, id)
  if (what === 'told') {
    w.channel.me.answered = w.channel.me.answered.filter((q) => q.id !== id)
    return { status: 204 }
  }
  if (what === 'place') return place(server, id, Number(body.index))
  if (what === 'merge') return { status: 200, body: change(server, id, { state: 'skipped' }) }
  if (what === 'text') {
    const reply = { name: w.session.account!.name, text: String(body.text) }
    return { status: 200, body: change(server, id, { state: 'answered', reply }) }
  }
  if (what === 'vote') {
    const on = method === 'PUT'
    const was = w.questions.find((q) => q.id === id)!
    return { status: 200, body: change(server, id, { voted: on, votes: was.votes + (on ? 1 : -1) }) }
  }
  return move(server, id, what!)
}

function publish(server: FakeServer, id: string, what: 'consent' | 'publication', on: boolean): Answer {
  if (what === 'consent') return { status: 200, body: change(server, id, { consented: on }) }
  const { published_at: _, ...rest } = change(server, id, {})
  const question = on ? { ...rest, published_at: new Date().toISOString() } : rest
  server.world.questions = server.world.questions.map((q) => (q.id === id ? question : q))
  return { status: 200, body: question }
}

function ask({ world }: FakeServer, body: Record<string, unknown>): Answer {
  const asked_at = new Date().toISOString()
  const question: Question = {
    ...plain,
    ...{ id: 'new', text: String(body.text), name: body.anonymous ? '' : world.session.account!.name },
    ...{ mine: true, asked_at, stands: asked_at },
    room: body.room as Question['room'],
    audience: body.audience as Question['audience'],
  }
  world.questions = [...world.questions, question]
  return { status: 200, body: question }
}

function change({ world }: FakeServer, id: string, to: Partial<Question>): Question {
  const found = world.questions.find((q) => q.id === id) ?? { ...world.questions[0]!, id }
  const question = { ...found, ...to }
  world.questions = world.questions.map((q) => (q.id === id ? question : q))
  return question
}

function move(server: FakeServer, id: string, verb: string): Answer {
  const states = { air: 'on_air', answer: 'answered', return: 'waiting', skip: 'skipped' } as const
  const state = states[verb as keyof typeof states]
  const question = change(server, id, { state })
  const { text, name, audience } = question
  server.world.channel.on_air =
    state === 'on_air' ? { question: id, text, name, since: new Date().toISOString(), audience } : null
  return { status: 200, body: question }
}

function place(server: FakeServer, id: string, index: number): Answer {
  const turn = (q: Question) => Date.parse(q.stands) - q.votes * 300_000
  const waiting = server.world.questions.filter((q) => q.state === 'waiting')
  const ids = waiting.toSorted((a, b) => turn(a) - turn(b)).map((q) => q.id)
  ids.splice(ids.indexOf(id), 1)
  ids.splice(index, 0, id)
  return arrange(server, ids.slice(0, index + 1))
}

function arrange(server: FakeServer, first: string[]): Answer {
  const w = server.world
  w.questions = w.questions.map((q) => ({ ...q, placed: first.includes(q.id) }))
  const placed = first.map((id) => w.questions.find((q) => q.id === id)!)
  const rest = w.questions.filter((q) => q.state === 'waiting' && !q.placed)
  return { status: 200, body: { questions: [...placed, ...rest], rule } }
}

function remove(server: FakeServer, id: string): Answer {
  const w = server.world
  w.questions = w.questions.filter((q) => q.id !== id)
  if (w.channel.on_air?.question === id) {
    w.channel.on_air = null
    server.happen('public', 'question.returned', { question: id })
  }
  server.happen('space', 'question.skipped', { question: id })
  for (const room of ['public', 'space'] as const) {
    const told = w.logs[room].filter(
      (e) => 'question' in e.data && 'text' in e.data && e.data.question === id,
    )
    if (told.length) server.happen(room, 'message.removed', { seqs: told.map((e) => e.seq), by: 'moderator' })
  }
  return { status: 204 }
}
