import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api, type Question } from '../../api/subspace'
import type { EventData, EventKind, SubspaceEvent } from '../../realtime/frames'
import { QuestionList } from './questions.svelte'

const asked = (id: string, minute: number): Question => ({
  ...{ id, text: id, name: 'Yuna', mine: false, state: 'waiting' },
  asked_at: `2026-11-22T18:${minute}:00.000Z`,
})

function event<K extends EventKind>(kind: K, data: EventData[K]): SubspaceEvent {
  return { log: 'l', seq: 1, id: 'e', v: 1, at: '2026-11-22T18:30:00.000Z', kind, data } as SubspaceEvent
}

describe('QuestionList', () => {
  let list: QuestionList

  beforeEach(async () => {
    vi.spyOn(api, 'questions').mockResolvedValue([asked('b', 20), asked('a', 10)])
    list = new QuestionList('ines')
    await list.read()
  })

  it('keeps the oldest first', () => {
    expect(list.waiting.map((q) => q.id)).toEqual(['a', 'b'])
  })

  it('follows the log: asked, on air, back, answered, skipped', () => {
    list.apply(event('question.asked', { question: 'c', name: '', text: 'c' }))
    list.apply(event('question.aired', { question: 'a', name: 'Yuna', text: 'a' }))
    expect(list.onAir?.id).toBe('a')
    expect(list.waiting.map((q) => q.id)).toEqual(['b', 'c'])
    list.apply(event('question.returned', { question: 'a' }))
    expect(list.onAir).toBeUndefined()
    list.apply(event('question.answered', { question: 'a' }))
    list.apply(event('question.skipped', { question: 'b' }))
    expect(list.waiting.map((q) => q.id)).toEqual(['c'])
    expect(list.answered).toHaveLength(1)
  })

  it('keeps its own mark on a question whose event comes after the answer', () => {
    list.take({ ...asked('mine', 40), mine: true })
    list.apply(event('question.asked', { question: 'mine', name: 'Noa', text: 'mine' }))
    expect(list.all.find((q) => q.id === 'mine')?.mine).toBe(true)
  })

  it('reads again when a sanction has withdrawn questions, and only then', () => {
    const calls = () => vi.mocked(api.questions).mock.calls.length
    const before = calls()
    list.apply(event('message.removed', { seqs: [1], by: 'moderator' }))
    expect(calls()).toBe(before)
    list.apply(event('message.removed', { seqs: [1], by: 'sanction' }))
    expect(calls()).toBe(before + 1)
  })

  it('drops a list that arrives after the door has closed', async () => {
    const late = list.read()
    list.forget()
    await late
    expect(list.all).toEqual([])
  })
})
