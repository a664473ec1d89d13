import { Refusal } from '../../api/refusal'
import { api } from '../../api/subspace'
import type { Visit } from '../channel/visit.svelte'
import { Devices } from './devices.svelte'
import { Level } from './level.svelte'
import { Sender } from './sender.svelte'

/** Going live from this browser: what is shown, what is heard, and whether it is being sent. */
export class Studio {
  readonly devices = new Devices()
  readonly level = new Level()
  readonly sender: Sender
  ending = $state(false)
  problem: Refusal | undefined = $state.raw()

  #visit: Visit
  /** The broadcast that is being sent; its end elsewhere is the end of sending. */
  #sent = ''

  constructor(visit: Visit) {
    this.#visit = visit
    // The owner's own session is what lets them have the key, as for OBS; no other right is needed.
    this.sender = new Sender(async () => {
      const { whip, key } = await api.ingest(visit.handle)
      if (!whip) throw new Refusal({ reason: 'webrtc_off', status: 404 })
      return { whip, key }
    })
    this.devices.onchange = () => this.sender.use(this.devices.picture, this.devices.sound)
  }

  /** What is sent reaches the broadcast. */
  get on(): boolean {
    return this.sending && this.#visit.live?.state === 'live'
  }

  get sending(): boolean {
    return this.sender.phase !== 'off'
  }

  /** Camera and microphone, until the returned undo is called: then nothing is sent any more. */
  open(): () => void {
    const close = this.devices.open()
    return () => {
      this.sender.stop()
      close()
    }
  }

  goLive(): void {
    this.problem = undefined
    this.#sent = ''
    this.sender.start()
  }

  /** The broadcast ends, as with the cockpit's own button, and then the sending. */
  async end(): Promise<void> {
    this.ending = true
    this.problem = undefined
    try {
      if (this.#visit.live) this.#visit.take(await api.endLive(this.#visit.handle))
      this.sender.stop()
    } catch (thrown) {
      const refusal = Refusal.from(thrown)
      if (refusal.reason === 'not_live') this.sender.stop()
      else this.problem = refusal
    } finally {
      this.ending = false
    }
  }

  /** Called whenever the channel's broadcast is another. Somebody else ended it: what still goes out nobody sees. */
  follow(broadcast: string): void {
    if (broadcast && this.sending) this.#sent = broadcast
    else if (!broadcast && this.#sent) {
      this.#sent = ''
      this.sender.stop()
    }
  }
}
