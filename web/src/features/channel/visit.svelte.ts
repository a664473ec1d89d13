/**
 * One stay at a channel: what the watch page and the cockpit know about it while they are open. It follows
 * both rooms' logs, keeps the channel's facts right from their events, and drops the space's content the
 * moment its door closes.
 */
import { api, type Channel, type OnAir } from '../../api/subspace'
import { passingReasons, Refusal } from '../../api/refusal'
import type { Modes } from '../../api/room'
import type { Connection } from '../../realtime/connection'
import type { Happened, RoomName, ServerFrame, SubspaceEvent } from '../../realtime/frames'
import { Again } from '../../realtime/again'
import { RoomChat } from '../chat/room.svelte'
import { PutAway } from './putaway.svelte'
import { PlaybackState } from '../live/playback.svelte'
import { picturesOf } from '../chat/badges'
import type { QuestionList } from '../question/questions.svelte'

/** Why the gate lets somebody read a room but not write there for now. */
const modeReasons = /^(followers_only|subscribers_mode)$/

export class Visit {
  readonly connection: Connection
  readonly handle: string
  readonly public: RoomChat
  readonly space: RoomChat
  readonly playback: PlaybackState
  /** Whoever shows questions brings the list along. */
  questions: QuestionList | undefined

  channel: Channel | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()
  viewers = $state(0)
  /** How many sit in the space; known to those inside only. */
  inside: number | undefined = $state()
  onAir: OnAir | null = $state.raw(null)
  /** The public room was asked to choose while we were here. */
  polled = $state(false)
  /** What it was asked, while that is open. */
  poll: Happened<'poll.opened'> | undefined
  /** Why the space has shut while we sat in it; '' when it has not. */
  shut = $state('')

  #putAway = new PutAway()

  me = $derived(this.channel?.me)
  isOwner = $derived(this.me?.role === 'owner')
  isStaff = $derived(this.me?.role === 'owner' || this.me?.role === 'moderator')
  live = $derived(this.channel?.live ?? null)
  /** The creator's own pictures, by the badge they stand for, those of one tier by its name and theirs. */
  badges: Readonly<Record<string, string>> = $derived(this.channel ? picturesOf(this.channel) : {})
  /** The newest gift to us that this browser has not put away. */
  gift = $derived(this.me?.gift && !this.#putAway.has(this.me.gift.id) ? this.me.gift : undefined)
  /** Why the server cannot say for now whether the space is ours to enter; '' when it can. */
  unconfirmed = $derived([this.shut, this.me?.reason ?? ''].find((r) => passingReasons.has(r)) ?? '')

  #undo: (() => void)[] = []
  #greetedBefore = false
  #reading = 0
  /** The last reading that was answered, or failed. */
  #read = 0
  #tries = 0
  #giveUpTrying: (() => void) | undefined

  #again: Again
  #pictureAgain: Again
  #turnedAgain: Again

  /** `turned` is called whenever the channel's live begins or ends. */
  constructor(connection: Connection, handle: string, turned = () => {}) {
    this.handle = handle
    this.connection = connection
    this.#again = new Again(connection, handle, () => void this.read())
    this.#pictureAgain = new Again(connection, handle, () => void this.playback.read())
    this.#turnedAgain = new Again(connection, handle, turned)
    this.public = new RoomChat(connection, handle, 'public', {
      happened: (event) => this.#happened('public', event),
      state: ({ viewers }) => (this.viewers = viewers),
      // The first reading began before the room was followed: what changed in between is in neither.
      entered: () => void this.read(),
    })
    this.space = new RoomChat(connection, handle, 'space', {
      happened: (event) => this.#happened('space', event),
      state: ({ inside }) => (this.inside = inside),
      entered: () => this.#stepInside(),
      out: (reason) => this.#stepOutside(reason),
    })
    this.playback = new PlaybackState(handle)
  }

  /** Reads the channel and follows it until the returned undo is called. */
  open(): () => void {
    this.#greetedBefore = this.connection.link === 'open'
    this.#undo = [this.connection.onFrame((frame) => this.#receive(frame))]
    this.public.start()
    void this.read()
    void this.playback.read()
    return () => this.#close()
  }

  /**
   * Reads the channel again: after a failure, a change of account, or an event that says it changed. While the
   * server has trouble it is read again and again: an open door that nobody tells us of is found that way.
   */
  async read(): Promise<void> {
    const reading = ++this.#reading
    this.#giveUpTrying?.()
    try {
      const channel = await api.channel(this.handle)
      if (reading !== this.#reading) return
      this.#read = reading
      this.take(channel)
      if (passingReasons.has(channel.me.reason)) this.#readLater()
      else this.#tries = 0
    } catch (thrown) {
      if (reading !== this.#reading) return
      this.#read = reading
      const refusal = Refusal.from(thrown)
      if (!this.channel) this.failure = refusal
      if (refusal.passing) this.#readLater(refusal.retryAfter)
    }
  }

  #readLater(seconds = 0): void {
    this.#giveUpTrying = this.connection.later(this.#tries++, seconds * 1000, () => void this.read())
  }

  /** Takes the channel as an answer of the server gave it, and enters the space if it is open to us. */
  take(channel: Channel): void {
    this.channel = channel
    this.failure = undefined
    this.onAir = channel.on_air
    this.viewers = channel.viewers
    this.polled ||= channel.poll_open
    // What was a guess while nobody could say is now known.
    if (passingReasons.has(this.shut) && !channel.me.inside) this.shut = channel.me.reason
    if (channel.me.inside) this.space.start()
    else if (this.space.phase !== 'in') this.space.stop()
  }

  /** Keeps a list of the questions right from now on. */
  follow(questions: QuestionList): QuestionList {
    this.questions = questions
    if (this.space.phase === 'in') questions.enter()
    else void questions.read()
    return questions
  }

  /** It was read: it is not told again in this browser. */
  putGiftAway(): void {
    if (this.gift) this.#putAway.add(this.gift.id)
  }

  #close(): void {
    this.#reading++
    this.#giveUpTrying?.()
    for (const again of [this.#again, this.#pictureAgain, this.#turnedAgain]) again.drop()
    for (const undo of this.#undo) undo()
    this.public.stop()
    this.space.stop()
    this.playback.stop()
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'hello') return this.#greeted()
    if (!('channel' in frame) || frame.channel !== this.handle) return
    if (frame.type === 'state') {
      this.viewers = frame.viewers
      if (this.space.phase === 'in') this.inside = frame.inside ?? this.inside
    }
    if (frame.type === 'votes') this.questions?.count(frame.votes)
    if (frame.type === 'door') this.#doorOpened()
    if (frame.type === 'standing') this.#stands()
  }

  /** A second hello means another account, or an absence: what we may do and see is asked again. */
  #greeted(): void {
    const again = this.#greetedBefore
    this.#greetedBefore = true
    if (!again) return
    void this.read()
    void this.playback.read()
  }

  /** It may have opened for everybody who has a right. */
  #doorOpened(): void {
    this.shut = ''
    this.space.start()
    this.#again.ask()
    this.#pictureAgain.ask()
  }

  /** Our own right or role is another. */
  #stands(): void {
    void this.read()
    void this.questions?.standing()
    void this.playback.read()
  }

  #stepInside(): void {
    this.shut = ''
    this.questions?.enter()
  }

  #stepOutside(reason: string): void {
    this.shut = reason
    this.inside = undefined
    this.questions?.leave()
    this.space.stop()
    this.#forgetInside()
    void this.read()
    // Subscribers-only video ends with the subscription.
    void this.playback.read()
  }

  /** What only those inside may see is gone at once: reading the channel may fail. */
  #forgetInside(): void {
    if (this.onAir?.audience === 'space') this.onAir = null
    if (!this.channel) return
    const { me } = this.channel
    const answered = me.answered.filter(({ room }) => room === 'public')
    this.channel = { ...this.channel, on_air: this.onAir, me: { ...me, answered } }
  }

  #happened(room: RoomName, event: SubspaceEvent): void {
    this.questions?.apply(event, room)
    this.#followOnAir(room, event)
    if (event.kind === 'live.started' || event.kind === 'live.ended') this.#turnedAgain.ask()
    switch (event.kind) {
      case 'poll.opened':
        if (room === 'public') this.poll = event
        this.polled ||= room === 'public'
        return
      case 'poll.closed':
        if (room === 'public') this.poll = undefined
        return
      case 'live.started':
        this.#began(event)
        this.#again.ask()
        return this.#pictureAgain.ask()
      case 'live.interrupted':
      case 'live.resumed':
        this.#broadcast(event.kind === 'live.resumed' ? 'live' : 'interrupted')
        return this.#pictureAgain.ask()
      case 'live.ended':
        if (this.channel) this.channel = { ...this.channel, live: null }
        return this.#pictureAgain.ask()
      case 'live.titled':
        return this.#titled(event.data.title)
      case 'modes.changed':
        return this.ruled(room, event.data)
      case 'space.opened':
      case 'space.closed':
      case 'channel.changed':
        if (room === 'public') this.#again.ask()
    }
  }

  /** What modes have to say of a room: that we are 'barred', something ('on'), or nothing. */
  rules({ room, handedBack }: RoomChat): '' | 'on' | 'barred' {
    if (!this.channel) return ''
    const { modes, me } = this.channel
    // A thread has no ways of its own; who may not write in the room may not write there either.
    const thread = room === 'thread'
    if (modeReasons.test(me.writing[thread ? 'space' : room].reason)) return 'barred'
    return handedBack || (!thread && Object.values(modes[room] ?? {}).some(Boolean)) ? 'on' : ''
  }

  /** Takes how a room is written in from now on. Who may is the gate's to say, and is asked where it may have changed. */
  ruled(room: RoomName, modes: Modes): void {
    const was = this.channel
    const picky = [modes, was?.modes[room]].some((m) => m?.followers || m?.subscribers)
    if (was) this.channel = { ...was, modes: { ...was.modes, [room]: modes } }
    // An answer that is on its way may be older than this.
    if (picky || this.#read !== this.#reading) void this.read()
  }

  #followOnAir(room: RoomName, event: SubspaceEvent): void {
    if (event.kind === 'question.aired') {
      const { question, name, text } = event.data
      // In both rooms, and then public; what only the space is told is for those inside.
      const audience = this.onAir?.question === question ? this.onAir.audience : room
      this.onAir = { question, name, text, since: event.at, audience: room === 'public' ? room : audience }
    }
    const over = event.kind === 'question.answered' || event.kind === 'question.returned'
    if (over && this.onAir?.question === event.data.question) this.onAir = null
    // An answer that is on its way may be older than this.
    if ((over || event.kind === 'question.aired') && this.#read !== this.#reading) void this.read()
  }

  /** Told before it is read, because not everybody reads at once. */
  #began({ at, data }: Happened<'live.started'>): void {
    const live = { id: data.broadcast, title: data.title, state: 'live', started_at: at } as const
    if (this.channel && !this.channel.live) this.channel = { ...this.channel, live }
  }

  #broadcast(state: 'live' | 'interrupted'): void {
    if (this.channel?.live) this.channel = { ...this.channel, live: { ...this.channel.live, state } }
  }

  #titled(title: string): void {
    if (this.channel?.live) this.channel = { ...this.channel, live: { ...this.channel.live, title } }
  }
}
