import { api, type Ask, type Question, type Queue, type Rule } from '../../api/question'
import { api as channels } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import type { RoomName, SubspaceEvent } from '../../realtime/frames'
import { Again } from '../../realtime/again'
import { byAnswer, inOrder, standing } from './order'
import type { Visit } from '../channel/visit.svelte'

/** So often a list is read when something happens meanwhile. */
const TRIES = 3

export type Move = 'air' | 'answer' | 'return' | 'skip'

/**
 * The questions of a channel: all of them for those inside, for others what was asked in public. The list is read
 * once and then follows the logs of the rooms we are in.
 */
export class QuestionList {
  all: Question[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  rule: Rule = $state.raw({ vote_seconds: 300, first_seconds: 900, carried_seconds: 1800 })
  /** Which the creator put first, in which order. */
  first: string[] = $state.raw([])

  waiting = $derived(
    inOrder(
      this.all.filter((q) => q.state === 'waiting'),
      this.first,
      this.rule,
    ),
  )
  onAir = $derived(this.all.find((q) => q.state === 'on_air'))
  answered = $derived(this.all.filter((q) => q.state === 'answered').toSorted(byAnswer))

  #channel: string
  #isStaff: () => boolean
  #inside = false
  #reading = 0
  /** Rises with every change: a list that was asked for before it may be older. */
  #changes = 0
  /** Rises when the door closes: what was asked for before that is not ours any more. */
  #stay = 0
  #withAnswered = false
  #answeredRead = $state(false)
  #again: Again | undefined

  /** `isStaff`: the server tells us who asks, also of who does not want to be named. */
  constructor(channel: string, isStaff: () => boolean = () => false, connection?: Connection) {
    this.#channel = channel
    this.#isStaff = isStaff
    if (connection) this.#again = new Again(connection, channel, () => void this.read())
  }

  async read(tries = TRIES): Promise<void> {
    const reading = ++this.#reading
    const changes = this.#changes
    const room = this.#inside ? 'space' : 'public'
    try {
      const [open, done] = await Promise.all([
        api.questions(this.#channel, room),
        this.#withAnswered ? api.questions(this.#channel, room, 'answered') : undefined,
      ])
      if (reading !== this.#reading) return
      if (changes !== this.#changes && tries > 1) return void this.read(tries - 1)
      const others = done?.questions ?? this.answered
      this.#answeredRead ||= !!done
      const isOpen = (id: string) => open.questions.some((q) => q.id === id)
      this.rule = open.rule
      this.first = open.questions.filter((q) => q.placed && q.state === 'waiting').map((q) => q.id)
      this.all = [...open.questions, ...others.filter((q) => !isOpen(q.id))]
      this.state = 'ready'
    } catch (thrown) {
      if (reading !== this.#reading) return
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /** Whether `answered` are all of them, and not those that were answered while one looked. */
  get answeredKnown(): boolean {
    return this.#answeredRead
  }

  /** Those that were answered are wanted too. */
  async readAnswered(): Promise<void> {
    if (this.#withAnswered) return
    this.#withAnswered = true
    await this.read()
  }

  /** Something that concerns us alone is another: an asker may have allowed that an answer is published. */
  async standing(): Promise<void> {
    if (this.#withAnswered) await this.read()
  }

  /** The door of the space has opened. */
  enter(): void {
    this.#inside = true
    void this.read()
  }

  /** The door has closed: nothing of the room stays in memory, nor arrives late. */
  leave(): void {
    this.#inside = false
    this.forget()
    void this.read()
  }

  forget(): void {
    this.#reading++
    this.#stay++
    this.all = []
    this.#answeredRead = false
    this.first = []
    this.state = 'loading'
  }

  /** Puts the server's answer in its place, or adds it. */
  take(question: Question): void {
    this.#set([...this.all.filter((q) => q.id !== question.id), question])
  }

  async ask(ask: Ask): Promise<void> {
    const question = await this.#ours(api.ask(this.#channel, ask))
    if (question) this.take(question)
  }

  async move(id: string, move: Move): Promise<void> {
    const question = await this.#ours(api.moveQuestion(this.#channel, id, move))
    if (!question) return
    this.#replace(question)
    // Airing one returns or answers another; the log says which, this only makes it immediate.
    if (move === 'air') this.#onlyOnAir(id)
  }

  /** The own vote stands on the screen at once, and is taken off again when it is refused. */
  async vote(id: string, on: boolean): Promise<void> {
    const was = this.all.find((q) => q.id === id)
    if (!was || was.voted === on) return
    const stay = this.#stay
    this.#change(id, { voted: on, votes: was.votes + (on ? 1 : -1) })
    try {
      const question = await this.#ours(api.vote(this.#channel, id, on))
      if (question) this.#replace(question)
    } catch (thrown) {
      if (stay === this.#stay) this.#change(id, { voted: was.voted, votes: was.votes })
      throw thrown
    }
  }

  async place(id: string, index: number): Promise<void> {
    this.#arranged(await this.#ours(api.place(this.#channel, id, index)))
  }

  async byRule(): Promise<void> {
    this.#arranged(await this.#ours(api.byRule(this.#channel)))
  }

  async reply(id: string, text: string): Promise<void> {
    const question = await this.#ours(api.reply(this.#channel, id, text))
    if (question) this.#replace(question)
  }

  async merge(id: string, into: string): Promise<void> {
    await api.merge(this.#channel, id, into)
    this.#drop(id)
  }

  async consent(id: string, on: boolean): Promise<void> {
    const question = await this.#ours(api.consent(this.#channel, id, on))
    if (question) this.#replace(question)
  }

  async publish(id: string, on: boolean): Promise<void> {
    const question = await this.#ours(api.publish(this.#channel, id, on))
    if (question) this.#replace(question)
  }

  async remove(id: string): Promise<void> {
    await channels.removeQuestion(this.#channel, id)
    this.#drop(id)
  }

  count(votes: Record<string, number>): void {
    this.#set(this.all.map((q) => (q.id in votes ? { ...q, votes: votes[q.id]! } : q)))
  }

  /** What happened in a room. Inside, the space's log says all about the order; the public log knows its part. */
  apply(event: SubspaceEvent, room: RoomName): void {
    switch (event.kind) {
      case 'question.asked':
        return this.#asked(event, room)
      case 'question.aired':
        this.#change(event.data.question, { state: 'on_air', aired_at: event.at })
        return this.#onlyOnAir(event.data.question)
      case 'question.answered':
        return this.#change(event.data.question, { state: 'answered', answered_at: event.at })
      case 'question.replied': {
        const { question, author, text } = event.data
        const reply = { name: author.name, text }
        return this.#change(question, { state: 'answered', answered_at: event.at, reply })
      }
      case 'question.returned':
        return this.#change(event.data.question, { state: 'waiting' })
      case 'question.skipped':
      case 'question.merged':
        return this.#drop(event.data.question)
      case 'questions.arranged':
        if (room !== (this.#inside ? 'space' : 'public')) return
        this.#changes++
        this.first = event.data.first
        return
      case 'live.started':
      case 'live.ended':
        return this.#readAgain() // what is carried over, and where it stands, is another now
      case 'message.removed':
        // Who is shut out takes their questions with them.
        if (event.data.by === 'sanction' || this.all.some((q) => q.published_at)) this.#readAgain()
        return
      case 'question.published':
        return this.#readAgain()
    }
  }

  /** Everybody is told at once. */
  #readAgain(): void {
    if (this.#again) this.#again.ask()
    else void this.read()
  }

  #asked(event: SubspaceEvent & { kind: 'question.asked' }, room: RoomName): void {
    const { question: id, name, text, author, audience = 'public', first = false } = event.data
    if (this.all.some((q) => q.id === id)) return
    this.take({
      ...{ id, name, text, room, audience, first, mine: false, state: 'waiting', asked_at: event.at },
      ...{
        votes: 0,
        voted: false,
        placed: false,
        carried: null,
        aired: null,
        answered: null,
        reply: null,
        consented: false,
      },
      stands: standing(event.at, first, this.rule),
      ...(author ? { author: { id: author.id, name: author.name } } : {}),
    })
    if (!author && this.#isStaff()) void this.read()
  }

  #change(id: string, change: Partial<Question>): void {
    // A question of an earlier page, or a list that is still loading: reading it again is simplest.
    if (!this.all.some((q) => q.id === id)) return this.#readAgain()
    this.#set(this.all.map((q) => (q.id === id ? { ...q, ...change } : q)))
  }

  #drop(id: string): void {
    this.#set(this.all.filter((q) => q.id !== id))
  }

  #onlyOnAir(id: string): void {
    this.#set(this.all.map((q) => (q.state === 'on_air' && q.id !== id ? { ...q, state: 'waiting' } : q)))
  }

  #arranged(queue: Queue | undefined): void {
    if (!queue) return
    this.first = queue.questions.filter((q) => q.placed).map((q) => q.id)
    for (const question of queue.questions) this.#replace(question)
  }

  #set(all: Question[]): void {
    this.#changes++
    this.all = all
  }

  /** What has left the list meanwhile stays out of it. */
  #replace(question: Question): void {
    if (this.all.some((q) => q.id === question.id)) this.take(question)
  }

  /** The answer to a call; undefined when the door has closed since it was made. */
  async #ours<T>(call: Promise<T>): Promise<T | undefined> {
    const stay = this.#stay
    const answer = await call
    if (stay === this.#stay) return answer
    void this.read()
    return undefined
  }
}

/** The list that a visit follows; whoever shows questions first brings it along. */
export function questionsOf(visit: Visit): QuestionList {
  return (
    visit.questions ?? visit.follow(new QuestionList(visit.handle, () => visit.isStaff, visit.connection))
  )
}
