/** What every screen shares, made once in main.ts and handed down by context. */
import { getContext, setContext } from 'svelte'
import { SessionState } from './features/account/session.svelte'
import { Directory } from './features/channel/directory.svelte'
import { Preferences } from './features/account/preferences.svelte'
import { Connection, type Link } from './realtime/connection'
import type { Router } from './router/router.svelte'

const KEY = Symbol('app')

export class App {
  readonly connection: Connection
  readonly session: SessionState
  readonly directory = new Directory()
  readonly preferences = new Preferences()
  readonly router: Router
  link: Link = $state('stopped')

  /** The channel this account owns, if any: what "Go live" leads to. */
  mine = $derived.by(() => {
    const name = this.session.account?.name
    return name ? this.directory.cards.find((c) => c.owner_name === name) : undefined
  })

  constructor(router: Router, connection = new Connection()) {
    this.router = router
    this.connection = connection
    this.session = new SessionState(connection)
    connection.onLink((link) => (this.link = link))
  }
}

export const setApp = (app: App): App => setContext(KEY, app)
export const getApp = (): App => getContext<App>(KEY)
