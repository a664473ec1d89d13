/**
 * The page's one socket. It opens itself again when it is lost, speaks in requests and answers, and hands
 * every other frame to those who listen. What happens inside a room is the business of Feed.
 */
import { Refusal } from '../api/refusal'
import { backoff } from './backoff'
import type { ClientFrame, Request, ServerFrame } from './frames'

export type Link = 'connecting' | 'open' | 'waiting' | 'stopped'

export type SocketLike = {
  onopen: ((e: Event) => void) | null
  onmessage: ((e: MessageEvent) => void) | null
  onclose: ((e: CloseEvent) => void) | null
  send(text: string): void
  close(code?: number): void
}

/** By what we reach the server: its socket, or streams where a network lets no socket through. */
export type Way = 'socket' | 'stream'

export type Surroundings = {
  open(way: Way): SocketLike
  random(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

type Waiting = { resolve(frame: ServerFrame): void; reject(why: Refusal): void; timer: unknown }

const ANSWER_WITHIN = 10_000
const PING_EVERY = 25_000
/** Codes after which coming back by ourselves would only repeat the mistake. */
const STAY_AWAY = new Set([4003, 4009])
const TOO_MANY_FRAMES = 4029
const PAUSE_AFTER_TOO_MANY = 5_000
/** So many pages read a thing a millisecond when all are told of it: as many as come back after a goodbye. */
const AT_ONCE = 2
const LONGEST_SPREAD = 10_000
/** What is over so soon is not worth a wait. */
const SHORT = 50

export class Connection {
  link: Link = 'stopped'

  #world: Surroundings
  #socket: SocketLike | undefined
  #attempt = 0
  /** Sockets in a row that were lost before the server had greeted. */
  #ungreeted = 0
  /** What a server that went away said: how long to stay away, so that not everybody comes back at once. */
  #invited = 0
  /** How many watch each channel, as it was last told. */
  #people = new Map<string, number>()
  #next = 0
  #retry: unknown
  #ping: unknown
  #answers = new Map<string, Waiting>()
  #frames = new Set<(frame: ServerFrame) => void>()
  #links = new Set<(link: Link) => void>()

  constructor(world: Surroundings = browser()) {
    this.#world = world
  }

  start(): void {
    if (this.link === 'stopped') this.#open()
  }

  /** Drops the socket and comes back at once: the cookie has changed, so the server must look at it again. */
  restart(): void {
    this.#drop()
    this.#attempt = 0
    this.#open()
  }

  stop(): void {
    this.#drop()
    this.#become('stopped')
  }

  /** Comes back now instead of at the end of the wait; for "online" events and for an impatient button. */
  hurry(): void {
    if (this.link === 'waiting') this.restart()
  }

  /** The browser says that the network is gone: no need to wait until a ping goes unanswered. */
  cut(): void {
    if (this.link === 'open') this.#lost(0)
  }

  /** Sends and waits for the answer that carries the same id; a refused frame or silence becomes a Refusal. */
  request(frame: Request): Promise<ServerFrame> {
    if (this.link !== 'open') return Promise.reject(new Refusal({}))
    const id = String(++this.#next)
    return new Promise((resolve, reject) => {
      const timer = this.#world.setTimeout(() => {
        this.#answers.delete(id)
        reject(new Refusal({}))
      }, ANSWER_WITHIN)
      this.#answers.set(id, { resolve, reject, timer })
      this.#send({ ...frame, id })
    })
  }

  /** Calls back after the pause before attempt `n`, and not before `least` milliseconds. Returns its own undo. */
  later(n: number, least: number, run: () => void): () => void {
    const timer = this.#world.setTimeout(run, Math.max(backoff(n, this.#world.random), least))
    return () => this.#world.clearTimeout(timer)
  }

  /**
   * Calls back at a moment of this page's own, because everybody who watches a channel was told the same at once;
   * where few do, that is now. Returns its own undo.
   */
  spread(channel: string, run: () => void): () => void {
    const within = Math.min(LONGEST_SPREAD, (this.#people.get(channel) ?? 0) / AT_ONCE)
    if (within <= SHORT) {
      run()
      return () => {}
    }
    const timer = this.#world.setTimeout(run, within * this.#world.random())
    return () => this.#world.clearTimeout(timer)
  }

  /** Returns its own undo. */
  onFrame(listen: (frame: ServerFrame) => void): () => void {
    this.#frames.add(listen)
    return () => this.#frames.delete(listen)
  }

  /** Returns its own undo. */
  onLink(listen: (link: Link) => void): () => void {
    this.#links.add(listen)
    return () => this.#links.delete(listen)
  }

  #open(): void {
    this.#become('connecting')
    const socket = this.#world.open(this.#way())
    this.#socket = socket
    // Frames of a socket we have already given up must not reach the rooms.
    socket.onmessage = (e) => this.#socket === socket && this.#receive(String(e.data))
    socket.onclose = (e) => this.#socket === socket && this.#lost(e.code)
  }

  /** After two sockets that led nowhere a stream is tried, and then, in case it was only a bad moment, a socket again. */
  #way(): Way {
    return this.#ungreeted > 0 && this.#ungreeted % 3 === 2 ? 'stream' : 'socket'
  }

  #receive(text: string): void {
    let frame: ServerFrame
    try {
      frame = JSON.parse(text) as ServerFrame
    } catch {
      return
    }
    if (frame.type === 'hello') this.#greeted()
    if (frame.type === 'goodbye') this.#invited = frame.retry_after * 1000
    if (frame.type === 'state') this.#people.set(frame.channel, frame.viewers)
    if (frame.type === 'entered') this.#people.set(frame.channel, frame.state.viewers)
    const answered = 'id' in frame && this.#settle(frame)
    if (!answered || frame.type !== 'pong') for (const listen of this.#frames) listen(frame)
  }

  #greeted(): void {
    // A stream that works does not say that a socket would.
    if (this.#way() === 'socket') this.#ungreeted = 0
    this.#become('open')
    this.#beat()
  }

  #settle(frame: ServerFrame & { id: string }): boolean {
    const waiting = this.#answers.get(frame.id)
    if (!waiting) return false
    this.#answers.delete(frame.id)
    this.#world.clearTimeout(waiting.timer)
    if (frame.type === 'refused') waiting.reject(new Refusal({ ...frame, status: 403 }))
    else waiting.resolve(frame)
    return true
  }

  #lost(code: number): void {
    if (this.link === 'connecting') this.#ungreeted++
    else this.#ungreeted = 0 // whatever kept sockets away may be over: the next way is a socket again
    this.#drop()
    if (STAY_AWAY.has(code)) return this.#become('stopped')
    this.#become('waiting')
    const wait = backoff(this.#attempt++, this.#world.random)
    const least = code === TOO_MANY_FRAMES ? PAUSE_AFTER_TOO_MANY : this.#invited
    this.#invited = 0
    this.#retry = this.#world.setTimeout(() => this.#open(), Math.max(wait, least))
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#world.clearTimeout(this.#retry)
    this.#world.clearTimeout(this.#ping)
    for (const { reject, timer } of this.#answers.values()) {
      this.#world.clearTimeout(timer)
      reject(new Refusal({}))
    }
    this.#answers.clear()
    socket?.close()
  }

  /** A sleeping phone or a dead proxy closes nothing: an unanswered ping is how we learn of it. */
  #beat(): void {
    this.#ping = this.#world.setTimeout(() => {
      this.request({ type: 'ping' }).then(
        () => {
          // It holds: a server that greets and falls over would be stormed by everybody it greets.
          this.#attempt = 0
          this.#beat()
        },
        () => this.link === 'open' && this.#lost(0),
      )
    }, PING_EVERY)
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame))
  }

  #become(link: Link): void {
    if (this.link === link) return
    this.link = link
    for (const listen of this.#links) listen(link)
  }
}

/** A stream whose code is fetched only by those who need it. Nothing is sent before it has greeted. */
class LoadedStream implements SocketLike {
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  #stream: SocketLike | undefined
  #closed = false

  constructor() {
    void import('./stream').then(
      ({ StreamSocket }) => {
        if (this.#closed) return
        this.#stream = new StreamSocket()
        this.#stream.onmessage = (e) => this.onmessage?.(e)
        this.#stream.onclose = (e) => this.onclose?.(e)
      },
      () => this.onclose?.({ code: 1006 } as CloseEvent),
    )
  }

  send(text: string): void {
    this.#stream?.send(text)
  }

  close(): void {
    this.#closed = true
    this.#stream?.close()
  }
}

/** The network and the clock of this browser. */
export function browser(): Surroundings {
  return {
    open: (way) => {
      if (way === 'stream') return new LoadedStream()
      const address = new URL('/ws', location.href)
      address.protocol = address.protocol.replace('http', 'ws')
      return new WebSocket(address, 'subspace.v1')
    },
    random: Math.random,
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
  }
}
