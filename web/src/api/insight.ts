/** The calls about what a creator's work brings. */
import { at, client, given } from './client'
import type { components } from './schema'

export type LiveFigures = components['schemas']['LiveFigures']

export const insight = {
  live: (channel: string): Promise<LiveFigures> =>
    given(client.GET('/api/channels/{channel}/figures', at(channel))),
}
