/** Opens the whole app in the test's browser, in front of a fake server. */
import axe from 'axe-core'
import { flushSync, mount, unmount } from 'svelte'
import AppRoot from '../src/App.svelte'
import { App } from '../src/app.svelte'
import { language } from '../src/i18n/index.svelte'
import type { ClientFrame } from '../src/realtime/frames'
import { Router } from '../src/router/router.svelte'
import { routes } from '../src/router/routes'
import '../src/styles/tokens.css'
import '../src/styles/base.css'
import { FakeServer } from './fake-server'
import { world, type Role, type World } from './fake-world'

class FakeWebSocket {
  onopen: unknown = null
  onmessage: ((e: { data: string }) => void) | null = null
  onclose: ((e: { code: number }) => void) | null = null
  #hear: ((frame: ClientFrame) => void) | undefined

  constructor(server: FakeServer) {
    setTimeout(() => {
      const send = (frame: object) => this.onmessage?.({ data: JSON.stringify(frame) })
      this.#hear = server.connect(send, (code) => this.onclose?.({ code }))
    })
  }

  send(text: string): void {
    setTimeout(() => this.#hear?.(JSON.parse(text) as ClientFrame))
  }

  close(): void {
    this.onmessage = this.onclose = null
  }
}

export type Page = { server: FakeServer; app: App; close: () => Promise<void> }

type Look = {
  as?: Role
  locale?: string
  /** Words to speak instead of the locale's own. */
  words?: Record<string, string>
  change?: (world: World) => void
}

export async function openPage(
  path: string,
  { as = 'anonymous', locale = 'en', words, change }: Look = {},
): Promise<Page> {
  const seen = world(as)
  seen.playback = { state: 'offline', url: '', reason: 'offline' }
  change?.(seen)
  const server = new FakeServer(seen)
  const real = { fetch: window.fetch, socket: window.WebSocket, path: location.pathname + location.search }
  window.fetch = async (input, init) => {
    const request = new Request(input, init)
    const { pathname, searchParams } = new URL(request.url)
    if (!pathname.startsWith('/api/')) return real.fetch(input, init)
    const text = await request.text()
    const type = request.headers.get('content-type') ?? ''
    const sent = type.startsWith('text/csv')
      ? { list: text }
      : type === 'application/json' && text
        ? JSON.parse(text)
        : {}
    const { status, body } = server.answer(request.method, pathname, sent, searchParams)
    const answered = status === 204 ? null : JSON.stringify(body)
    if (pathname === `/api/channels/${seen.channel.handle}`) await seen.held
    const json = { 'content-type': 'application/json' }
    return new Response(answered, { status, headers: json })
  }
  window.WebSocket = function () {
    return new FakeWebSocket(server)
  } as unknown as typeof WebSocket
  history.replaceState(null, '', path)
  await language.choose(locale)
  if (words) language.speak(locale, words)
  const app = new App(new Router(routes))
  await app.session.load().catch(() => {})
  await app.directory.refresh({ force: true })
  const target = document.body.appendChild(document.createElement('div'))
  const root = mount(AppRoot, { target, props: { app } })
  app.connection.start()
  flushSync()
  const close = async () => {
    app.connection.stop()
    await unmount(root)
    target.remove()
    window.fetch = real.fetch
    window.WebSocket = real.socket
    history.replaceState(null, '', real.path)
  }
  return { server, app, close }
}

/** What axe finds, short enough to read in a failure. */
export async function audit(): Promise<string[]> {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const { violations } = await axe.run(document.body, { runOnly: rules })
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)
}
