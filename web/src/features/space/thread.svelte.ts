/** One thread while it is open: its log, and the mark of how far it has been read. */
import { space, type Thread } from '../../api/space'
import type { Connection } from '../../realtime/connection'
import { RoomChat, type RoomEars } from '../chat/room.svelte'
import { Mark } from './mark'

export class OpenThread {
  readonly id: string
  /** Up to where it had been read when it was opened. */
  readonly seen: number
  /** As the server last told of it. */
  thread: Thread
  readonly chat: RoomChat
  readonly mark: Mark

  /** Enters the thread, until leave(). `marks` remembers up to where it was read, `ears` hear its log. */
  constructor(
    connection: Connection,
    channel: string,
    thread: Thread,
    marks: (seq: number) => Promise<unknown>,
    ears: RoomEars,
  ) {
    this.id = thread.id
    this.seen = thread.seen
    this.thread = $state.raw(thread)
    this.chat = new RoomChat(connection, channel, 'thread', ears, undefined, {
      place: { channel, room: 'thread', thread: thread.id },
      page: (query) => space.events(channel, thread.id, query),
      remove: (seq) => space.removeMessage(channel, thread.id, seq),
    })
    this.mark = new Mark(this.chat, thread.seen, marks)
    this.chat.start()
  }

  leave(): void {
    this.mark.leave()
    this.chat.stop()
  }
}
