/** The planned lives of a channel, as its reader may know of them: read again whenever they may be others. */
import { schedule, type Schedule } from '../../api/schedule'
import { Refusal } from '../../api/refusal'
import type { Visit } from '../channel/visit.svelte'
import { Again } from '../../realtime/again'
import type { Connection } from '../../realtime/connection'

export class Dates {
  now: Schedule | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()

  readonly channel: string
  #connection: Connection
  #reading = 0

  constructor(connection: Connection, { handle }: Pick<Visit, 'handle'>) {
    this.#connection = connection
    this.channel = handle
  }

  /** What was read before stands until the answer comes. */
  async read(): Promise<void> {
    const reading = ++this.#reading
    try {
      const now = await schedule.read(this.channel)
      if (reading !== this.#reading) return
      this.now = now
      this.failure = undefined
    } catch (thrown) {
      if (reading === this.#reading) this.failure = Refusal.from(thrown)
    }
  }

  /** Follows what is edited until the returned undo is called. */
  follow(): () => void {
    void this.read()
    const again = new Again(this.#connection, this.channel, () => void this.read())
    const undo = this.#connection.onFrame((frame) => {
      // A second greeting means another account, or an absence.
      if (frame.type === 'hello') return void this.read()
      if (!('channel' in frame) || frame.channel !== this.channel) return
      const edited = frame.type === 'event' && /^(schedule\.edited|live\.ended)$/.test(frame.event.kind)
      if (edited || frame.type === 'door') again.ask()
      if (frame.type === 'standing' || frame.type === 'closed') void this.read()
    })
    return () => {
      undo()
      again.drop()
    }
  }
}
