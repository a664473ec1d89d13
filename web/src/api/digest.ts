/** The calls about visits to a Sub Space, and what was missed between two of them. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Visit = Schemas['Visit']
export type Digest = Schemas['Digest']

export const api = {
  /** Says that one looks at the Sub Space. It reaches the server also when the page goes away meanwhile. */
  come: (channel: string): Promise<Visit> =>
    given(client.PUT('/api/channels/{channel}/visit', { ...at(channel), keepalive: true })),
  digest: (channel: string): Promise<Digest> =>
    given(client.GET('/api/channels/{channel}/digest', at(channel))),
  /** What happened up to then is known, on all devices. */
  told: (channel: string, until: string) =>
    given(client.POST('/api/channels/{channel}/digest/told', { ...at(channel), body: { until } })),
}
