/**
 * The threads of one Sub Space, for those inside. The list is read once and then follows what the server tells
 * of threads that everybody inside may read; those of dearer tiers are looked at again now and then.
 */
import { Refusal } from '../../api/refusal'
import { space, type Thread, type ThreadChange, type ThreadWish } from '../../api/space'
import type { Connection } from '../../realtime/connection'
import type { Moved, ServerFrame } from '../../realtime/frames'
import { OpenThread } from './thread.svelte'

const LOOK_EVERY = 30_000

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

  constructor(connection: Connection, channel: string) {
    this.#connection = connection
    this.#channel = channel
  }

  /** Reads the list and follows it until the returned undo is called. */
  follow(): () => void {
    const undo = this.#connection.onFrame((frame) => this.#receive(frame))
    const look = setInterval(() => !document.hidden && void this.read(), LOOK_EVERY)
    void this.read()
    return () => {
      undo()
      clearInterval(look)
      this.#reading++
      this.leave()
    }
  }

  /** Opens one to read and write in, in place of the one that is open. */
  show(thread: Thread): void {
    this.leave()
    const mark = (seq: number) => this.#markRead(thread.id, seq)
    this.open = new OpenThread(this.#connection, this.#channel, thread, mark)
  }

  leave(): void {
    this.open?.leave()
    this.open = undefined
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    try {
      const { threads, prompts } = await space.threads(this.#channel)
      if (reading !== this.#reading) return
      this.all = threads
      this.prompts = prompts
      this.state = 'ready'
    } catch (thrown) {
      if (reading !== this.#reading || this.state === 'ready') return
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /** Opens a thread, or throws why not. */
  async begin(wish: ThreadWish): Promise<Thread> {
    const thread = await space.openThread(this.#channel, wish)
    this.#put(thread)
    return thread
  }

  async change(id: string, change: ThreadChange): Promise<void> {
    const thread = await space.changeThread(this.#channel, id, change)
    const was = this.all.find((t) => t.id === id)
    // What somebody has read is their own: an answer to staff does not say it.
    if (was) this.#put({ ...thread, seen: was.seen, unread: was.unread })
    if (thread.archived) this.all = this.all.filter((t) => t.id !== id)
  }

  /** What is read here is read everywhere. */
  async #markRead(id: string, seq: number): Promise<void> {
    const reading = await space.markRead(this.#channel, id, seq)
    this.#change(id, reading)
  }

  #receive(frame: ServerFrame): void {
    if (!('channel' in frame) || frame.channel !== this.#channel) return
    if (frame.type === 'threads') for (const moved of frame.moved) this.#move(moved)
    if (frame.type === 'entered' && frame.room === 'space') void this.read()
    if (frame.type !== 'event' || frame.room !== 'space') return
    const { event } = frame
    if (event.kind === 'thread.opened') void this.read()
    if (event.kind === 'thread.changed') {
      const { thread, ...is } = event.data
      const known = this.all.some((t) => t.id === thread)
      if (is.archived) this.all = this.all.filter((t) => t.id !== thread)
      else if (known) this.#change(thread, is)
      else void this.read()
    }
  }

  #move({ thread, head, posts, at, last, removed }: Moved): void {
    const was = this.all.find((t) => t.id === thread)
    if (!was || head <= was.head) return
    const { last: line, ...rest } = was
    const kept = last ?? (removed ? undefined : line)
    this.#put({
      ...rest,
      head,
      messages: was.messages + posts,
      unread: thread === this.open?.id ? 0 : was.unread + posts,
      moved_at: at ?? was.moved_at,
      ...(kept ? { last: kept } : {}),
    })
  }

  #change(id: string, is: Partial<Thread>): void {
    const was = this.all.find((t) => t.id === id)
    if (was) this.#put({ ...was, ...is })
  }

  #put(thread: Thread): void {
    this.all = [...this.all.filter((t) => t.id !== thread.id), thread].toSorted(inOrder)
  }
}

/** As the server orders them: the pinned ones first, then those in which something was written last. */
function inOrder(a: Thread, b: Thread): number {
  return (
    Number(b.pinned) - Number(a.pinned) || b.moved_at.localeCompare(a.moved_at) || b.id.localeCompare(a.id)
  )
}
