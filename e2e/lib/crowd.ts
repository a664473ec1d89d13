/** Many people without a browser: each has an account or none, and a socket that keeps every frame. */
import WebSocket from 'ws'
import { handle, password } from './fixtures.ts'
import { until } from './process.ts'
import { secret } from './place.ts'
import type { Entry } from './rest.ts'

type Room = 'public' | 'space'
type Frame = { type: string; id?: string; room?: string; reason?: string; event?: Entry; events?: Entry[] }

/** So many people are served at once while a crowd gathers. */
const AT_ONCE = 12

let addresses = 0

/** One of them. What reached their socket is kept as it came. */
export class Voice {
  readonly raw: string[] = []
  readonly frames: Frame[] = []
  closed: number | undefined

  /** As a proxy would tell it; everybody has their own, as throttles are by address. */
  readonly address = `10.2.${Math.floor(addresses / 200)}.${(addresses++ % 200) + 1}`

  private socket: WebSocket | undefined

  constructor(
    readonly name: string,
    private readonly base: string,
    private cookie = '',
  ) {}

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.try(method, path, body)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${this.name}: ${method} ${path}: ${answer.status} ${text}`)
    return (text ? JSON.parse(text) : undefined) as T
  }

  async try(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(this.base + path, {
      method,
      headers: {
        Origin: this.base,
        Cookie: this.cookie,
        'X-Forwarded-For': this.address,
        'Content-Type': 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    for (const set of answer.headers.getSetCookie()) {
      this.cookie = set.split(';')[0]!
      secret(this.cookie.slice(this.cookie.indexOf('=') + 1))
    }
    return answer
  }

  async signUp(): Promise<void> {
    await this.call('POST', '/api/accounts', { name: this.name, password })
  }

  async isGivenAName(): Promise<void> {
    await this.call('POST', '/api/session/light', { name: this.name })
  }

  async pays(): Promise<void> {
    const bought = await this.call<{ id: string }>('POST', `/api/channels/${handle}/checkout`, {
      key: crypto.randomUUID(),
      of_age: true,
    })
    await this.call('POST', `/api/sandbox/checkouts/${bought.id}/pay`, { card: '4242424242424242' })
    await until(`${this.name} is inside`, async () => {
      const { me } = await this.call<{ me: { inside: boolean } }>('GET', `/api/channels/${handle}`)
      return me.inside
    })
  }

  /** Opens the socket and goes into rooms; returns when they are open. */
  async enters(...rooms: Room[]): Promise<void> {
    const socket = new WebSocket(this.base.replace('http', 'ws') + '/ws', ['subspace.v1'], {
      headers: { Cookie: this.cookie, Origin: this.base, 'X-Forwarded-For': this.address },
    })
    this.socket = socket
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8')
      this.raw.push(text)
      this.frames.push(JSON.parse(text) as Frame)
    })
    socket.on('close', (code: number) => (this.closed = code))
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    for (const room of rooms) {
      socket.send(JSON.stringify({ type: 'enter', id: room, channel: handle, room }))
      await until(`${this.name} is in ${room}`, () => {
        const answer = this.frames.find((frame) => frame.id === room)
        if (answer?.type === 'refused') throw new Error(`${this.name} into ${room}: ${answer.reason}`)
        return Promise.resolve(answer?.type === 'entered')
      })
    }
  }

  /** The events of a room as they came, those of the answer to 'enter' included. */
  heard(room: Room): Entry[] {
    return this.frames
      .filter((frame) => frame.room === room)
      .flatMap((frame) =>
        frame.type === 'entered' ? (frame.events ?? []) : frame.event ? [frame.event] : [],
      )
  }

  says(room: Room, text: string): Promise<{ seq: number }> {
    return this.call('POST', `/api/channels/${handle}/rooms/${room}/messages`, {
      key: crypto.randomUUID(),
      text,
    })
  }

  leaves(): void {
    this.socket?.terminate()
  }
}

/** Does something for each of many, some at a time. */
export async function each<T>(people: T[], act: (person: T, i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const go = async () => {
    for (let i = next++; i < people.length; i = next++) await act(people[i]!, i)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, go))
}
