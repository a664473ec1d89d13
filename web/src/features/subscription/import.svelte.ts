import { api, type ImportResult } from '../../api/subscription'
import { Refusal } from '../../api/refusal'
import { explain } from '../../i18n/reason'
import type { SubscriptionDesk } from './desk.svelte'
import { readList, troublesOf, type List } from './right'

/** A list on its way in: chosen, sent, answered. Sending it again gives nothing twice. */
export class ListImport {
  list: List | undefined = $state.raw()
  result: ImportResult | undefined = $state.raw()
  busy = $state(false)
  problem = $state('')

  troubles = $derived(this.list && this.result ? troublesOf(this.result, this.list) : [])

  #desk: SubscriptionDesk

  constructor(desk: SubscriptionDesk) {
    this.#desk = desk
  }

  async choose(file: File | undefined): Promise<void> {
    if (!file || this.busy) return
    this.list = this.result = undefined
    this.problem = ''
    try {
      this.list = await readList(file)
    } catch (thrown) {
      // What the browser cannot open is no CSV file either.
      this.problem = explain(thrown instanceof Refusal ? thrown : new Refusal({ reason: 'list_invalid' }))
    }
  }

  async send(): Promise<void> {
    if (!this.list || this.busy) return
    this.busy = true
    this.problem = ''
    try {
      this.result = await api.importRights(this.#desk.channel, this.list.text)
      if (this.result.granted) void this.#desk.subscribers.read()
    } catch (thrown) {
      this.problem = explain(thrown)
    } finally {
      this.busy = false
    }
  }
}
