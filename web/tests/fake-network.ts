/** A network and a clock in the test's hand. */
import type { SocketLike, Surroundings, Way } from '../src/realtime/connection'
import type { ClientFrame, ServerFrame } from '../src/realtime/frames'

class FakeSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  sent: ClientFrame[] = []

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame)
  }

  close(): void {}

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent)
  }
}

export class FakeNetwork implements Surroundings {
  socket = new FakeSocket()
  opened = 0
  ways: Way[] = []
  /** What chance says next. */
  chance = 1
  #now = 0
  #timers = new Map<number, { at: number; run: () => void }>()
  #nextTimer = 0

  open(way: Way): SocketLike {
    this.opened++
    this.ways.push(way)
    this.socket = new FakeSocket()
    return this.socket
  }

  random = (): number => this.chance

  setTimeout(run: () => void, ms: number): number {
    this.#timers.set(++this.#nextTimer, { at: this.#now + ms, run })
    return this.#nextTimer
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  pass(ms: number): void {
    this.#now += ms
    for (const [id, timer] of [...this.#timers])
      if (timer.at <= this.#now && this.#timers.delete(id)) timer.run()
  }

  greet(): void {
    this.socket.say({ type: 'hello', account: null, session: 's' })
  }

  lose(code = 1006): void {
    this.socket.onclose?.({ code } as CloseEvent)
  }

  get last(): ClientFrame {
    return this.socket.sent.at(-1)!
  }

  answerLast(answer: (id: string) => ServerFrame): void {
    this.socket.say(answer(this.last.id))
  }
}
