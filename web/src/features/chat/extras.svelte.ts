/** What stands around the words of a room, brought along by a part that comes after the page's first. */
import type { Component } from 'svelte'
import { t } from '../../i18n/index.svelte'
import { explain } from '../../i18n/reason'
import type { Act } from './MessageMenu.svelte'
import { EMOJIS, emojis, ReactionBoard } from './reactions.svelte'
import RowExtras from './RowExtras.svelte'
import type { RoomChat } from './room.svelte'
import type { MessageRow } from './rows'

export class Extras {
  /** What is shown under a message. */
  readonly Row: Component<{ row: MessageRow; extras: Extras }> = RowExtras
  readonly reactions: ReactionBoard
  problem = $state('')
  #reacts: () => boolean

  /** `reacts` says whether whoever reads may react; the server has the last word. */
  constructor(chat: RoomChat, reacts: () => boolean) {
    this.#reacts = reacts
    this.reactions = new ReactionBoard(chat.place)
  }

  get mayReact(): boolean {
    return this.#reacts()
  }

  /** What may be done with a message, before what the menu has anyway. */
  acts(row: MessageRow): Act[] {
    if (!this.mayReact) return []
    const { mine } = this.reactions.of(row.seq)
    return emojis.map((emoji) => ({
      label: t(`reaction.${emoji}`),
      mark: EMOJIS[emoji],
      on: mine.includes(emoji),
      run: () => this.react(row.seq, emoji),
    }))
  }

  react(seq: number, emoji: (typeof emojis)[number]): void {
    this.problem = ''
    void this.reactions.toggle(seq, emoji).catch((thrown) => (this.problem = explain(thrown)))
  }
}
