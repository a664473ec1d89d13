/** One thread while it is open: its log, and the mark of how far it has been read. */
import { space, type Thread } from '../../api/space'
import type { Connection } from '../../realtime/connection'
import { RoomChat } from '../chat/room.svelte'

/** So often at most the server is told how far somebody has read. */
const MARK_EVERY = 4_000

export class OpenThread {
  readonly id: string
  /** As it was when it was opened. */
  readonly thread: Thread
  readonly chat: RoomChat

  #mark: (seq: number) => Promise<void>
  #marked: number
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Enters the thread, until leave(). `mark` remembers up to where it was read. */
  constructor(connection: Connection, channel: string, thread: Thread, mark: (seq: number) => Promise<void>) {
    this.id = thread.id
    this.thread = thread
    this.#marked = thread.seen
    this.#mark = mark
    this.chat = new RoomChat(connection, channel, 'thread', {}, undefined, {
      place: { channel, room: 'thread', thread: thread.id },
      page: (query) => space.events(channel, thread.id, query),
      remove: (seq) => space.removeMessage(channel, thread.id, seq),
    })
    this.chat.start()
  }

  leave(): void {
    this.#say()
    this.chat.stop()
  }

  /** The reader is at the newest row: it will be marked in a moment. */
  read(): void {
    this.#timer ??= setTimeout(() => this.#say(), MARK_EVERY)
  }

  #say(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const last = this.chat.rows.at(-1)?.seq ?? 0
    if (this.chat.reading || last <= this.#marked) return
    const before = this.#marked
    this.#marked = last
    // A mark that is lost is set by the next one.
    this.#mark(last).catch(() => (this.#marked = before))
  }
}
