/** The calls of polls, by the name of what they do. */
import type { LogName } from '../realtime/frames'
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Poll = Schemas['Poll']
export type Place = { room: LogName; thread?: string }
export type PollWish = Place & {
  key: string
  question: string
  options: string[]
  changeable: boolean
  results: 'live' | 'end'
  closes_in?: number
}

const of = (channel: string, poll: string) => ({ params: { path: { channel, poll } } })

export const api = {
  /** The newest of a room; without one those of all, with their votes, for the creator. */
  polls: async (channel: string, place?: Place): Promise<Poll[]> => {
    const params = { path: { channel }, query: place ?? {} }
    return (await given(client.GET('/api/channels/{channel}/polls', { params }))).polls
  },
  /** Idempotent on key: a retried request must not ask twice. */
  open: (channel: string, body: PollWish): Promise<Poll> =>
    given(client.POST('/api/channels/{channel}/polls', { ...at(channel), body })),
  /** The way without a socket. A vote that is said twice is one. */
  vote: (channel: string, poll: string, option: number) =>
    given(
      client.PUT('/api/channels/{channel}/polls/{poll}/vote', { ...of(channel, poll), body: { option } }),
    ),
  close: (channel: string, poll: string): Promise<Poll> =>
    given(client.POST('/api/channels/{channel}/polls/{poll}/close', of(channel, poll))),
}
