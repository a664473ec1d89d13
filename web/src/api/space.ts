/** The calls about what is inside a Sub Space, for those who are: threads, and how far one has read. */
import { at, client, given } from './client'
import type { components } from './schema'
import type { EventPage } from './subspace'

type Schemas = components['schemas']
export type Thread = Schemas['Thread']
export type ThreadList = Schemas['ThreadList']
export type Reading = Schemas['Reading']
export type ThreadWish = { kind: 'topic' | 'update'; title?: string; prompt?: string; level?: number }
export type ThreadChange = { title?: string; pinned?: boolean; closed?: boolean; archived?: boolean }
type Page = { after?: number; before?: number; limit?: number }

const of = (channel: string, thread: string) => ({ params: { path: { channel, thread } } })

export const space = {
  threads: (channel: string, archived = false): Promise<ThreadList> =>
    given(
      client.GET('/api/channels/{channel}/threads', { params: { path: { channel }, query: { archived } } }),
    ),
  openThread: (channel: string, body: ThreadWish): Promise<Thread> =>
    given(client.POST('/api/channels/{channel}/threads', { ...at(channel), body })),
  changeThread: (channel: string, thread: string, body: ThreadChange): Promise<Thread> =>
    given(client.PATCH('/api/channels/{channel}/threads/{thread}', { ...of(channel, thread), body })),
  events: async (channel: string, thread: string, query: Page): Promise<EventPage> => {
    const params = { path: { channel, thread }, query }
    const page = await given(client.GET('/api/channels/{channel}/threads/{thread}/events', { params }))
    return page as unknown as EventPage
  },
  removeMessage: (channel: string, thread: string, seq: number) =>
    given(
      client.DELETE('/api/channels/{channel}/threads/{thread}/messages/{seq}', {
        params: { path: { channel, thread, seq } },
      }),
    ),
  reading: (channel: string): Promise<Reading> =>
    given(client.GET('/api/channels/{channel}/rooms/space/reading', at(channel))),
  /** A mark never moves back. */
  markRoomRead: (channel: string, seq: number): Promise<Reading> =>
    given(client.PUT('/api/channels/{channel}/rooms/space/reading', { ...at(channel), body: { seq } })),
  markRead: (channel: string, thread: string, seq: number): Promise<Reading> =>
    given(
      client.PUT('/api/channels/{channel}/threads/{thread}/reading', {
        ...of(channel, thread),
        body: { seq },
      }),
    ),
}
