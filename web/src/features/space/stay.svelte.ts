/** A stay inside the Sub Space: what of it is looked at, and where one writes. */
import { space } from '../../api/space'
import type { Connection } from '../../realtime/connection'
import type { Visit } from '../channel/visit.svelte'
import type { RoomChat } from '../chat/room.svelte'
import { Mark } from './mark'
import { ThreadList } from './threads.svelte'

export type View = 'chat' | 'threads' | 'questions' | 'schedule'

export class SpaceStay {
  readonly threads: ThreadList
  /** Up to where the room's chat had been read when one came in; 0: nothing, or it is not known. */
  seen = $state(0)

  /** The question that somebody was led to; the board shows it. */
  pointed = $state('')

  #view: View = $state('chat')
  #visit: Visit
  #mark: Mark | undefined
  /** Where the composer writes; undefined where nobody, or not this reader, writes. */
  writing: RoomChat | undefined = $derived(this.#place())

  constructor(connection: Connection, visit: Visit) {
    this.#visit = visit
    this.threads = new ThreadList(connection, visit.handle)
  }

  get view(): View {
    return this.#view
  }

  /** A thread that is not looked at is not read: whoever looks elsewhere leaves it. */
  set view(view: View) {
    if (view !== 'threads') this.threads.leave()
    // Of those of dearer tiers nobody has told while the list was not shown.
    else if (this.#view !== view) void this.threads.read()
    this.#view = view
    this.pointed = ''
  }

  /** Leads to a thread; to the list, where it is not ours to read any more. */
  async toThread(id: string): Promise<void> {
    this.view = 'threads'
    const find = () => this.threads.all.find((t) => t.id === id)
    if (!find()) await this.threads.read()
    const thread = find()
    if (thread && this.view === 'threads') this.threads.show(thread)
  }

  toQuestion(id: string): void {
    this.view = 'questions'
    this.pointed = id
  }

  /** Until the returned undo is called. */
  enter(): () => void {
    const leave = this.threads.follow(() => this.view === 'threads')
    let gone = false
    void this.#readMark(() => gone)
    return () => {
      gone = true
      this.#mark?.leave()
      this.#mark = undefined
      leave()
    }
  }

  /** The reader is at the newest row of the room's chat. */
  read(): void {
    this.#mark?.read()
  }

  async #readMark(gone: () => boolean): Promise<void> {
    const { space: room, handle } = this.#visit
    try {
      const { seen } = await space.reading(handle)
      if (gone()) return
      this.seen = seen
      this.#mark = new Mark(room, seen, (seq) => space.markRoomRead(handle, seq))
    } catch {
      // Without it there is no line; the next stay asks again.
    }
  }

  #place(): RoomChat | undefined {
    if (this.view !== 'threads') return this.#visit.space
    const { current, open } = this.threads
    if (!current || !open || current.archived) return undefined
    const { isOwner, isStaff } = this.#visit
    const writes = (isStaff || !current.closed) && (isOwner || current.kind === 'topic')
    return writes ? open.chat : undefined
  }
}
