/**
 * Every call the screens make, by the name of what it does; those about money are in subscription.ts, those of the
 * account's own pages in account.ts, those about how a room is written in in room.ts, those of the queue in
 * question.ts, those of staff in staff.ts and those about what is inside a Sub Space in space.ts, for what needs them. A call resolves with the
 * server's answer or throws a Refusal. These files alone know paths, so a change of the API shows up here first.
 */
import type { RoomName, SubspaceEvent } from '../realtime/frames'
import { at, client, given } from './client'
import type { components, paths } from './schema'

type Schemas = components['schemas']
export type Account = Schemas['Account']
export type Session = Schemas['Session']
export type Broadcast = Schemas['Broadcast']
export type ChannelCard = Schemas['ChannelCard']
export type Channel = Schemas['Channel']
export type OnAir = Schemas['OnAir']
export type Badge = Schemas['Badge']
export type Standing = Schemas['Standing']
export type Money = Schemas['Money']
export type Question = Schemas['Question']
export type Playback = Schemas['Playback']
export type Ingest = Schemas['Ingest']
export type Health = Schemas['Health']
export type Overlay = Schemas['Overlay']
export type OverlayView = Schemas['OverlayState']
export type ChannelChange =
  paths['/api/channels/{channel}']['patch']['requestBody']['content']['application/json']

export type EventPage = { events: SubspaceEvent[]; head: number; more: boolean }
type Page = { after?: number; before?: number; limit?: number }

export const api = {
  session: () => given(client.GET('/api/session')),
  signIn: (name: string, password: string) =>
    given(client.POST('/api/session', { body: { name, password } })),
  signInLightly: (name: string) => given(client.POST('/api/session/light', { body: { name } })),
  signOut: () => given(client.DELETE('/api/session')),
  signUp: (name: string, password: string) =>
    given(client.POST('/api/accounts', { body: { name, password } })),
  /** A light account that sets a password becomes a full one. */
  setPassword: (password: string, current?: string, keepSessions = false) =>
    given(
      client.PUT('/api/account/password', {
        body: { password, keep_sessions: keepSessions, ...(current ? { current } : {}) },
      }),
    ),

  channels: async () => (await given(client.GET('/api/channels'))).channels,
  openChannel: (body: { handle: string; title: string; owner: string }) =>
    given(client.POST('/api/channels', { body })),
  channel: (channel: string) => given(client.GET('/api/channels/{channel}', at(channel))),
  changeChannel: (channel: string, body: ChannelChange) =>
    given(client.PATCH('/api/channels/{channel}', { ...at(channel), body })),

  events: async (channel: string, room: RoomName, query: Page = {}): Promise<EventPage> => {
    const params = { path: { channel, room }, query }
    const page = await given(client.GET('/api/channels/{channel}/rooms/{room}/events', { params }))
    return page as unknown as EventPage
  },
  removeMessage: (channel: string, room: RoomName, seq: number) =>
    given(
      client.DELETE('/api/channels/{channel}/rooms/{room}/messages/{seq}', {
        params: { path: { channel, room, seq } },
      }),
    ),

  /** Its words leave both rooms, and it leaves the queue and the air. */
  removeQuestion: (channel: string, id: string) =>
    given(
      client.DELETE('/api/channels/{channel}/questions/{question}', {
        params: { path: { channel, question: id } },
      }),
    ),

  playback: (channel: string) => given(client.GET('/api/channels/{channel}/playback', at(channel))),
  ingest: (channel: string) => given(client.GET('/api/channels/{channel}/ingest', at(channel))),
  newIngestKey: (channel: string) => given(client.POST('/api/channels/{channel}/ingest/key', at(channel))),
  endLive: (channel: string) => given(client.POST('/api/channels/{channel}/live/end', at(channel))),
  overlay: (channel: string) => given(client.GET('/api/channels/{channel}/overlay', at(channel))),
  newOverlay: (channel: string) => given(client.POST('/api/channels/{channel}/overlay', at(channel))),
  revokeOverlay: (channel: string) => given(client.DELETE('/api/channels/{channel}/overlay', at(channel))),
  overlayView: (secret: string) =>
    given(client.GET('/api/overlay/{secret}', { params: { path: { secret } } })),
}
