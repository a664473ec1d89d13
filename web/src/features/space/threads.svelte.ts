/**
 * The threads of one Sub Space, for those inside. The list is read once and then follows what the server tells
 * of threads that everybody inside may read; those of dearer tiers are looked at again now and then.
 */
import { Refusal } from '../../api/refusal'
import { space, type Thread, type ThreadChange, type ThreadWish } from '../../api/space'
import { Again } from '../../realtime/again'
import type { Connection } from '../../realtime/connection'
import type { EventData, Moved, ServerFrame } from '../../realtime/frames'
import { OpenThread } from './thread.svelte'

const LOOK_EVERY = 30_000

/** So often the list is read when something happens meanwhile. */
const TRIES = 3

export class ThreadList {
  all: Thread[] = $state.raw([])
  prompts: string[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  /** The one that is being read: nothing of it is unread. */
  open: OpenThread | undefined = $state.raw()

  /** The open one as it is now. */
  current = $derived(this.all.find((t) => t.id === this.open?.id) ?? this.open?.thread)
  unread = $derived(this.all.reduce((n, t) => n + (t.id === this.open?.id ? 0 : t.unread), 0))
  /** Suggested topics that have no thread yet. */
  suggested = $derived(this.prompts.filter((p) => !this.all.some((t) => t.prompt === p)))

  #connection: Connection
  #channel: string
  #reading = 0
  /** Rises with every change: a list that was asked for before it may be older. */
  #changes = 0
  /** Rises when the list is forgotten: what was asked for before that is not ours any more. */
  #stay = 0
  #again: Again

  constructor(connection: Connection, channel: string) {
    this.#connection = connection
    this.#channel = channel
    this.#again = new Again(connection, channel, () => void this.read())
  }

  /** Reads the list and follows it until the returned undo is called; `shown` says whether somebody looks at it. */
  follow(shown: () => boolean): () => void {
    const undo = this.#connection.onFrame((frame) => this.#receive(frame))
    const look = setInterval(() => this.#look(shown()), LOOK_EVERY)
    void this.read()
    return () => {
      undo()
      this.#again.drop()
      clearInterval(look)
      this.forget()
    }
  }

  /** Nothing of the threads stays in memory, nor arrives late. */
  forget(): void {
    this.#reading++
    this.#stay++
    this.leave()
    this.all = []
    this.prompts = []
    this.state = 'loading'
  }

  /** Opens one to read and write in, in place of the one that is open. */
  show(thread: Thread): void {
    this.leave()
    const mark = (seq: number) => this.#markRead(thread.id, seq)
    this.open = new OpenThread(this.#connection, this.#channel, thread, mark, {
      happened: (event) => event.kind === 'thread.changed' && this.#changed(event.data),
      out: () => this.#shut(thread.id),
    })
  }

  leave(): void {
    this.open?.leave()
    this.open = undefined
  }

  async read(tries = TRIES): Promise<void> {
    const reading = ++this.#reading
    const changes = this.#changes
    try {
      const { threads, prompts } = await space.threads(this.#channel)
      if (reading !== this.#reading) return
      if (changes !== this.#changes && tries > 1) return void this.read(tries - 1)
      this.all = threads
      this.prompts = prompts
      this.state = 'ready'
    } catch (thrown) {
      if (reading !== this.#reading) return
      const refusal = Refusal.from(thrown)
      if (refusal.passing && this.state === 'ready') return
      // Who is refused keeps nothing of it.
      this.forget()
      this.failure = refusal
      this.state = 'failed'
    }
  }

  /** Opens a thread, or throws why not. Undefined: the door has closed meanwhile. */
  async begin(wish: ThreadWish): Promise<Thread | undefined> {
    const thread = await this.#ours(space.openThread(this.#channel, wish))
    if (thread) this.#put(thread)
    return thread
  }

  async change(id: string, change: ThreadChange): Promise<void> {
    const thread = await this.#ours(space.changeThread(this.#channel, id, change))
    if (!thread) return
    const open = this.open?.id === id ? this.open : undefined
    const { seen, unread } = this.all.find((t) => t.id === id) ?? open?.thread ?? thread
    // What somebody has read is their own: an answer to staff does not say it.
    const now = { ...thread, seen, unread }
    if (open) open.thread = now
    if (now.archived) this.#drop(id)
    else this.#put(now)
  }

  /** What is read here is read everywhere. */
  async #markRead(id: string, seq: number): Promise<void> {
    const reading = await space.markRead(this.#channel, id, seq)
    this.#change(id, reading)
  }

  /** Nobody tells us of threads of dearer tiers; of all others we are told. */
  #look(shown: boolean): void {
    if (document.hidden) return
    if (shown || this.all.some((t) => t.level > 1)) void this.read()
  }

  /** The door of one thread has closed, while that of the room may stand open. */
  #shut(id: string): void {
    if (this.open?.id === id) this.leave()
    this.#drop(id)
    void this.read()
  }

  #receive(frame: ServerFrame): void {
    if (!('channel' in frame) || frame.channel !== this.#channel) return
    if (frame.type === 'threads') for (const moved of frame.moved) this.#move(moved)
    // Another tier opens other threads.
    if (frame.type === 'standing') void this.read()
    if (frame.type === 'entered' && frame.room === 'space') this.#again.ask()
    if (frame.type !== 'event' || frame.room !== 'space') return
    const { event } = frame
    if (event.kind === 'thread.opened') this.#again.ask()
    if (event.kind === 'thread.changed') this.#changed(event.data)
  }

  #changed({ thread: id, ...is }: EventData['thread.changed']): void {
    this.#change(id, is)
    if (is.archived) this.#drop(id)
    else if (!this.all.some((t) => t.id === id)) this.#again.ask()
  }

  #move({ thread, head, posts, at, last, removed }: Moved): void {
    this.#changes++
    const was = this.all.find((t) => t.id === thread)
    if (!was || head <= was.head) return
    const { last: line, ...rest } = was
    const kept = last ?? (removed ? undefined : line)
    // A list that was read since may have counted some of them.
    const more = Math.min(posts, head - was.head)
    this.#put({
      ...rest,
      head,
      messages: was.messages + more,
      unread: thread === this.open?.id ? 0 : was.unread + more,
      moved_at: at ?? was.moved_at,
      ...(kept ? { last: kept } : {}),
    })
  }

  #change(id: string, is: Partial<Thread>): void {
    const was = this.all.find((t) => t.id === id)
    if (was) this.#put({ ...was, ...is })
    if (this.open?.id === id) this.open.thread = { ...this.open.thread, ...is }
  }

  #put(thread: Thread): void {
    this.#changes++
    this.all = [...this.all.filter((t) => t.id !== thread.id), thread].toSorted(inOrder)
  }

  #drop(id: string): void {
    this.#changes++
    this.all = this.all.filter((t) => t.id !== id)
  }

  /** The answer to a call; undefined when the list was forgotten since it was made. */
  async #ours<T>(call: Promise<T>): Promise<T | undefined> {
    const stay = this.#stay
    const answer = await call
    return stay === this.#stay ? answer : undefined
  }
}

/** As the server orders them: the pinned ones first, then those in which something was written last. */
function inOrder(a: Thread, b: Thread): number {
  return (
    Number(b.pinned) - Number(a.pinned) || b.moved_at.localeCompare(a.moved_at) || b.id.localeCompare(a.id)
  )
}
