import { Refusal } from '../../api/refusal'

/** Lets an act be tried once more after its person has shown who they are. */
export class Proof {
  /** Somebody is asked now. */
  asking = $state(false)
  #given: ((given: boolean) => void) | undefined

  /** Does it; when the server wants a proof first, asks for one and does it again. */
  async before<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (refusal.reason !== 'proof_needed' || !(await this.#ask())) throw refusal
      return await act()
    }
  }

  given(): void {
    this.#answer(true)
  }

  /** The question was closed without an answer. */
  refused(): void {
    this.#answer(false)
  }

  #ask(): Promise<boolean> {
    this.asking = true
    return new Promise((resolve) => (this.#given = resolve))
  }

  #answer(given: boolean): void {
    this.asking = false
    this.#given?.(given)
    this.#given = undefined
  }
}
