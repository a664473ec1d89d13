/**
 * What the column inside OBS knows while it is open: both rooms, the queue, the polls. It comes by a secret address,
 * and when that opens nothing any more it shows nothing more.
 */
import { dock as calls, type DockView } from '../../api/dock'
import type { OnAir } from '../../api/subspace'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import type { RoomName, ServerFrame, SubspaceEvent } from '../../realtime/frames'
import { picturesOf } from '../chat/badges'
import { RoomChat } from '../chat/room.svelte'
import { PollDeskState } from '../poll/desk.svelte'
import { QuestionList } from '../question/questions.svelte'

/** Why the address opens nothing, and asking again would change nothing. */
const final = new Set(['dock_revoked', 'beyond_dock', 'channel_missing', 'banned'])

/** A channel that the dock is in. */
export class DockRoom {
  readonly handle: string
  readonly public: RoomChat
  readonly space: RoomChat
  readonly questions: QuestionList
  readonly polls: PollDeskState

  view: DockView = $state.raw()!
  viewers = $state(0)
  /** How many sit in the Sub Space; known inside only. */
  inside: number | undefined = $state()

  isOwner = $derived(this.view.role === 'owner')
  badges: Readonly<Record<string, string>> = $derived(picturesOf(this.view))
  onAir: OnAir | null = $derived(this.#airing())
  #undo: (() => void)[] = []

  constructor(connection: Connection, view: DockView, changed: () => void) {
    this.view = view
    this.handle = view.channel
    this.public = new RoomChat(connection, view.channel, 'public', {
      happened: (event) => this.#happened('public', event, changed),
      state: ({ viewers }) => (this.viewers = viewers),
      entered: () => this.space.start(),
      out: changed,
    })
    this.space = new RoomChat(connection, view.channel, 'space', {
      happened: (event) => this.#happened('space', event, changed),
      state: ({ inside }) => (this.inside = inside),
      entered: () => this.questions.enter(),
      out: () => this.#stepOutside(),
    })
    this.questions = new QuestionList(view.channel)
    this.polls = new PollDeskState(connection, view.channel)
    this.#undo = [connection.onFrame((frame) => this.#receive(frame))]
    if (view.role === 'owner') this.#undo.push(this.polls.follow())
    this.public.start()
    void this.questions.read()
  }

  close(): void {
    for (const undo of this.#undo) undo()
    this.public.stop()
    this.space.stop()
    this.questions.forget()
  }

  #airing(): OnAir | null {
    const q = this.questions.onAir
    if (!q) return null
    return {
      ...{ question: q.id, name: q.name, text: q.text, audience: q.audience },
      since: q.aired_at ?? q.asked_at,
    }
  }

  #receive(frame: ServerFrame): void {
    if (!('channel' in frame) || frame.channel !== this.handle) return
    if (frame.type === 'state') {
      this.viewers = frame.viewers
      if (this.space.phase === 'in') this.inside = frame.inside ?? this.inside
    }
    if (frame.type === 'votes') this.questions.count(frame.votes)
    if (frame.type === 'door') this.space.start()
  }

  #stepOutside(): void {
    this.inside = undefined
    this.questions.leave()
    this.space.stop()
  }

  #happened(room: RoomName, event: SubspaceEvent, changed: () => void): void {
    this.questions.apply(event, room)
    switch (event.kind) {
      case 'live.started':
      case 'live.interrupted':
      case 'live.resumed':
      case 'live.ended':
      case 'space.opened':
      case 'space.closed':
      case 'channel.changed':
        if (room === 'public') changed()
    }
  }
}

/** The dock by its address. */
export class DockState {
  room: DockRoom | undefined = $state.raw()
  /** Why it shows nothing, `no_address` among it; '' while it does, or is on its way. */
  over = $state('')
  /** Why it shows nothing for a while, after which it begins again by itself; '' when there is no such thing. */
  waits = $state('')

  #connection: Connection
  #met: (who: DockView['by']) => void
  #tries = 0
  #giveUpTrying: (() => void) | undefined
  #undo: (() => void) | undefined

  /** `met` hears whom the address stands for. */
  constructor(connection: Connection, secret: string, met: (who: DockView['by']) => void = () => {}) {
    this.#connection = connection
    this.#met = met
    if (!secret) {
      this.over = 'no_address'
      return
    }
    // Whatever the server says while we were away: a link that opens again asks again. One that the server shut
    // for good may be shut for a while only.
    this.#undo = connection.onLink((link) => {
      if (link === 'open' || (link === 'stopped' && this.room)) void this.read()
    })
  }

  async read(): Promise<void> {
    this.#giveUpTrying?.()
    try {
      const view = await calls.view()
      this.#tries = 0
      if (this.over) return
      if (this.waits) this.#connection.start()
      this.waits = ''
      this.#met(view.by)
      if (this.room) this.room.view = view
      else this.room = new DockRoom(this.#connection, view, () => void this.read())
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (final.has(refusal.reason)) return this.end(refusal.reason)
      if (refusal.reason === 'timed_out') return this.#wait(refusal)
      if (this.over || this.#connection.link !== 'open') return
      const seconds = refusal.retryAfter ?? 0
      this.#giveUpTrying = this.#connection.later(this.#tries++, seconds * 1000, () => void this.read())
    }
  }

  /** Whom the dock stands for is shut out for a while: what was shown is taken away until then. */
  #wait({ reason, retryAfter = 30 }: Refusal): void {
    if (this.over) return
    this.waits = reason
    this.room?.close()
    this.room = undefined
    this.#connection.stop()
    this.#giveUpTrying = this.#connection.later(0, retryAfter * 1000, () => void this.read())
  }

  /** The address opens nothing any more: what was shown is taken away, and nothing is asked again. */
  end(reason: string): void {
    if (this.over || !final.has(reason)) return
    this.over = reason
    this.#undo?.()
    this.#giveUpTrying?.()
    this.room?.close()
    this.room = undefined
    this.#connection.stop()
  }
}
