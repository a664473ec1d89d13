/** The way to the server: a call resolves with its answer or throws a Refusal. */
import createClient from 'openapi-fetch'
import { Refusal } from './refusal'
import type { paths } from './schema'

type Answer<T> = { data?: T; error?: unknown; response: Response }

// fetch is looked up at every call, so that a test can stand in for the server. Whoever signs in is written to in the
// language of the page.
export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin,
  fetch: (r) => {
    r.headers.set('Accept-Language', document.documentElement.lang)
    return globalThis.fetch(r)
  },
})

export async function given<T>(call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call.catch((thrown) => {
    throw Refusal.from(thrown)
  })
  if (!response.ok) throw new Refusal({ status: response.status, reason: 'unknown', ...(error as object) })
  return data as NonNullable<T>
}

/** The part of a path that names the channel. */
export const at = (channel: string) => ({ params: { path: { channel } } })
