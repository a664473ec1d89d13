/** A stay inside the Sub Space: what of it is looked at, and where one writes. */
import type { Connection } from '../../realtime/connection'
import type { Visit } from '../channel/visit.svelte'
import type { RoomChat } from '../chat/room.svelte'
import { ThreadList } from './threads.svelte'

export type View = 'chat' | 'threads' | 'questions'

export class SpaceStay {
  readonly threads: ThreadList
  view: View = $state('chat')

  #visit: Visit
  /** Where the composer writes; undefined where nobody, or not this reader, writes. */
  writing: RoomChat | undefined = $derived(this.#place())

  constructor(connection: Connection, visit: Visit) {
    this.#visit = visit
    this.threads = new ThreadList(connection, visit.handle)
  }

  /** Until the returned undo is called. */
  enter(): () => void {
    return this.threads.follow()
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
