/** What stands around the words of a room, brought along by a part that comes after the page's first. */
import type { Component } from 'svelte'
import { t } from '../../i18n/index.svelte'
import { explain } from '../../i18n/reason'
import type { Act } from './MessageMenu.svelte'
import { EMOJIS, emojis, ReactionBoard } from './reactions.svelte'
import { message, type Emoji } from '../../api/message'
import RowExtras from './RowExtras.svelte'
import type { Located } from '../../realtime/frames'
import { Uploads } from './uploads.svelte'
import Compose from './Compose.svelte'
import EmoteButton from '../emote/EmoteButton.svelte'
import { EmoteShelf } from '../emote/shelf.svelte'
import { meant, MENTIONS_MAX, peopleOf } from './mention'
import type { RoomChat } from './room.svelte'
import type { MessageRow } from './rows'

/** What is sent with the words of a message. */
export type Sent = { announcement?: true; pictures?: { id: string; alt: string }[]; mentions?: string[] }

export class Extras {
  /** What is shown under a message. */
  readonly Row: Component<{ row: MessageRow; extras: Extras }> = RowExtras
  /** What is shown above the field that one writes in. */
  readonly Compose: Component<{ extras: Extras }> = Compose
  /** What stands in that field, to pick emoji and the channel's emotes. */
  readonly Pick: Component<{ chat: RoomChat }> = EmoteButton
  readonly emotes: EmoteShelf
  readonly reactions: ReactionBoard
  problem = $state('')
  /** The next message is one that nobody should miss. */
  announcing = $state(false)
  /** The pictures of the next update. */
  readonly uploads: Uploads
  #chat: RoomChat
  #updates: () => boolean
  #reacts: () => boolean
  #staff: () => boolean

  /** `reacts` and `staff` say what whoever reads may; the server has the last word. */
  constructor(chat: RoomChat, reacts: () => boolean, staff: () => boolean, updates: () => boolean) {
    this.#chat = chat
    this.emotes = new EmoteShelf(chat.channel)
    this.#updates = updates
    this.uploads = new Uploads(chat.place)
    this.#reacts = reacts
    this.#staff = staff
    this.reactions = new ReactionBoard(chat.place)
  }

  get mayReact(): boolean {
    return this.#reacts()
  }

  /** The room that one writes into. */
  get chat(): RoomChat {
    return this.#chat
  }

  get place(): Located {
    return this.#chat.place
  }

  /** Whether what is written here is an update. */
  get updates(): boolean {
    return this.#updates()
  }

  get staff(): boolean {
    return this.#staff()
  }

  /** Takes what goes with the message that is being sent. */
  take(): Sent {
    const pictures = this.uploads.take()
    // More would be refused, and the words with them.
    const mentions = meant(this.#chat.draft, peopleOf(this.#chat.rows, undefined)).slice(0, MENTIONS_MAX)
    const sent: Sent = {
      ...(this.announcing ? { announcement: true } : {}),
      ...(pictures.length ? { pictures } : {}),
      ...(mentions.length ? { mentions } : {}),
    }
    this.announcing = false
    return sent
  }

  /** What may be done with a message, after what the menu has anyway. */
  acts(row: MessageRow): Act[] {
    const on = this.#chat.pinned?.seq !== row.seq
    const pin = { label: t(on ? 'pin.put' : 'pin.take'), run: () => this.pin(row.seq, on) }
    return [...(this.staff ? [pin] : []), ...(this.mayReact ? this.#marks(row) : [])]
  }

  pin(seq: number, on: boolean): void {
    this.#do(message.pin(this.#chat.place, seq, on))
  }

  react(seq: number, emoji: Emoji): void {
    this.#do(this.reactions.toggle(seq, emoji))
  }

  #do(act: Promise<unknown>): void {
    this.problem = ''
    void act.catch((thrown) => (this.problem = explain(thrown)))
  }

  #marks(row: MessageRow): Act[] {
    const { mine } = this.reactions.of(row.seq)
    return emojis.map((emoji) => ({
      label: t(`reaction.${emoji}`),
      mark: EMOJIS[emoji],
      on: mine.includes(emoji),
      run: () => this.react(row.seq, emoji),
    }))
  }
}
