import { api, type Session } from '../../api/subspace'
import type { Connection } from '../../realtime/connection'

/** Who sits at this browser. Every change of the cookie goes through here, so that the socket follows it. */
export class SessionState {
  #session: Session | undefined = $state.raw()
  #connection: Connection

  loaded = $derived(this.#session !== undefined)
  account = $derived(this.#session?.account ?? null)
  /** No owner exists yet: the server waits for the link it printed in the terminal. */
  setup = $derived(this.#session?.setup ?? false)
  sandbox = $derived(this.#session?.sandbox ?? false)

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async load(): Promise<void> {
    this.#session = await api.session()
  }

  signIn = (name: string, password: string) => this.#become(api.signIn(name, password))
  /** A name is enough to write in public chat. */
  signInLightly = (name: string) => this.#become(api.signInLightly(name))
  signUp = (name: string, password: string) => this.#become(api.signUp(name, password))
  redeem = (token: string) => this.#become(api.redeemLink(token))
  setUp = (owner: Parameters<typeof api.setUp>[0]) => this.#become(api.setUp(owner))
  /** Keeps the same account, so nothing else changes. */
  async setPassword(password: string, current?: string): Promise<void> {
    this.#session = await api.setPassword(password, current)
  }

  async signOut(): Promise<void> {
    await api.signOut()
    if (this.#session) this.#session = { ...this.#session, account: null }
    this.#connection.restart()
  }

  async #become(answer: Promise<Session>): Promise<void> {
    this.#session = await answer
    this.#connection.restart()
  }
}
