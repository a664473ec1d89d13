/**
 * The browser's side of passkeys: what the server asks is put to the authenticator, and its answer is written as
 * JSON. Loaded when one is used, so that no page carries it before.
 */
import { account, type PasskeyAnswer } from '../../api/account'
import { Refusal } from '../../api/refusal'

type Options = Record<string, unknown>
type Listed = { id: string }

/** Asks for any passkey of this site. */
export async function ask(): Promise<PasskeyAnswer> {
  const { ceremony, options } = await account.askForPasskey()
  const asked = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: listed(options, 'allowCredentials'),
  }
  const found = await put(() =>
    navigator.credentials.get({ publicKey: asked as unknown as PublicKeyCredentialRequestOptions }),
  )
  return { ceremony, answer: written(found) }
}

/** Signs in whoever's passkey it is. */
export const signIn = async () => account.signInByPasskey(await ask())

/** Makes a passkey for the account that is signed in. */
export async function make(): Promise<PasskeyAnswer> {
  const { ceremony, options } = await account.invitePasskey()
  const user = options.user as Options
  const invited = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: listed(options, 'excludeCredentials'),
  }
  const made = await put(() =>
    navigator.credentials.create({ publicKey: invited as unknown as PublicKeyCredentialCreationOptions }),
  )
  return { ceremony, answer: written(made) }
}

/** A person who closes the browser's question has said no; that is no accident. */
async function put(question: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const found = await question()
    if (found) return found as PublicKeyCredential
  } catch (thrown) {
    if ((thrown as DOMException).name === 'InvalidStateError')
      throw new Refusal({ reason: 'passkey_here', status: 409 })
  }
  throw new Refusal({ reason: 'passkey_dismissed', status: 403 })
}

const listed = (options: Options, name: string) =>
  (options[name] as Listed[] | undefined)?.map((key) => ({ ...key, id: bytes(key.id) })) ?? []

function written(key: PublicKeyCredential): Record<string, unknown> {
  const response = key.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse
  const said: Record<string, unknown> = { clientDataJSON: text(response.clientDataJSON) }
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject)
    said.transports = response.getTransports?.() ?? []
  } else {
    said.authenticatorData = text(response.authenticatorData)
    said.signature = text(response.signature)
    if (response.userHandle) said.userHandle = text(response.userHandle)
  }
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response: said,
    clientExtensionResults: {},
    ...(key.authenticatorAttachment ? { authenticatorAttachment: key.authenticatorAttachment } : {}),
  }
}

/** Base64url without padding, as the standard writes bytes in JSON. */
export function text(from: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(from))
  return btoa(plain).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

export function bytes(from: unknown): Uint8Array<ArrayBuffer> {
  const plain = atob(String(from).replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}
