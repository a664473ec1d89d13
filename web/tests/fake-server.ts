/**
 * A stand-in for the server: enough of REST and socket for pictures and component tests, nothing more. It
 * keeps no rules; e2e tests use the real one.
 */
import type { ClientFrame, Located, RoomName, ServerFrame, SubspaceEvent } from '../src/realtime/frames'
import type { Period, Sale, Tier } from '../src/api/subscription'
import { badges } from './fake-badges'
import { buyer, paid, papers } from './fake-spending'
import { manners } from './fake-modes'
import { security } from './fake-security'
import { answerQueue } from './fake-queue'
import { aLayer, answerOverlay } from './fake-overlay'
import { answerStaff } from './fake-staff'
import { answerSchedule } from './fake-schedule'
import { answerSetup } from './fake-setup'
import { polls, voted } from './fake-polls'
import { answerDigest } from './fake-digest'
import { answerReactions } from './fake-reactions'
import { answerEmotes, held } from './fake-emotes'
import { threads } from './fake-threads'
import { people, type World } from './fake-world'

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

export type Answer = { status: number; body?: unknown }
type Send = (frame: ServerFrame) => void

export class FakeServer {
  world: World
  /** Every call, as "POST /api/session". */
  calls: string[] = []
  votes: (ClientFrame & { type: 'vote' })[] = []
  /** What came with those that are not reads. */
  bodies: Record<string, unknown>[] = []
  #sockets = new Set<{ send: Send; close: (code: number) => void }>()

  constructor(world: World) {
    this.world = world
  }

  answer(method: string, path: string, body: Record<string, unknown>, query = new URLSearchParams()): Answer {
    this.calls.push(`${method} ${path}`)
    if (method !== 'GET') this.bodies.push(body)
    const w = this.world
    if (w.down) return { status: 503, body: { reason: 'unknown', detail: 'down' } }
    const ok = (answer: unknown): Answer => ({ status: 200, body: answer })
    const rest = path.replace(/^\/api\/channels\/[^/]+/, '/C')
    if (/^\/api\/(account\/|account$|password|passkeys)/.test(path))
      return security(this.world, method, path, body, (m, p, b) => this.#account(m, p, b))
    if (path.startsWith('/api/session') || path.startsWith('/api/account') || path === '/api/setup')
      return this.#account(method, path, body)
    if (path === '/api/channels') return ok(method === 'GET' ? { channels: w.channels } : w.channel)
    const ruled = method !== 'GET' || rest === '/C/terms' ? manners(w, method, rest, body) : undefined
    if (ruled) return ok(ruled)
    if (rest.endsWith('/pictures')) {
      if (w.refusePicture) return { status: 422, body: { reason: w.refusePicture } }
      return { status: 201, body: { id: `p${++w.uploaded}`, width: 1600, height: 900 } }
    }
    if (rest.endsWith('/pin')) return this.#pin(method, rest)
    if (/^\/C\/(rooms|threads)\/[^/]+\/(messages\/\d+\/)?reactions/.test(rest))
      return answerReactions(this, method, rest)
    if (rest.startsWith('/C/rooms/')) return this.#room(method, rest, Number(query.get('before')))
    if (rest.startsWith('/C/threads')) return threads(w, method, rest, body, query.get('archived') === 'true')
    if (/^\/C\/(visit|digest)/.test(rest)) return answerDigest(w, method, rest)
    if (rest.startsWith('/C/polls')) return polls(this, method, rest, body, query)
    if (rest.startsWith('/C/question')) return answerQueue(this, method, rest, body, query)
    if (rest.startsWith('/C/schedule')) return answerSchedule(w, method, rest, body)
    if (rest.startsWith('/C/space')) return ok(answerSetup(w, method, rest, body))
    if (rest === '/C/figures' && w.figures) return ok(w.figures)
    if (rest === '/C/attention') {
      if (method === 'PUT') w.attention.patience_seconds = Number(body.patience_seconds)
      return ok(w.attention)
    }
    if (path === '/api/buyer') return buyer(this.world, method, body)
    if (path.startsWith('/api/papers')) return papers(this.world, path, query.get('after'))
    if (rest === '/C/gift') return this.#gift(body)
    if (path.includes('checkout')) return this.#checkout(path, body)
    if (path.startsWith('/api/subscriptions') || path.startsWith('/api/sandbox/subscriptions'))
      return this.#subscriptions(path.replace('/sandbox', ''), body)
    if (path === '/api/payments') return paid(w, query.get('after'))
    if (rest.startsWith('/C/badges/')) return badges(w, method, rest.split('/')[3]!, query.get('tier'))
    if (rest.startsWith('/C/emotes')) return answerEmotes(this, method, rest.split('/')[3], query, body)
    if (rest.startsWith('/C/tiers')) return this.#tiers(method, rest, body)
    if (rest.startsWith('/C/sales')) return this.#sales(method, rest, body, query.get('account'))
    if (rest.startsWith('/C/rights')) return this.#rights(method, rest, body)
    if (rest === '/C/subscribers') {
      const from = w.subscribers.findIndex((s) => s.right === query.get('after')) + 1
      return ok({ subscribers: w.subscribers.slice(from, from + 100) })
    }
    if (path.startsWith('/api/overlay/')) return ok(aLayer({ on_air: w.channel.on_air }))
    if (/^\/C\/(overlay|docks)/.test(rest)) return answerOverlay(w, method, rest, body)
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
    return this.happenAt({ channel: 'ines', room }, kind, data)
  }

  happenAt(where: Located, kind: SubspaceEvent['kind'], data: object): SubspaceEvent {
    const log = this.#log(where)
    const { room } = where
    const seq = (log.at(-1)?.seq ?? 0) + 1
    const at = new Date().toISOString()
    const event = { log: room, seq, id: `${room}-${seq}`, v: 1, at, kind, data } as SubspaceEvent
    log.push(event)
    this.tell({ type: 'event', ...where, event })
    return event
  }

  #log({ room, thread }: Located): SubspaceEvent[] {
    return room === 'thread' ? (this.world.threadLogs[thread!] ??= []) : this.world.logs[room]
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
    if (frame.type === 'vote') return send(voted(this, frame))
    if (this.world.refuse) {
      const { refuse: reason, refuseFor: retry_after } = this.world
      return send({ type: 'refused', id, reason, detail: 'refused', ...(retry_after ? { retry_after } : {}) })
    }
    const account = this.world.session.account!
    const { role, subscriber, months } = this.world.channel.me
    const author = { id: account.id, name: account.name, role, subscriber, months, badge: '' }
    const { channel, room, thread } = frame
    const at = { channel, room, ...(thread ? { thread } : {}) }
    const event = this.happenAt(at, 'message.posted', {
      ...{ author, text: frame.text },
      ...(frame.mentions
        ? { mentions: frame.mentions.map((id) => ({ id, name: people[id as keyof typeof people].name })) }
        : {}),
      ...(held(this.world, frame.text).length ? { emotes: held(this.world, frame.text) } : {}),
      ...(frame.announcement ? { announcement: true } : {}),
      ...(frame.pictures
        ? { pictures: frame.pictures.map((p) => ({ ...p, width: 1600, height: 900 })) }
        : {}),
    })
    send({ type: 'ack', id, ...at, seq: event.seq, event })
  }

  #enter(frame: ClientFrame & { type: 'enter' }, send: Send): void {
    const { id, room } = frame
    const { channel, inside, down } = this.world
    if (down) return send({ type: 'refused', id, reason: 'storage_unavailable', detail: 'down' })
    if (room !== 'public' && !channel.me.inside)
      return send({ type: 'refused', id, reason: channel.me.reason, detail: 'not yours' })
    const log = this.#log(frame as Located)
    const events = log.filter((e) => e.seq > (frame.cursor ?? 0)).slice(-100)
    const head = log.at(-1)?.seq ?? 0
    const pinned = this.world.pinned[frame.thread ?? room]
    const state = {
      viewers: channel.viewers,
      ...(room === 'space' ? { inside } : {}),
      ...(pinned ? { pinned } : {}),
    }
    const thread = frame.thread ? { thread: frame.thread } : {}
    const where = { channel: 'ines', room, ...thread, log: room, head, until: null }
    const more = frame.cursor === undefined && events.length < log.length
    send({ type: 'entered', id, ...where, more, events, state })
  }

  #account(method: string, path: string, body: Record<string, unknown>): Answer {
    const { session } = this.world
    if (method === 'DELETE') session.account = null
    else if (method === 'PUT') session.account = { ...session.account!, kind: 'full' }
    else if (method === 'POST') {
      const name = String(body.name ?? 'Noa')
      const kind = path.endsWith('light') ? 'light' : 'full'
      session.account = { id: 'noa', name, kind, operator: false, language: 'en' }
    }
    return method === 'DELETE' ? { status: 204 } : { status: 200, body: { ...session } }
  }

  #room(method: string, path: string, before: number): Answer {
    const room = path.split('/')[3] as RoomName
    if (path.endsWith('/reading')) return { status: 200, body: { seen: this.world.seen, unread: 0 } }
    const log = this.world.logs[room]
    if (method === 'DELETE') {
      this.happen(room, 'message.removed', { seqs: [Number(path.split('/').at(-1))], by: 'moderator' })
      return { status: 204 }
    }
    const events = before ? log.filter((e) => e.seq < before).slice(-100) : log
    const more = before > 0 && (events[0]?.seq ?? 1) > 1
    return { status: 200, body: { events, head: log.at(-1)?.seq ?? 0, more } }
  }

  #pin(method: string, path: string): Answer {
    const [, , kind, name, , seq] = path.split('/') as [string, string, string, string, string, string]
    const where = kind === 'threads' ? { room: 'thread' as const, thread: name } : { room: name as RoomName }
    const posted = this.#log({ channel: 'ines', ...where }).find((e) => e.seq === Number(seq))
    const what = { by: 'owner', ...(posted?.data as object), seq: Number(seq) }
    this.happenAt(
      { channel: 'ines', ...where },
      method === 'PUT' ? 'message.pinned' : 'message.unpinned',
      what,
    )
    return { status: 204 }
  }

  #checkout(path: string, body: Record<string, unknown>): Answer {
    const w = this.world
    if (path.startsWith('/api/channels')) {
      if (w.session.account?.kind !== 'full') return { status: 403, body: { reason: 'password_required' } }
      if (w.refuseCheckout) return { status: 409, body: { reason: w.refuseCheckout } }
      const tier = w.tiers.find(({ id }) => id === body.tier) ?? w.tiers[0]!
      const period = (body.period as Period | undefined) ?? (tier.month ? 'month' : 'year')
      const trial_days = w.tried ? 0 : tier.trial_days
      const price = tier[period]!
      w.checkout = {
        id: 'c1',
        provider: String(body.provider ?? w.providers[0]),
        channel: 'ines',
        tier: tier.id,
        price,
        total: { ...price, minor: trial_days ? 0 : price.minor },
        period,
        trial_days,
        quantity: 1,
        url: w.page,
        state: 'open',
        reason: '',
        sandbox: (body.provider ?? w.providers[0]) === 'sandbox',
        gift: null,
        renews_at: inDays(trial_days || (period === 'year' ? 365 : 30)),
      }
    }
    if (path.endsWith('/claim')) {
      if (w.refuseCode) return { status: 422, body: { reason: w.refuseCode, detail: 'refused' } }
      w.checkout = { ...w.checkout!, state: w.card }
      if (w.card === 'complete') this.openDoor()
    }
    if (path.endsWith('/pay')) this.#pay(String(body.card), body.approved === true)
    return { status: 200, body: w.checkout }
  }

  #wish: Record<string, unknown> = {}

  #gift(body: Record<string, unknown>): Answer {
    const w = this.world
    if (w.session.account?.kind !== 'full') return { status: 403, body: { reason: 'password_required' } }
    if (w.refuseGift) return { status: 409, body: { reason: w.refuseGift } }
    const tier = w.tiers.find(({ id }) => id === body.tier) ?? w.tiers[0]!
    const price = tier.month!
    const quantity = Number(body.people ?? body.months)
    this.#wish = body
    w.checkout = {
      id: 'g1',
      provider: 'sandbox',
      channel: 'ines',
      tier: tier.id,
      price,
      total: { ...price, minor: price.minor * quantity },
      period: 'month',
      trial_days: 0,
      quantity,
      url: w.page,
      state: 'open',
      reason: '',
      sandbox: true,
      gift: null,
      renews_at: inDays(30),
    }
    return { status: 200, body: w.checkout }
  }

  /** It was paid: the room is told, and the giver reads what found nobody. */
  #given(): void {
    const w = this.world
    const { people, months, name, named } = this.#wish
    const given = people ? Math.min(Number(people), w.eligible) : Number(months)
    const left = w.checkout!.quantity - given
    w.checkout = { ...w.checkout!, gift: { given, left, settled: !left } }
    if (!given) return
    const to = people ? ['Théo R.', 'Sam K', 'Lou'].slice(0, given) : [String(name)]
    this.happen('public', 'gift.given', {
      name: named ? w.session.account!.name : '',
      tier: w.checkout.tier,
      tier_name: w.tiers.find(({ id }) => id === w.checkout!.tier)?.name ?? '',
      months: people ? 1 : months,
      people: people ? given : 1,
      to,
    })
  }

  #pay(card: string, approved: boolean): void {
    const w = this.world
    const reason =
      card === '4000000000000002'
        ? 'card_declined'
        : card === '4000002500003155' && !approved
          ? 'authentication_required'
          : ''
    const state = reason ? 'declined' : card === '4000000000000077' ? 'pending' : w.card
    w.checkout = { ...w.checkout!, state, reason }
    if (state === 'complete') {
      if (w.checkout.id === 'g1') this.#given()
      else this.openDoor()
    }
  }

  /** Payment has gone through: the viewer is entitled, and told so. */
  openDoor(): void {
    this.world.channel.me = { ...this.world.channel.me, subscriber: true, inside: true, reason: '' }
    this.tell({ type: 'door', channel: 'ines', room: 'space', open: true, until: null })
  }

  #subscriptions(path: string, body: Record<string, unknown>): Answer {
    const w = this.world
    const [, , , id, act] = path.split('/')
    if (!id) return { status: 200, body: { subscriptions: w.subscriptions } }
    if (act === 'preview') return { status: 200, body: w.preview }
    if (act === 'change' && w.refuseChange) return { status: 409, body: { reason: w.refuseChange } }
    if (act === 'card') return { status: 200, body: { url: w.page } }
    const change = {
      cancel: { cancel_at_period_end: true, next: null },
      resume: { cancel_at_period_end: false, state: 'active' },
      pause: { state: 'paused' },
      withdraw: { state: 'ended' },
      'keep-plan': { next: null },
      forward: { months: 1 },
      change: this.#changed(body),
    }[act!]
    w.subscriptions = w.subscriptions.map((s) =>
      s.id === id ? { ...s, ...(change as Partial<typeof s>) } : s,
    )
    return { status: 200, body: w.subscriptions.find((s) => s.id === id) }
  }

  #changed(body: Record<string, unknown>): object {
    const tier = this.world.tiers.find(({ id }) => id === body.tier)
    if (!tier) return {}
    const period = body.period as Period
    const plan = { tier: tier.id, tier_name: tier.name, period, price: tier[period] }
    return this.world.preview.now ? plan : { next: plan }
  }

  #tiers(method: string, path: string, body: Record<string, unknown>): Answer {
    const w = this.world
    if (method === 'GET') return { status: 200, body: { tiers: w.tiers, providers: w.providers } }
    if (w.refuse) return { status: 422, body: { reason: w.refuse, detail: 'refused' } }
    const id = path.split('/')[3] ?? `t${w.tiers.length + 1}`
    const empty = { name: '', perks: [], month: null, year: null, trial_days: 0 }
    const level = w.tiers.length + 1
    const tier = { on_sale: false, ...empty, level, ...body, id } as Tier
    w.tiers = [...w.tiers.filter((t) => t.id !== id), tier].sort((a, b) => a.level - b.level)
    return { status: 200, body: tier }
  }

  #rights(method: string, path: string, body: Record<string, unknown>): Answer {
    const w = this.world
    if (w.refuse) return { status: 404, body: { reason: w.refuse, detail: 'refused' } }
    const id = path.split('/')[3]
    if (method === 'DELETE') {
      w.subscribers = w.subscribers.filter((s) => s.right !== id)
      return { status: 204 }
    }
    if (id === 'import') return { status: 200, body: w.imported }
    const until = (body.until as string | undefined) ?? inDays(30 * Number(body.months))
    const right = { id: 'new', source: body.source as 'comp', since: inDays(0), until }
    const given = { right: 'new', name: String(body.name), source: right.source, note: String(body.note) }
    const like = w.subscribers[0] ?? {
      account: 'new',
      tier: '',
      revoked_at: null,
      cancel_at_period_end: false,
    }
    const none = { state: '', period: '', price: null, months: 0 } as const
    w.subscribers = [...w.subscribers, { ...like, ...none, ...given, since: right.since, until }]
    return { status: 201, body: right }
  }

  #sales(method: string, path: string, body: Record<string, unknown>, account: string | null): Answer {
    const w = this.world
    const mine = (s: Sale) => !account || s.buyer.toLowerCase() === account
    if (method === 'GET') return { status: 200, body: { sales: w.sales.filter(mine) } }
    if (w.refuse) return { status: 503, body: { reason: w.refuse, detail: 'refused' } }
    const id = path.split('/')[4]
    const sale = w.sales.find((s) => s.id === id)!
    const minor = Number(body.amount ?? sale.refundable.minor)
    const changed: Sale = {
      ...sale,
      refunded: { ...sale.refunded, minor: sale.refunded.minor + minor },
      refundable: { ...sale.refundable, minor: sale.refundable.minor - minor },
    }
    w.sales = w.sales.map((s) => (s.id === id ? changed : s))
    return { status: 200, body: changed }
  }

  #channel(method: string, path: string, body: Record<string, unknown>): unknown {
    const w = this.world
    if (path === '/C' && method === 'PATCH') w.channel = { ...w.channel, ...body }
    if (path === '/C/live/end') w.channel = { ...w.channel, live: null }
    if (path === '/C' || path === '/C/live/end') return w.channel
    if (path === '/C/playback') return w.playback
    if (path.startsWith('/C/ingest')) return w.ingest
    if (/^\/C\/(moderators|audit|people)/.test(path)) return answerStaff(w, method, path, body)
    if (path === '/C/sanctions' && method === 'GET') return { sanctions: w.sanctions }
    return undefined
  }
}
