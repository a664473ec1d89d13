import { api, type Emote, type EmoteWish } from '../../api/emote'
import { Refusal } from '../../api/refusal'
import type { Connection } from '../../realtime/connection'
import type { ServerFrame } from '../../realtime/frames'

/** What a channel offers, as its reader may use it. */
export class EmoteShelf {
  readonly channel: string
  all: Emote[] = $state.raw([])
  /** How many the channel may offer; 0 while nobody has asked. */
  most = $state(0)
  failure: Refusal | undefined = $state.raw()
  usable = $derived(this.all.filter((e) => e.usable))

  #reading = 0
  #fresh = false

  constructor(channel: string) {
    this.channel = channel
  }

  /** Reads what may have changed since it was read. */
  async need(): Promise<void> {
    if (!this.#fresh) await this.read()
  }

  async read(): Promise<void> {
    this.failure = undefined
    this.#fresh = true
    const reading = ++this.#reading
    try {
      const { emotes, most } = await api.emotes(this.channel)
      if (reading !== this.#reading) return
      // A visitor gives a name with the first message, and then it is theirs too.
      this.all = emotes.map((e) => ({ ...e, usable: e.usable || !e.level }))
      this.most = most
    } catch (thrown) {
      if (reading !== this.#reading) return
      this.#fresh = false
      this.failure = Refusal.from(thrown)
    }
  }

  /** Hears of what makes it another: what is offered, what its reader is, and that something may have been missed. */
  follow(connection: Connection): () => void {
    return connection.onFrame((frame) => {
      if (this.#changes(frame)) this.#fresh = false
    })
  }

  #changes(frame: ServerFrame): boolean {
    if (frame.type === 'hello') return true
    if (!('channel' in frame) || frame.channel !== this.channel) return false
    if (frame.type === 'event') return frame.event.kind === 'emotes.changed'
    return frame.type === 'standing' || frame.type === 'door' || frame.type === 'closed'
  }

  /** Throws what was refused, as the others do. */
  async add(wish: EmoteWish, file: Blob): Promise<void> {
    const added = await api.add(this.channel, wish, file)
    this.all = [...this.all, added]
  }

  async change(emote: Emote, wish: EmoteWish): Promise<void> {
    const changed = await api.change(this.channel, emote.id, wish)
    this.all = this.all.map((e) => (e.id === emote.id ? changed : e))
  }

  async remove(emote: Emote): Promise<void> {
    await api.remove(this.channel, emote.id)
    this.all = this.all.filter((e) => e.id !== emote.id)
  }
}
