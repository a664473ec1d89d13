import { api, type Account, type Session } from '../../api/subspace'
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

  /** All that the server said of itself and of who sits here. */
  get told(): Session | undefined {
    return this.#session
  }

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async load(): Promise<void> {
    this.#session = await api.session()
  }

  /** Somebody whom the page knows without a cookie: there is no session to ask about. */
  know({ id, name }: Pick<Account, 'id' | 'name'>): void {
    const account: Account = { id, name, kind: 'full', operator: false, language: 'en' }
    this.#session = { account, setup: false, sandbox: false, mail: false, passkeys_off: '', version: '' }
  }

  signIn = (name: string, password: string) => this.become(api.signIn(name, password))
  /** A name is enough to write in public chat. */
  signInLightly = (name: string) => this.become(api.signInLightly(name))
  signUp = (name: string, password: string) => this.become(api.signUp(name, password))
  /** Keeps the same account, so nothing else changes. */
  async setPassword(password: string, current?: string, keepSessions?: boolean): Promise<void> {
    this.#session = await api.setPassword(password, current, keepSessions)
  }

  async signOut(): Promise<void> {
    await api.signOut()
    if (this.#session) this.#session = { ...this.#session, account: null }
    this.#connection.restart()
  }

  /** Whoever an answer says that one is now. */
  async become(answer: Promise<Session>): Promise<void> {
    this.#session = await answer
    this.#connection.restart()
  }
}
