/** Following one channel, and the way to begin and end it. */
import { api } from '../../api/room'
import { explain } from '../../i18n/reason'
import type { Visit } from './visit.svelte'

export class Following {
  busy = $state(false)
  problem = $state('')

  #visit: Visit

  constructor(visit: Visit) {
    this.#visit = visit
  }

  get on(): boolean {
    return Boolean(this.#visit.me?.follows_since)
  }

  async toggle(): Promise<void> {
    const { handle } = this.#visit
    this.busy = true
    this.problem = ''
    try {
      this.#visit.take(await (this.on ? api.unfollow(handle) : api.follow(handle)))
    } catch (thrown) {
      this.problem = explain(thrown)
    } finally {
      this.busy = false
    }
  }
}
