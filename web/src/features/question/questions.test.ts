import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api, type Question } from '../../api/question'
import type { EventData, EventKind, SubspaceEvent } from '../../realtime/frames'
import { QuestionList } from './questions.svelte'

const asked = (id: string, minute: number): Question => ({
  ...{ id, text: id, name: 'Yuna', mine: false, state: 'waiting', room: 'space', audience: 'public' },
  ...{ votes: 0, voted: false, first: false, placed: false },
  ...{ carried: null, aired: null, answered: null, reply: null, consented: false },
  asked_at: `2026-11-22T18:${minute}:00.000Z`,
  stands: `2026-11-22T18:${minute}:00.000Z`,
})

function event<K extends EventKind>(kind: K, data: EventData[K]): SubspaceEvent {
  return { log: 'l', seq: 1, id: 'e', v: 1, at: '2026-11-22T18:30:00.000Z', kind, data } as SubspaceEvent
}

const rule = { vote_seconds: 300, first_seconds: 900, carried_seconds: 1800 }

describe('QuestionList', () => {
  let list: QuestionList

  beforeEach(async () => {
    vi.spyOn(api, 'questions').mockResolvedValue({ questions: [asked('b', 20), asked('a', 10)], rule })
    list = new QuestionList('ines')
    await list.read()
  })

  it('keeps the oldest first', () => {
    expect(list.waiting.map((q) => q.id)).toEqual(['a', 'b'])
  })

  it('follows the log: asked, on air, back, answered, skipped', () => {
    list.apply(event('question.asked', { question: 'c', name: '', text: 'c' }), 'space')
    list.apply(event('question.aired', { question: 'a', name: 'Yuna', text: 'a' }), 'space')
    expect(list.onAir?.id).toBe('a')
    expect(list.waiting.map((q) => q.id)).toEqual(['b', 'c'])
    list.apply(event('question.returned', { question: 'a' }), 'space')
    expect(list.onAir).toBeUndefined()
    list.apply(event('question.answered', { question: 'a' }), 'space')
    list.apply(event('question.skipped', { question: 'b' }), 'space')
    expect(list.waiting.map((q) => q.id)).toEqual(['c'])
    expect(list.answered).toHaveLength(1)
  })

  it('learns who asks unnamed where it may, and asks for it nowhere else', async () => {
    const unnamed = event('question.asked', { question: 'c', name: '', text: 'c' })
    const calls = () => vi.mocked(api.questions).mock.calls.length
    const before = calls()
    list.apply(unnamed, 'space')
    expect(calls()).toBe(before)
    const staff = new QuestionList('ines', () => true)
    await staff.read()
    const told = { ...asked('c', 30), author: { id: 'elodie', name: 'Élodie' } }
    vi.mocked(api.questions).mockResolvedValue({ questions: [told], rule })
    staff.apply(unnamed, 'space')
    await vi.waitFor(() => expect(staff.all.find((q) => q.id === 'c')?.author?.name).toBe('Élodie'))
  })

  it('keeps its own mark on a question whose event comes after the answer', () => {
    list.take({ ...asked('mine', 40), mine: true })
    list.apply(event('question.asked', { question: 'mine', name: 'Noa', text: 'mine' }), 'space')
    expect(list.all.find((q) => q.id === 'mine')?.mine).toBe(true)
  })

  it('reads again when a sanction has withdrawn questions, and only then', () => {
    const calls = () => vi.mocked(api.questions).mock.calls.length
    const before = calls()
    list.apply(event('message.removed', { seqs: [1], by: 'moderator' }), 'space')
    expect(calls()).toBe(before)
    list.apply(event('message.removed', { seqs: [1], by: 'sanction' }), 'space')
    expect(calls()).toBe(before + 1)
  })

  it('orders by the rule, and moves a question as its votes come', () => {
    const order = () => list.waiting.map((q) => q.id)
    list.apply(
      event('question.asked', { question: 'new', name: '', text: 'new', audience: 'public', first: true }),
      'space',
    )
    expect(order()).toEqual(['a', 'new', 'b']) // asked at 18:30, and a first question is a quarter of an hour
    list.count({ new: 2, unknown: 9 })
    expect(order()).toEqual(['new', 'a', 'b'])
    list.apply(event('questions.arranged', { first: ['b'] }), 'public') // names public ones only, and we are outside
    expect(order()).toEqual(['b', 'new', 'a'])
    list.apply(event('questions.arranged', { first: [] }), 'public')
    expect(order()).toEqual(['new', 'a', 'b'])
  })

  it('shows the own vote at once, and takes it off when it is refused', async () => {
    const vote = vi.spyOn(api, 'vote').mockRejectedValue(new Error('away'))
    const voting = list.vote('a', true)
    expect(list.all.find((q) => q.id === 'a')).toMatchObject({ votes: 1, voted: true })
    await expect(voting).rejects.toThrow()
    expect(list.all.find((q) => q.id === 'a')).toMatchObject({ votes: 0, voted: false })
    vote.mockResolvedValue({ ...asked('a', 10), votes: 8, voted: true })
    await list.vote('a', true)
    expect(list.all.find((q) => q.id === 'a')).toMatchObject({ votes: 8, voted: true })
  })

  it('shows an answer in text under its question, which has left the queue', () => {
    const author = { id: 'i', name: 'Inès', role: 'owner', subscriber: false, months: 0, badge: '' } as const
    list.apply(event('question.replied', { question: 'a', author, text: 'Cone 6' }), 'space')
    expect(list.waiting.map((q) => q.id)).toEqual(['b'])
    expect(list.answered[0]?.reply).toEqual({ name: 'Inès', text: 'Cone 6' })
    list.apply(event('question.merged', { question: 'b', into: 'a' }), 'space')
    expect(list.waiting).toEqual([])
  })

  it('asks for everything inside, and forgets it when the door closes', async () => {
    const rooms = () => vi.mocked(api.questions).mock.calls.map(([, room]) => room)
    vi.mocked(api.questions).mockClear()
    list.enter()
    expect(rooms()).toEqual(['space'])
    list.leave()
    expect(list.all).toEqual([])
    expect(rooms()).toEqual(['space', 'public'])
  })

  it('drops a list that arrives after the door has closed', async () => {
    const late = list.read()
    list.forget()
    await late
    expect(list.all).toEqual([])
  })

  describe('an answer that comes late', () => {
    const later = <T>() => {
      let settle!: (answer: T) => void
      const answer = new Promise<T>((done) => (settle = done))
      return { answer, settle }
    }
    const ids = () => list.all.map((q) => q.id)

    it('puts nothing back when the door has closed', async () => {
      const [vote, move, ask] = [later<Question>(), later<Question>(), later<Question>()]
      vi.spyOn(api, 'vote').mockReturnValue(vote.answer)
      vi.spyOn(api, 'moveQuestion').mockReturnValue(move.answer)
      vi.spyOn(api, 'ask').mockReturnValue(ask.answer)
      const body = { key: 'k', text: 'c', anonymous: false, room: 'space', audience: 'space' } as const
      const calls = [list.vote('a', true), list.move('b', 'air'), list.ask(body)]
      vi.mocked(api.questions).mockResolvedValue({ questions: [], rule })
      list.leave()
      await vi.waitFor(() => expect(list.state).toBe('ready'))
      vote.settle(asked('a', 10))
      move.settle(asked('b', 20))
      ask.settle(asked('c', 30))
      await Promise.all(calls)
      expect(ids()).toEqual([])
    })

    it('does not revive what has left the queue', async () => {
      const vote = later<Question>()
      vi.spyOn(api, 'vote').mockReturnValue(vote.answer)
      const voting = list.vote('a', true)
      list.apply(event('question.skipped', { question: 'a' }), 'public')
      vote.settle(asked('a', 10))
      await voting
      expect(ids()).toEqual(['b'])
    })

    it('adds the own question', async () => {
      vi.spyOn(api, 'ask').mockResolvedValue(asked('c', 30))
      await list.ask({ key: 'k', text: 'c', anonymous: false, room: 'public', audience: 'public' })
      expect(ids()).toContain('c')
    })

    it('and is a list does not hide what happened meanwhile', async () => {
      const old = later<Awaited<ReturnType<typeof api.questions>>>()
      vi.mocked(api.questions).mockReturnValueOnce(old.answer)
      const reading = list.read()
      list.apply(event('question.asked', { question: 'c', name: '', text: 'c' }), 'public')
      vi.mocked(api.questions).mockResolvedValue({ questions: [asked('c', 30)], rule })
      const calls = vi.mocked(api.questions).mock.calls.length
      old.settle({ questions: [asked('a', 10)], rule })
      await reading
      await vi.waitFor(() => expect(ids()).toEqual(['c']))
      expect(vi.mocked(api.questions).mock.calls.length).toBe(calls + 1)
    })
  })
})
