import { api, type PaperPage } from '../../api/subscription'
import { Refusal } from '../../api/refusal'

/** One invoice or credit note, by its number. */
export class PaperReader {
  readonly number: string
  paper: PaperPage | undefined = $state.raw()
  failure: Refusal | undefined = $state.raw()

  /** The number is nobody's, or somebody else's: the server does not say which. */
  missing = $derived(this.failure?.reason === 'paper_missing')

  constructor(number: string) {
    this.number = number
  }

  async read(): Promise<void> {
    this.failure = undefined
    try {
      this.paper = await api.paper(this.number)
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
    }
  }
}
