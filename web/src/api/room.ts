/** The calls about who writes in a room and how, for what is loaded when it is needed. */
import { at, client, given } from './client'
import type { RoomName } from '../realtime/frames'
import type { components } from './schema'

export type Modes = components['schemas']['Modes']
export type Term = components['schemas']['Term']

export const api = {
  follow: (channel: string) => given(client.PUT('/api/channels/{channel}/follow', at(channel))),
  unfollow: (channel: string) => given(client.DELETE('/api/channels/{channel}/follow', at(channel))),
  terms: async (channel: string) =>
    (await given(client.GET('/api/channels/{channel}/terms', at(channel)))).terms,
  block: (channel: string, term: string) =>
    given(client.POST('/api/channels/{channel}/terms', { ...at(channel), body: { term } })),
  unblock: (channel: string, term: string) =>
    given(client.DELETE('/api/channels/{channel}/terms/{term}', { params: { path: { channel, term } } })),
  setModes: (channel: string, room: RoomName, body: Modes) =>
    given(
      client.PUT('/api/channels/{channel}/rooms/{room}/modes', { params: { path: { channel, room } }, body }),
    ),
}
