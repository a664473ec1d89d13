import { describe, expect, it, vi } from 'vitest'
import type { ClientFrame, ServerFrame } from './frames'
import { StreamSocket } from './stream'

const settled = () => new Promise((done) => setTimeout(done, 5))
const json = (status: number, body: object) => Promise.resolve(new Response(JSON.stringify(body), { status }))

/** A server of streams in the test's hand. */
class Streams {
  asked: string[] = []
  heard: ServerFrame[] = []
  closed: number[] = []
  socket: StreamSocket
  #pens: ReadableStreamDefaultController<Uint8Array>[] = []

  constructor(answers: Record<string, () => Promise<Response>> = {}) {
    const fetcher = vi.fn((url: string, init: RequestInit = {}) => {
      this.asked.push(`${init.method ?? 'GET'} ${url}`)
      const known = answers[url]
      if (known) return known()
      if (url === '/api/session') return json(200, { account: null })
      return Promise.resolve(new Response(this.#stream(init.signal!)))
    })
    this.socket = new StreamSocket(fetcher as unknown as typeof fetch)
    this.socket.onmessage = (e) => this.heard.push(JSON.parse(String(e.data)) as ServerFrame)
    this.socket.onclose = (e) => this.closed.push(e.code)
  }

  #stream(signal: AbortSignal): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (pen) => {
        this.#pens.push(pen)
        signal.addEventListener('abort', () => pen.error(new Error('aborted')))
      },
    })
  }

  write(text: string, stream = 0): void {
    this.#pens[stream]!.enqueue(new TextEncoder().encode(text))
  }

  end(stream = 0): void {
    this.#pens[stream]!.close()
  }

  send(frame: ClientFrame): void {
    this.socket.send(JSON.stringify(frame))
  }
}

const enter: ClientFrame = { type: 'enter', id: '7', channel: 'ines', room: 'public', cursor: 4 }
const event = { type: 'event', channel: 'ines', room: 'public', event: { seq: 5 } }

describe('StreamSocket', () => {
  it('greets, answers pings and hears a room from the cursor on', async () => {
    const s = new Streams()
    await settled()
    s.send({ type: 'ping', id: '1' })
    s.send(enter)
    await settled()
    // Bytes come as the network cuts them, in the middle of an event too.
    s.write('data: {"type":"hello","account":null}\n\nid: 4\ndata: {"type":"entered","id":"str')
    s.write(`eam","head":4,"events":[]}\n\n:\n\nid: 5\ndata: ${JSON.stringify(event)}\n\n`)
    await settled()
    expect(s.asked).toEqual(['GET /api/session', 'GET /api/channels/ines/rooms/public/stream?cursor=4'])
    expect(s.heard).toEqual([
      { type: 'hello', account: null, session: '' },
      { type: 'pong', id: '1' },
      { type: 'entered', id: '7', head: 4, events: [] },
      event,
    ])
    expect(s.closed).toEqual([])
  })

  it('says of which history the cursor is', async () => {
    const s = new Streams()
    s.send({ ...enter, history: 'h' })
    await settled()
    expect(s.asked).toContain('GET /api/channels/ines/rooms/public/stream?cursor=4&history=h')
  })

  it('says why a room or a message is refused', async () => {
    const banned = () => json(403, { reason: 'banned', detail: 'No.' })
    const s = new Streams({
      '/api/channels/ines/rooms/public/stream?cursor=4': banned,
      '/api/channels/ines/rooms/public/messages': () =>
        json(429, { reason: 'slow_down', detail: 'Wait.', retry_after: 2 }),
    })
    s.send(enter)
    s.send({ type: 'post', id: '8', channel: 'ines', room: 'public', key: 'k', text: 'hello' })
    await settled()
    expect(s.heard).toContainEqual({ type: 'refused', id: '7', reason: 'banned', detail: 'No.' })
    expect(s.heard).toContainEqual({
      type: 'refused',
      id: '8',
      reason: 'slow_down',
      detail: 'Wait.',
      retry_after: 2,
    })
    expect(s.closed).toEqual([])
  })

  it('votes by REST, and says why a vote is refused', async () => {
    const s = new Streams({
      '/api/channels/ines/polls/p1/vote': () => Promise.resolve(new Response(null, { status: 204 })),
      '/api/channels/ines/polls/p2/vote': () => json(409, { reason: 'poll_closed', detail: 'Over.' }),
    })
    s.send({ type: 'vote', id: '8', channel: 'ines', poll: 'p1', option: 1 })
    s.send({ type: 'vote', id: '9', channel: 'ines', poll: 'p2', option: 0 })
    await settled()
    expect(s.heard).toContainEqual({ type: 'voted', id: '8', channel: 'ines', poll: 'p1', option: 1 })
    expect(s.heard).toContainEqual({ type: 'refused', id: '9', reason: 'poll_closed', detail: 'Over.' })
  })

  it('is lost when a stream is cut off, not when a room is left or closed to us', async () => {
    const s = new Streams()
    s.send(enter)
    s.send({ ...enter, id: '9', room: 'space' })
    await settled()
    s.write('event: close\ndata: 4003\n\n', 1)
    s.end(1) // as the server does
    await settled()
    expect(s.closed).toEqual([])
    s.send({ type: 'leave', id: '10', channel: 'ines', room: 'space' })
    await settled()
    expect(s.closed).toEqual([])
    s.end()
    await settled()
    expect(s.closed).toEqual([1006])
  })

  // Only 4003 comes behind a frame that says that the room is closed: of the others nobody would ever hear.
  it.each([1001, 4001, 4008])('passes on that the server ends the stream with %i', async (code) => {
    const s = new Streams()
    s.send(enter)
    await settled()
    s.write(`event: close\ndata: ${code}\n\n`)
    s.end()
    await settled()
    expect(s.closed).toEqual([code])
  })

  it('is lost when the server does not answer', async () => {
    const s = new Streams({ '/api/session': () => Promise.reject(new Error('away')) })
    await settled()
    expect(s.closed).toEqual([1006])
  })
})
