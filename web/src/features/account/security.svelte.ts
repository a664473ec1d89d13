import { account, type AccountDetails, type SignedIn } from '../../api/account'
import { Refusal } from '../../api/refusal'
import { Proof } from './proof.svelte'

/** How this account is got into, and from where: what its own page shows and changes. */
export class Security {
  details: AccountDetails | undefined = $state.raw()
  sessions: SignedIn[] = $state.raw([])
  state: 'loading' | 'ready' | 'failed' = $state('loading')
  failure: Refusal | undefined = $state.raw()
  readonly proof = new Proof()

  async read(): Promise<void> {
    if (!this.details) this.state = 'loading'
    try {
      ;[this.details, this.sessions] = await Promise.all([account.details(), account.sessions()])
      this.state = 'ready'
    } catch (thrown) {
      this.failure = Refusal.from(thrown)
      this.state = 'failed'
    }
  }

  /* Each of these throws the refusal, for the form that asked. */

  addAddress = async (address: string) => {
    this.details = await this.proof.before(() => account.addAddress(address))
  }
  keepAddress = async () => {
    await account.keepAddress()
    await this.read()
  }
  removeAddress = async () => {
    await this.proof.before(() => account.removeAddress())
    await this.read()
  }

  addPasskey = async (name: string) => {
    const { make } = await import('./passkey')
    const made = await this.proof.before(() => make())
    await account.addPasskey({ ...made, name })
    await this.read()
  }
  renamePasskey = async (id: string, name: string) => {
    await account.renamePasskey(id, name)
    await this.read()
  }
  removePasskey = async (id: string) => {
    await this.proof.before(() => account.removePasskey(id))
    await this.read()
  }

  endSession = async (id: string) => {
    await account.endSession(id)
    this.sessions = this.sessions.filter((s) => s.id !== id)
  }
  endOthers = async () => {
    await account.endOtherSessions()
    this.sessions = this.sessions.filter((s) => s.here)
  }
}
