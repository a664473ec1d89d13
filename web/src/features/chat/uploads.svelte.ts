/** The pictures that an update is being written with. */
import { message, type Picture } from '../../api/message'
import { explain, reasonText } from '../../i18n/reason'
import type { Located } from '../../realtime/frames'

export const MOST = 4
const BYTES = 12 * 1024 * 1024

export class Uploads {
  all: { picture: Picture; alt: string }[] = $state([])
  busy = $state(false)
  problem = $state('')
  #place: Located

  constructor(place: Located) {
    this.#place = place
  }

  async add(files: File[]): Promise<void> {
    this.problem = ''
    this.busy = true
    try {
      for (const file of files.slice(0, MOST - this.all.length)) {
        if (file.size > BYTES) throw new Error('large')
        this.all.push({ picture: await message.upload(this.#place, file), alt: '' })
      }
    } catch (thrown) {
      const large = thrown instanceof Error && thrown.message === 'large'
      this.problem = large ? (reasonText('photo_too_large') ?? '') : explain(thrown)
    } finally {
      this.busy = false
    }
  }

  drop(id: string): void {
    this.all = this.all.filter(({ picture }) => picture.id !== id)
  }

  /** Takes them for the message that is being sent. */
  take(): { id: string; alt: string }[] {
    const taken = this.all.map(({ picture, alt }) => ({ id: picture.id, alt: alt.trim() }))
    this.all = []
    return taken
  }
}
