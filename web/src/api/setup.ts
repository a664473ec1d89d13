/** The calls about how a Sub Space is set up, and what anybody may know of one without a look inside. */
import { at, client, given } from './client'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Space = Schemas['Space']
export type Setup = Schemas['SpaceSetup']
export type SetupChange =
  paths['/api/channels/{channel}/space/setup']['patch']['requestBody']['content']['application/json']

export const setup = {
  front: (channel: string): Promise<Space> => given(client.GET('/api/channels/{channel}/space', at(channel))),
  read: (channel: string): Promise<Setup> =>
    given(client.GET('/api/channels/{channel}/space/setup', at(channel))),
  change: (channel: string, body: SetupChange): Promise<Setup> =>
    given(client.PATCH('/api/channels/{channel}/space/setup', { ...at(channel), body })),
  setPicture: (channel: string, file: Blob): Promise<Setup> =>
    given(
      client.PUT('/api/channels/{channel}/space/picture', {
        ...at(channel),
        body: file as unknown as string,
        bodySerializer: (body) => body,
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
    ),
  dropPicture: (channel: string): Promise<Setup> =>
    given(client.DELETE('/api/channels/{channel}/space/picture', at(channel))),
}
