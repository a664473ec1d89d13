/** The calls of the account's own pages, kept apart so that no other page carries them. */
import { client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
type Language = Schemas['Account']['language']
export type AccountDetails = Schemas['AccountDetails']
export type Passkey = Schemas['Passkey']
export type SignedIn = Schemas['SignedIn']
/** What an authenticator said, and which question it answers. */
export type PasskeyAnswer = { ceremony: string; answer: Record<string, unknown> }

export const account = {
  redeemLink: (token: string) => given(client.POST('/api/session/link', { body: { token } })),
  setUp: (body: { token: string; name: string; password: string; handle: string; title: string }) =>
    given(client.POST('/api/setup', { body })),
  /** Answers the same for every address. */
  forgotPassword: (address: string) => given(client.POST('/api/password/forgotten', { body: { address } })),
  resetPassword: (token: string, password: string) =>
    given(client.POST('/api/password/reset', { body: { token, password } })),

  setLanguage: (locale: string) =>
    given(client.PUT('/api/account/language', { body: { language: locale as Language } })),
  details: () => given(client.GET('/api/account')),
  addAddress: (address: string) => given(client.PUT('/api/account/mail', { body: { address } })),
  confirmAddress: (token: string) => given(client.POST('/api/account/mail/confirm', { body: { token } })),
  keepAddress: () => given(client.DELETE('/api/account/mail/waiting')),
  removeAddress: () => given(client.DELETE('/api/account/mail')),
  sessions: async () => (await given(client.GET('/api/account/sessions'))).sessions,
  endSession: (session: string) =>
    given(client.DELETE('/api/account/sessions/{session}', { params: { path: { session } } })),
  endOtherSessions: () => given(client.DELETE('/api/account/sessions')),

  prove: (password: string) => given(client.POST('/api/account/proof', { body: { password } })),
  proveByPasskey: (body: PasskeyAnswer) => given(client.POST('/api/account/proof/passkey', { body })),
  askForPasskey: () => given(client.POST('/api/passkeys/ask')),
  signInByPasskey: (body: PasskeyAnswer) => given(client.POST('/api/session/passkey', { body })),
  invitePasskey: () => given(client.POST('/api/account/passkeys/invite')),
  addPasskey: (body: PasskeyAnswer & { name: string }) =>
    given(client.POST('/api/account/passkeys', { body })),
  renamePasskey: (passkey: string, name: string) =>
    given(client.PATCH('/api/account/passkeys/{passkey}', { params: { path: { passkey } }, body: { name } })),
  removePasskey: (passkey: string) =>
    given(client.DELETE('/api/account/passkeys/{passkey}', { params: { path: { passkey } } })),
}
