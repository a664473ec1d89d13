/** The calls about how the OBS overlay is set up. */
import { at, client, given } from './client'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Look = Schemas['Look']
export type Goal = Schemas['Goal']
export type OverlaySetup = Schemas['OverlaySetup']
export type Place = Look['question']
export type OverlayChange =
  paths['/api/channels/{channel}/overlay/setup']['patch']['requestBody']['content']['application/json']

export const setup = {
  read: (channel: string): Promise<OverlaySetup> =>
    given(client.GET('/api/channels/{channel}/overlay/setup', at(channel))),
  change: (channel: string, body: OverlayChange): Promise<OverlaySetup> =>
    given(client.PATCH('/api/channels/{channel}/overlay/setup', { ...at(channel), body })),
}
