/**
 * The address bar. A route is a pattern and the chunk that draws it; the screen changes once its chunk is
 * here, so a slow network shows the old screen, never an empty one.
 */
import type { Component } from 'svelte'
import { pick, type Params, type Route } from './pattern'

type Shown = { screen: Component<{ params: Params }>; params: Params; path: string; name: string }

export class Router {
  shown: Shown | undefined = $state.raw()
  /** The chunk of a screen could not be loaded: a new version was installed, or the network is away. */
  broken = $state(false)

  #routes: Route[]
  #wanted = 0

  constructor(routes: Route[]) {
    this.#routes = routes
  }

  /** Follows links and the back button until the returned undo is called. */
  start(): () => void {
    const click = (e: MouseEvent) => this.#followLink(e)
    const back = () => void this.#show(location.pathname)
    document.addEventListener('click', click)
    window.addEventListener('popstate', back)
    void this.#show(location.pathname)
    return () => {
      document.removeEventListener('click', click)
      window.removeEventListener('popstate', back)
    }
  }

  go(path: string, { replace = false } = {}): void {
    history[replace ? 'replaceState' : 'pushState'](null, '', path)
    void this.#show(location.pathname)
  }

  /** Back to where the visitor came from, or home when this page was the first one. */
  back(): void {
    if (history.length > 1 && this.#moved) history.back()
    else this.go('/')
  }

  #moved = false

  async #show(path: string): Promise<void> {
    const { route, params } = pick(this.#routes, path)
    const wanted = ++this.#wanted
    const moved = this.shown !== undefined
    if (this.shown?.path === path) return
    try {
      const { default: screen } = await route.load()
      // The visitor may have gone on while the chunk was loading.
      if (wanted !== this.#wanted) return
      this.shown = { screen, params, path, name: route.name }
      this.broken = false
    } catch {
      this.broken = wanted === this.#wanted
    }
    this.#moved ||= moved
    if (moved) requestAnimationFrame(() => this.#landed())
  }

  /** A changed screen begins at the top, and a screen reader begins to read there. */
  #landed(): void {
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }

  #followLink(e: MouseEvent): void {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    const link = (e.target as Element).closest?.('a')
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (link.pathname.startsWith('/overlay/') || link.pathname.startsWith('/api/')) return
    if (link.hash && link.pathname === location.pathname) return
    e.preventDefault()
    this.go(link.pathname + link.search + link.hash)
  }
}
