import type { RoomChat } from '../chat/room.svelte'

/** So often at most the server is told how far somebody has read. */
const MARK_EVERY = 4_000

/** Remembers up to where a room or thread has been read, while it is open. */
export class Mark {
  #chat: RoomChat
  #say: (seq: number) => Promise<unknown>
  #marked: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #wait: AbortController | undefined

  constructor(chat: RoomChat, seen: number, say: (seq: number) => Promise<unknown>) {
    this.#chat = chat
    this.#marked = seen
    this.#say = say
  }

  /** The reader is at the newest row: it will be marked in a moment. */
  read(): void {
    this.#timer ??= setTimeout(() => this.#due(), MARK_EVERY)
  }

  /** Marks what has been read. Nothing more is, until it is read again. */
  leave(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wait?.abort()
    this.#mark()
  }

  #due(): void {
    this.#timer = undefined
    if (!document.hidden) return this.#mark()
    // Nobody sees it: it is read when they are back.
    this.#wait?.abort()
    this.#wait = new AbortController()
    const { signal } = this.#wait
    document.addEventListener('visibilitychange', () => this.read(), { once: true, signal })
  }

  #mark(): void {
    if (document.hidden) return
    const last = this.#chat.rows.at(-1)?.seq ?? 0
    if (this.#chat.reading || last <= this.#marked) return
    const before = this.#marked
    this.#marked = last
    // A mark that is lost is set by the next one.
    this.#say(last).catch(() => (this.#marked = before))
  }
}
