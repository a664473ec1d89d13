/** The calls about what stands at messages: reactions, pictures, and which is pinned. They reach a room, or a thread of the Sub Space. */
import type { Located } from '../realtime/frames'
import { client, given } from './client'
import type { components } from './schema'

export type Picture = { id: string; width: number; height: number }

type Schemas = components['schemas']
export type Emoji = 'heart' | 'laugh' | 'fire' | 'clap' | 'wow' | 'sad'
export type Counts = Partial<Record<Emoji, number>>
/** How many reacted to a message with what, and what of it is our own. */
export type Reactions = { seq: number; counts: Counts; mine: Emoji[] }

/** The server lists nothing but the six: its document does not say so. */
const known = (r: Schemas['Reactions']) => r as Reactions

export const message = {
  react: async ({ channel, room, thread }: Located, seq: number, emoji: Emoji, on: boolean) => {
    const call = on ? client.PUT : client.DELETE
    return known(
      await given(
        thread
          ? call('/api/channels/{channel}/threads/{thread}/messages/{seq}/reactions/{emoji}', {
              params: { path: { channel, thread, seq, emoji } },
            })
          : call('/api/channels/{channel}/rooms/{room}/messages/{seq}/reactions/{emoji}', {
              params: { path: { channel, room: room as 'public', seq, emoji } },
            }),
      ),
    )
  },
  /** Uploads a picture for an update (creator). */
  upload: ({ channel, thread = '' }: Located, file: Blob): Promise<Picture> =>
    given(
      client.POST('/api/channels/{channel}/threads/{thread}/pictures', {
        params: { path: { channel, thread } },
        body: file as unknown as string,
        bodySerializer: (body) => body,
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
    ),
  /** Puts a message above the chat, in place of the one there, or takes it away (staff). */
  pin: ({ channel, room, thread }: Located, seq: number, on: boolean) => {
    const call = on ? client.PUT : client.DELETE
    return given(
      thread
        ? call('/api/channels/{channel}/threads/{thread}/messages/{seq}/pin', {
            params: { path: { channel, thread, seq } },
          })
        : call('/api/channels/{channel}/rooms/{room}/messages/{seq}/pin', {
            params: { path: { channel, room: room as 'public', seq } },
          }),
    )
  },
  /** Of the messages between two sequences, both included, those that have some. */
  reactions: async ({ channel, room, thread }: Located, from: number, to: number) => {
    const query = { from, to }
    const list = await given(
      thread
        ? client.GET('/api/channels/{channel}/threads/{thread}/reactions', {
            params: { path: { channel, thread }, query },
          })
        : client.GET('/api/channels/{channel}/rooms/{room}/reactions', {
            params: { path: { channel, room: room as 'public' }, query },
          }),
    )
    return list.reactions.map(known)
  },
}

/** Where a picture of an update is, for those who may see it. */
export const pictureAt = ({ channel, thread }: Located, id: string) =>
  `/api/channels/${channel}/threads/${thread}/pictures/${id}`
