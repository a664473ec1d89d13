/** The calls about what is kept of lives. */
import type { RoomName } from '../realtime/frames'
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type RecordingCard = Schemas['RecordingCard']
export type Replayed = Schemas['Replayed']
export type Chapter = Schemas['Chapter']
export type RecordingSetup = Schemas['RecordingSetup']
export type RecordingChange = { title?: string; audience?: 'public' | 'subscribers'; keep?: boolean }

const one = (channel: string, recording: string) => ({ params: { path: { channel, recording } } })

export const api = {
  list: async (channel: string, before?: string): Promise<RecordingCard[]> => {
    const query = before ? { before } : {}
    const params = { path: { channel }, query }
    return (await given(client.GET('/api/channels/{channel}/recordings', { params }))).recordings
  },
  read: (channel: string, recording: string): Promise<Replayed> =>
    given(client.GET('/api/channels/{channel}/recordings/{recording}', one(channel, recording))),
  change: (channel: string, recording: string, body: RecordingChange): Promise<RecordingCard> =>
    given(
      client.PATCH('/api/channels/{channel}/recordings/{recording}', { ...one(channel, recording), body }),
    ),
  remove: async (channel: string, recording: string): Promise<void> => {
    await given(client.DELETE('/api/channels/{channel}/recordings/{recording}', one(channel, recording)))
  },
  /** The cursor in a room's log before a moment of the recording. */
  place: async (channel: string, recording: string, room: RoomName, atMs: number): Promise<number> => {
    const params = { path: { channel, recording, room }, query: { at_ms: atMs } }
    const path = '/api/channels/{channel}/recordings/{recording}/rooms/{room}'
    return (await given(client.GET(path, { params }))).after
  },
  setup: (channel: string): Promise<RecordingSetup> =>
    given(client.GET('/api/channels/{channel}/recording', at(channel))),
  setUp: (channel: string, body: RecordingSetup): Promise<RecordingSetup> =>
    given(client.PUT('/api/channels/{channel}/recording', { ...at(channel), body })),
  mark: (channel: string, label: string) =>
    given(client.POST('/api/channels/{channel}/marks', { ...at(channel), body: { label } })),
}
