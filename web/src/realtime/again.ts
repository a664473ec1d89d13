/**
 * What is read again when everybody is told at once that it may be another: each page reads it at a moment of its
 * own, and once for all that it is told until then.
 */
import type { Connection } from './connection'

export class Again {
  #connection: Connection
  #channel: string
  #read: () => void
  #due = false
  #undo = () => {}

  constructor(connection: Connection, channel: string, read: () => void) {
    this.#connection = connection
    this.#channel = channel
    this.#read = read
  }

  ask(): void {
    if (this.#due) return
    this.#due = true
    this.#undo = this.#connection.spread(this.#channel, () => {
      this.#due = false
      this.#read()
    })
  }

  drop(): void {
    this.#undo()
    this.#due = false
  }
}
