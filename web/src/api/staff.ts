/** The calls of a channel's staff about people, for what is loaded when it is needed. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Moderator = Schemas['Moderator']
export type Grade = Moderator['grade']
export type Sanction = Schemas['Sanction']
export type Act = Schemas['Act']
export type Note = Schemas['Note']
export type Penalty = { account: string; kind: 'timeout' | 'ban'; seconds?: number; reason: string }

const on = (channel: string, account: string) => ({ params: { path: { channel, account } } })
const named = (channel: string, name: string) => ({ params: { path: { channel, name } } })

export const api = {
  moderators: async (channel: string) =>
    (await given(client.GET('/api/channels/{channel}/moderators', at(channel)))).moderators,
  appoint: (channel: string, name: string, grade: Grade) =>
    given(
      client.PUT('/api/channels/{channel}/moderators/{name}', { ...named(channel, name), body: { grade } }),
    ),
  dismiss: (channel: string, name: string) =>
    given(client.DELETE('/api/channels/{channel}/moderators/{name}', named(channel, name))),

  sanctions: async (channel: string) =>
    (await given(client.GET('/api/channels/{channel}/sanctions', at(channel)))).sanctions,
  sanction: (channel: string, body: Penalty) =>
    given(client.POST('/api/channels/{channel}/sanctions', { ...at(channel), body })),
  liftSanction: (channel: string, account: string) =>
    given(client.DELETE('/api/channels/{channel}/sanctions/{account}', on(channel, account))),

  /** What staff did, the newest first; with `before`, what is older than that entry. */
  acts: (channel: string, before?: string) =>
    given(client.GET('/api/channels/{channel}/audit', { params: { path: { channel }, query: { before } } })),

  notes: async (channel: string, account: string) =>
    (await given(client.GET('/api/channels/{channel}/people/{account}/notes', on(channel, account)))).notes,
  writeNote: (channel: string, account: string, text: string) =>
    given(
      client.POST('/api/channels/{channel}/people/{account}/notes', {
        ...on(channel, account),
        body: { text },
      }),
    ),
  dropNote: (channel: string, account: string, note: string) =>
    given(
      client.DELETE('/api/channels/{channel}/people/{account}/notes/{note}', {
        params: { path: { channel, account, note } },
      }),
    ),
}
