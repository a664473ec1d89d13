import { api, type Question } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import type { SubspaceEvent } from '../../realtime/frames'

export type Move = 'air' | 'answer' | 'return' | 'skip'

/** The questions of one space, for those inside. The list is read once and then follows the space's log. */
export class QuestionList {
  all: Question[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()

  waiting = $derived(this.all.filter((q) => q.state === 'waiting'))
  onAir = $derived(this.all.find((q) => q.state === 'on_air'))
  answered = $derived(this.all.filter((q) => q.state === 'answered'))

  #channel: string
  #reading = 0

  constructor(channel: string) {
    this.#channel = channel
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    try {
      const all = await api.questions(this.#channel)
      if (reading !== this.#reading) return
      this.all = all.toSorted(byAge)
      this.state = 'ready'
    } catch (thrown) {
      if (reading !== this.#reading) return
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /** The door has closed: nothing of the room stays in memory, nor arrives late. */
  forget(): void {
    this.#reading++
    this.all = []
    this.state = 'loading'
  }

  /** Puts the server's answer in its place, or adds it. */
  take(question: Question): void {
    const others = this.all.filter((q) => q.id !== question.id)
    this.all = [...others, question].toSorted(byAge)
  }

  async move(id: string, move: Move): Promise<void> {
    this.take(await api.moveQuestion(this.#channel, id, move))
    // Airing one returns or answers another; the log says which, this only makes it immediate.
    if (move === 'air') this.#onlyOnAir(id)
  }

  async remove(id: string): Promise<void> {
    await api.removeQuestion(this.#channel, id)
    this.#drop(id)
  }

  apply(event: SubspaceEvent): void {
    switch (event.kind) {
      case 'question.asked':
        return this.#asked(event)
      case 'question.aired':
        this.#change(event.data.question, { state: 'on_air', aired_at: event.at })
        return this.#onlyOnAir(event.data.question)
      case 'question.answered':
        return this.#change(event.data.question, { state: 'answered', answered_at: event.at })
      case 'question.returned':
        return this.#change(event.data.question, { state: 'waiting' })
      case 'question.skipped':
        return this.#drop(event.data.question)
      case 'message.removed':
        // Who is shut out takes their questions with them.
        if (event.data.by === 'sanction') void this.read()
    }
  }

  #asked(event: SubspaceEvent & { kind: 'question.asked' }): void {
    const { question: id, name, text, author } = event.data
    if (this.all.some((q) => q.id === id)) return
    const person = author ? { author: { id: author.id, name: author.name } } : {}
    this.take({ id, name, text, mine: false, state: 'waiting', asked_at: event.at, ...person })
  }

  #change(id: string, change: Partial<Question>): void {
    // A question of an earlier page, or a list that is still loading: reading it again is simplest.
    if (!this.all.some((q) => q.id === id)) return void this.read()
    this.all = this.all.map((q) => (q.id === id ? { ...q, ...change } : q))
  }

  #drop(id: string): void {
    this.all = this.all.filter((q) => q.id !== id)
  }

  #onlyOnAir(id: string): void {
    this.all = this.all.map((q) => (q.state === 'on_air' && q.id !== id ? { ...q, state: 'waiting' } : q))
  }
}

const byAge = (a: Question, b: Question) => a.asked_at.localeCompare(b.asked_at)
