/** The calls about the pictures that a channel offers to be written by a code. */
import { at, client, given } from './client'
import type { components } from './schema'

export type Emote = components['schemas']['Emote']
/** Who may use it is said as a level of tier; 0 is everybody. */
export type EmoteWish = { code: string; level: number }

const of = (channel: string, emote: string) => ({ params: { path: { channel, emote } } })

export const api = {
  emotes: (channel: string) => given(client.GET('/api/channels/{channel}/emotes', at(channel))),
  add: (channel: string, query: EmoteWish, file: Blob) =>
    given(
      client.POST('/api/channels/{channel}/emotes', {
        params: { path: { channel }, query },
        body: file as unknown as string,
        bodySerializer: (body) => body,
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
    ),
  change: (channel: string, emote: string, body: EmoteWish) =>
    given(client.PATCH('/api/channels/{channel}/emotes/{emote}', { ...of(channel, emote), body })),
  remove: (channel: string, emote: string) =>
    given(client.DELETE('/api/channels/{channel}/emotes/{emote}', of(channel, emote))),
}

/** Where the picture of an emote is, also when the channel does not offer it any more. */
export const emoteAt = (id: string) => `/api/emotes/${id}`
