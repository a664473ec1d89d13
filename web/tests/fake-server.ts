/**
 * A stand-in for the server: enough of REST and socket for pictures and component tests, nothing more. It
 * keeps no rules; e2e tests use the real one.
 */
import type { ClientFrame, RoomName, ServerFrame, SubspaceEvent } from '../src/realtime/frames'
import type { Question } from '../src/api/subspace'
import type { World } from './fake-world'

export type Answer = { status: number; body?: unknown }
type Send = (frame: ServerFrame) => void

export class FakeServer {
  world: World
  /** Every call, as "POST /api/session". */
  calls: string[] = []
  #sockets = new Set<{ send: Send; close: (code: number) => void }>()

  constructor(world: World) {
    this.world = world
  }

  answer(method: string, path: string, body: Record<string, unknown>): Answer {
    this.calls.push(`${method} ${path}`)
    const w = this.world
    if (w.down) return { status: 503, body: { reason: 'unknown', detail: 'down' } }
    const ok = (answer: unknown): Answer => ({ status: 200, body: answer })
    const rest = path.replace(/^\/api\/channels\/[^/]+/, '/C')
    if (path.startsWith('/api/session') || path.startsWith('/api/account') || path === '/api/setup')
      return this.#account(method, path, body)
    if (path === '/api/channels') return ok(method === 'GET' ? { channels: w.channels } : w.channel)
    if (rest.startsWith('/C/rooms/')) return this.#room(method, rest)
    if (rest.startsWith('/C/questions')) return this.#questions(method, rest, body)
    if (path.includes('checkout')) return this.#checkout(path, body)
    if (path.startsWith('/api/subscriptions')) return this.#subscriptions(path)
    if (path.startsWith('/api/overlay/'))
      return ok({ channel: 'ines', title: w.channel.title, on_air: w.channel.on_air })
    const found = this.#channel(method, rest, body)
    return found
      ? ok(found)
      : method === 'GET'
        ? { status: 404, body: { reason: 'not_found' } }
        : { status: 204 }
  }

  /** A new connection. Returns what to do with its frames. */
  connect(send: Send, close: (code: number) => void): (frame: ClientFrame) => void {
    const socket = { send, close }
    this.#sockets.add(socket)
    send({ type: 'hello', account: this.world.session.account, session: String(this.#sockets.size) })
    if (this.world.cut) setTimeout(() => close(1001), 400)
    return (frame) => this.#frame(frame, send)
  }

  /** A fact happens: it enters the log and reaches every socket. */
  happen(room: RoomName, kind: SubspaceEvent['kind'], data: object): SubspaceEvent {
    const log = this.world.logs[room]
    const seq = (log.at(-1)?.seq ?? 0) + 1
    const at = new Date().toISOString()
    const event = { log: room, seq, id: `${room}-${seq}`, v: 1, at, kind, data } as SubspaceEvent
    log.push(event)
    this.tell({ type: 'event', channel: 'ines', room, event })
    return event
  }

  tell(frame: ServerFrame): void {
    for (const { send } of this.#sockets) send(frame)
  }

  /** Every socket is lost. */
  drop(code = 1001): void {
    for (const { close } of this.#sockets) close(code)
    this.#sockets.clear()
  }

  #frame(frame: ClientFrame, send: Send): void {
    const { id } = frame
    if (frame.type === 'ping') return send({ type: 'pong', id })
    if (frame.type === 'enter') return this.#enter(frame, send)
    if (frame.type === 'leave') return send({ type: 'left', id, channel: frame.channel, room: frame.room })
    if (this.world.refuse) return send({ type: 'refused', id, reason: this.world.refuse, detail: 'refused' })
    const account = this.world.session.account!
    const me = this.world.channel.me
    const author = {
      id: account.id,
      name: account.name,
      role: me.role,
      subscriber: me.subscriber,
      months: me.months,
      badge: '',
    }
    const event = this.happen(frame.room, 'message.posted', { author, text: frame.text })
    send({ type: 'ack', id, channel: frame.channel, room: frame.room, seq: event.seq, event })
  }

  #enter(frame: ClientFrame & { type: 'enter' }, send: Send): void {
    const { id, room } = frame
    const { channel, logs, inside, down } = this.world
    if (down) return send({ type: 'refused', id, reason: 'storage_unavailable', detail: 'down' })
    if (room === 'space' && !channel.me.inside)
      return send({ type: 'refused', id, reason: channel.me.reason, detail: 'not yours' })
    const log = logs[room]
    const events = log.filter((e) => e.seq > (frame.cursor ?? 0)).slice(-100)
    const head = log.at(-1)?.seq ?? 0
    const state = { viewers: channel.viewers, ...(room === 'space' ? { inside } : {}) }
    const where = { channel: 'ines', room, log: room, head, until: null, more: false }
    send({ type: 'entered', id, ...where, events, state })
  }

  #account(method: string, path: string, body: Record<string, unknown>): Answer {
    const { session } = this.world
    if (method === 'DELETE') session.account = null
    else if (method === 'PUT') session.account = { ...session.account!, kind: 'full' }
    else if (method === 'POST') {
      const name = String(body.name ?? 'Noa')
      session.account = { id: 'noa', name, kind: path.endsWith('light') ? 'light' : 'full', operator: false }
    }
    return method === 'DELETE' ? { status: 204 } : { status: 200, body: { ...session } }
  }

  #room(method: string, path: string): Answer {
    const room = path.split('/')[3] as RoomName
    const log = this.world.logs[room]
    if (method === 'DELETE') {
      this.happen(room, 'message.removed', { seqs: [Number(path.split('/').at(-1))], by: 'moderator' })
      return { status: 204 }
    }
    return { status: 200, body: { events: log, head: log.at(-1)?.seq ?? 0, more: false } }
  }

  #questions(method: string, path: string, body: Record<string, unknown>): Answer {
    const w = this.world
    const [, , , id, move] = path.split('/')
    if (method === 'GET') return { status: 200, body: { questions: w.questions } }
    if (!id) {
      const name = body.anonymous ? '' : w.session.account!.name
      const asked_at = new Date().toISOString()
      const question: Question = {
        id: 'new',
        text: String(body.text),
        name,
        mine: true,
        state: 'waiting',
        asked_at,
      }
      w.questions = [...w.questions, question]
      return { status: 200, body: question }
    }
    if (method === 'DELETE') return this.#removeQuestion(id)
    const states = { air: 'on_air', answer: 'answered', return: 'waiting', skip: 'skipped' } as const
    const state = states[move as keyof typeof states]
    const found = w.questions.find((q) => q.id === id) ?? { ...w.questions[0]!, id }
    const question = { ...found, state }
    w.questions = w.questions.map((q) => (q.id === id ? question : q))
    w.channel.on_air =
      state === 'on_air'
        ? { question: id, text: found.text, name: found.name, since: new Date().toISOString() }
        : null
    return { status: 200, body: question }
  }

  #removeQuestion(id: string): Answer {
    const w = this.world
    w.questions = w.questions.filter((q) => q.id !== id)
    if (w.channel.on_air?.question === id) {
      w.channel.on_air = null
      this.happen('public', 'question.returned', { question: id })
    }
    this.happen('space', 'question.skipped', { question: id })
    for (const room of ['public', 'space'] as const) {
      const told = w.logs[room].filter(
        (e) => 'question' in e.data && 'text' in e.data && e.data.question === id,
      )
      if (told.length) this.happen(room, 'message.removed', { seqs: told.map((e) => e.seq), by: 'moderator' })
    }
    return { status: 204 }
  }

  #checkout(path: string, body: Record<string, unknown>): Answer {
    const w = this.world
    if (path.startsWith('/api/channels')) {
      if (w.session.account?.kind !== 'full') return { status: 403, body: { reason: 'password_required' } }
      if (w.checkout && w.checkout.state !== 'complete') return { status: 200, body: w.checkout }
      const renews_at = new Date(Date.now() + 30 * 86_400_000).toISOString()
      w.checkout = {
        id: 'c1',
        channel: 'ines',
        tier: 't1',
        price: w.channel.price!,
        total: w.channel.price!,
        period: 'month',
        trial_days: 0,
        quantity: 1,
        url: '',
        state: 'open',
        reason: '',
        sandbox: true,
        renews_at,
      }
    }
    if (path.endsWith('/pay')) {
      const state = body.card === '4000000000000002' ? 'declined' : w.card
      w.checkout = { ...w.checkout!, state }
      if (state === 'complete') this.openDoor()
    }
    return { status: 200, body: w.checkout }
  }

  /** Payment has gone through: the viewer is entitled, and told so. */
  openDoor(): void {
    this.world.channel.me = { ...this.world.channel.me, subscriber: true, inside: true, reason: '' }
    this.tell({ type: 'door', channel: 'ines', room: 'space', open: true, until: null })
  }

  #subscriptions(path: string): Answer {
    const w = this.world
    const [, , , id, act] = path.split('/')
    if (!id) return { status: 200, body: { subscriptions: w.subscriptions } }
    w.subscriptions = w.subscriptions.map((s) =>
      s.id === id ? { ...s, cancel_at_period_end: act === 'cancel' } : s,
    )
    return { status: 200, body: w.subscriptions.find((s) => s.id === id) }
  }

  #channel(method: string, path: string, body: Record<string, unknown>): unknown {
    const w = this.world
    if (path === '/C' && method === 'PATCH') w.channel = { ...w.channel, ...body }
    if (path === '/C/live/end') w.channel = { ...w.channel, live: null }
    if (path === '/C' || path === '/C/live/end') return w.channel
    if (path === '/C/playback') return w.playback
    if (path.startsWith('/C/ingest')) return w.ingest
    if (path === '/C/overlay' && method === 'DELETE') return undefined
    if (path === '/C/overlay') return w.overlay
    if (path === '/C/moderators') return { moderators: w.moderators }
    if (path === '/C/sanctions' && method === 'GET') return { sanctions: w.sanctions }
    return undefined
  }
}
