/** A dock's page and the cockpit's list of docks, in front of the fake server. */
import { flushSync, mount, unmount } from 'svelte'
import { dock as calls, type Dock as Address, type DockView } from '../src/api/dock'
import { App } from '../src/app.svelte'
import Dock from '../src/features/dock/Dock.svelte'
import { DockState } from '../src/features/dock/dock.svelte'
import { DockSocket } from '../src/features/dock/socket'
import { language } from '../src/i18n/index.svelte'
import { browser, Connection, type SocketLike } from '../src/realtime/connection'
import type { ClientFrame } from '../src/realtime/frames'
import { Router } from '../src/router/router.svelte'
import '../src/styles/tokens.css'
import '../src/styles/base.css'
import { FakeServer } from './fake-server'
import { world, type World } from './fake-world'

export const aDock = (more: Partial<Address> = {}): Address => ({
  ...{
    id: 'd1',
    label: 'OBS',
    by: { id: 'ines', name: 'Inès' },
    made_at: new Date().toISOString(),
    used_at: null,
  },
  ...more,
})

const viewOf = (w: World, role: DockView['role']): DockView => ({
  ...{ id: 'd1', label: 'OBS', channel: 'ines', title: w.channel.title },
  ...{ by: { id: 'ines', name: w.channel.owner_name }, role, live: w.channel.live },
  ...{ space_open: w.channel.space_open, badges: [], tier_badges: [] },
})

/** A socket to the fake server that knows docks: it greets nobody, and then the dock. */
class FakeDockSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  #page: DockPage
  #hear: ((frame: ClientFrame) => void) | undefined

  constructor(page: DockPage) {
    this.#page = page
    setTimeout(() => {
      this.#hear = page.server.connect(
        (frame) => this.#say(frame),
        (code) => this.onclose?.({ code } as CloseEvent),
      )
    })
  }

  #say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent)
  }

  send(text: string): void {
    const frame = JSON.parse(text) as { type: string; id: string; dock: string }
    if (frame.type !== 'sign_in') return void setTimeout(() => this.#hear?.(frame as unknown as ClientFrame))
    this.#page.secrets.push(frame.dock)
    const { revoked } = this.#page
    const hello = {
      type: 'hello',
      account: { id: 'ines', name: 'Inès' },
      session: '',
      dock: { id: 'd1', channel: 'ines' },
    }
    this.#say(revoked ? { type: 'refused', id: frame.id, reason: 'dock_revoked', detail: '' } : hello)
  }

  close(): void {
    this.onmessage = this.onclose = null
  }
}

export class DockPage {
  server: FakeServer
  connection: Connection
  app: App
  dock: DockState
  role: DockView['role'] = 'owner'
  revoked = false
  timedOut = false
  /** What was said by first frames. */
  secrets: string[] = []
  /** By what each call came: its header, and whether the browser's cookie went along. */
  by: { authorization: string | null; credentials: string }[] = []
  sockets = 0
  #close: () => Promise<void> = async () => {}

  constructor(change: (w: World) => void, secret = 'dock_secret') {
    const seen = world('owner')
    seen.channel.on_air = null
    change(seen)
    this.server = new FakeServer(seen)
    const surroundings = browser()
    this.connection = new Connection({
      ...surroundings,
      open: () => {
        this.sockets++
        return new DockSocket(new FakeDockSocket(this), secret, (reason) => this.dock.end(reason))
      },
    })
    this.app = new App(new Router([]), this.connection)
    this.dock = new DockState(this.connection, secret, (who) => this.app.session.know(who))
  }

  async open(locale = 'en'): Promise<this> {
    const real = window.fetch
    window.fetch = async (input, init) => {
      const request = new Request(input, init)
      const { pathname, searchParams } = new URL(request.url)
      if (!pathname.startsWith('/api/')) return real(input, init)
      this.by.push({ authorization: request.headers.get('authorization'), credentials: request.credentials })
      const text = await request.text()
      const { status, body } = this.#answer(
        request.method,
        pathname,
        text ? JSON.parse(text) : {},
        searchParams,
      )
      const json = { 'content-type': 'application/json' }
      return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: json })
    }
    await language.choose(locale)
    await language.readBooks()
    const target = document.body.appendChild(document.createElement('div'))
    const root = mount(Dock, { target, props: { dock: this.dock, app: this.app } })
    if (!this.dock.over) this.connection.start()
    flushSync()
    this.#close = async () => {
      this.connection.stop()
      await unmount(root)
      target.remove()
      window.fetch = real
    }
    return this
  }

  #answer(method: string, path: string, body: Record<string, unknown>, query: URLSearchParams) {
    if (this.timedOut) return { status: 403, body: { reason: 'timed_out', detail: '', retry_after: 1 } }
    if (this.revoked) return { status: 403, body: { reason: 'dock_revoked', detail: '' } }
    if (path === '/api/dock') return { status: 200, body: viewOf(this.server.world, this.role) }
    return this.server.answer(method, path, body, query)
  }

  close = () => this.#close()
}

/** Every call goes as a dock's page makes it. */
export const asDock = () => calls.actBy('dock_secret')
