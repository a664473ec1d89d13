/**
 * A socket that says by its first frame that a dock is calling. Nobody hears the greeting that came before: it may be
 * of somebody whose cookie this browser has, and a dock is not them.
 */
import type { SocketLike } from '../../realtime/connection'
import type { ServerFrame } from '../../realtime/frames'

const ID = 'dock'
/** The server hung up on somebody whom it does not let in. */
const NOT_YOU = 4001

export class DockSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null

  #under: SocketLike
  #in = false

  /** `refused` hears why the address opens nothing. */
  constructor(under: SocketLike, secret: string, refused: (reason: string) => void) {
    this.#under = under
    under.onclose = (e) => {
      if (e.code === NOT_YOU) refused('dock_revoked')
      this.onclose?.(e)
    }
    under.onmessage = (e) => {
      if (this.#in) return this.onmessage?.(e)
      const frame = JSON.parse(String(e.data)) as ServerFrame
      if (frame.type === 'refused' && frame.id === ID) {
        refused(frame.reason)
        this.close()
        return this.onclose?.({ code: NOT_YOU } as CloseEvent)
      }
      if (frame.type !== 'hello') return
      this.#in = 'dock' in frame
      if (this.#in) this.onmessage?.(e)
      else under.send(JSON.stringify({ type: 'sign_in', id: ID, dock: secret }))
    }
  }

  send(text: string): void {
    this.#under.send(text)
  }

  close(code?: number): void {
    this.#under.close(code)
  }
}
