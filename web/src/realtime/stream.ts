/**
 * The socket's stand-in where a network lets no WebSocket through: it speaks the same frames over plain
 * requests and one stream of server-sent events for each room. Connection cannot tell them apart.
 */
import type { SocketLike } from './connection'
import type { ClientFrame, ServerFrame } from './frames'

type Fetch = typeof fetch
type Problem = { reason?: string; detail?: string; retry_after?: number }

/** As a socket that was lost without a goodbye (RFC 6455, 7.4.1). */
const LOST = 1006
/** The server has said in a frame that this room is closed to us; the others are not. */
const SHUT = 4003

export class StreamSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null

  #fetch: Fetch
  #rooms = new Map<string, AbortController>()
  #over = false

  constructor(fetcher: Fetch = fetch.bind(globalThis)) {
    this.#fetch = fetcher
    void this.#greet()
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame
    if (frame.type === 'ping') queueMicrotask(() => this.#say({ type: 'pong', id: frame.id }))
    else if (frame.type === 'post') void this.#post(frame)
    else if (frame.type === 'vote') void this.#vote(frame)
    else if (frame.type === 'leave') this.#leave(frame)
    else if ('overlay' in frame) this.#lose(LOST)
    else void this.#listen(frame)
  }

  close(): void {
    this.#over = true
    for (const room of this.#rooms.values()) room.abort()
    this.#rooms.clear()
  }

  async #greet(): Promise<void> {
    try {
      const answer = await this.#fetch('/api/session')
      if (!answer.ok) return this.#lose(LOST)
      const { account } = (await answer.json()) as Pick<Extract<ServerFrame, { type: 'hello' }>, 'account'>
      this.#say({ type: 'hello', account, session: '' })
    } catch {
      this.#lose(LOST)
    }
  }

  async #post({ id, channel, room, ...message }: Extract<ClientFrame, { type: 'post' }>): Promise<void> {
    const { key, text, reply_to } = message
    const body = JSON.stringify({ key, text, ...(reply_to ? { reply_to } : {}) })
    const headers = { 'content-type': 'application/json' }
    try {
      const answer = await this.#fetch(`${at(channel, room)}/messages`, { method: 'POST', headers, body })
      if (!answer.ok) return await this.#refuse(id, answer)
      const { seq, event } = (await answer.json()) as Pick<
        Extract<ServerFrame, { type: 'ack' }>,
        'seq' | 'event'
      >
      this.#say({ type: 'ack', id, channel, room, seq, event })
    } catch {
      this.#lose(LOST)
    }
  }

  async #vote({ id, channel, poll, option }: Extract<ClientFrame, { type: 'vote' }>): Promise<void> {
    const body = JSON.stringify({ option })
    const headers = { 'content-type': 'application/json' }
    try {
      const path = `/api/channels/${channel}/polls/${poll}/vote`
      const answer = await this.#fetch(path, { method: 'PUT', headers, body })
      if (!answer.ok) return await this.#refuse(id, answer)
      this.#say({ type: 'voted', id, channel, poll, option })
    } catch {
      this.#lose(LOST)
    }
  }

  #leave({ id, channel, room }: Extract<ClientFrame, { type: 'leave' }>): void {
    this.#rooms.get(at(channel, room))?.abort()
    queueMicrotask(() => this.#say({ type: 'left', id, channel, room }))
  }

  async #listen(frame: Extract<ClientFrame, { type: 'enter'; channel: string }>): Promise<void> {
    const place = at(frame.channel, frame.room)
    this.#rooms.get(place)?.abort()
    const room = new AbortController()
    this.#rooms.set(place, room)
    const history = frame.history === undefined ? '' : `&history=${frame.history}`
    const cursor = frame.cursor === undefined ? '' : `?cursor=${frame.cursor}${history}`
    try {
      const answer = await this.#fetch(`${place}/stream${cursor}`, { signal: room.signal })
      if (!answer.ok || !answer.body) return await this.#refuse(frame.id, answer)
      // A room that is closed to us has said so; the others go on.
      if (await this.#read(answer.body, frame.id)) return
    } catch {
      // Cut off, or left: the difference is who did it.
    }
    if (!room.signal.aborted) this.#lose(LOST)
  }

  /** Reads events to the end, and tells whether that was the room being closed to us. */
  async #read(body: ReadableStream<Uint8Array>, id: string): Promise<boolean> {
    const reader = body
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .getReader()
    let rest = ''
    let closed = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return closed === SHUT
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop()!
      for (const block of blocks) closed = this.#hear(block, id) || closed
    }
  }

  /** Passes an event on. The answer to 'enter' gets the id that was asked with. Returns a close code, if it is one. */
  #hear(block: string, id: string): number {
    const lines = block.split('\n')
    const data = lines.find((line) => line.startsWith('data: '))?.slice('data: '.length)
    if (data === undefined) return 0
    if (lines.includes('event: close')) {
      if (Number(data) !== SHUT) this.#lose(Number(data))
      return Number(data)
    }
    const frame = JSON.parse(data) as ServerFrame
    if (frame.type !== 'hello') this.#say('id' in frame ? { ...frame, id } : frame)
    return 0
  }

  async #refuse(id: string, answer: Response): Promise<void> {
    const problem = (await answer.json().catch(() => ({}))) as Problem
    const { reason = 'unavailable', detail = '', retry_after } = problem
    this.#say({ type: 'refused', id, reason, detail, ...(retry_after ? { retry_after } : {}) })
  }

  #say(frame: ServerFrame): void {
    if (!this.#over) this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent)
  }

  #lose(code: number): void {
    if (this.#over) return
    this.close()
    this.onclose?.({ code } as CloseEvent)
  }
}

function at(channel: string, room: string): string {
  return `/api/channels/${encodeURIComponent(channel)}/rooms/${room}`
}
