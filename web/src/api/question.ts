/** The calls of the answer queue, by the name of what they do. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Question = Schemas['Question']
export type Rule = Schemas['QueueRule']
export type Queue = Schemas['QuestionList']
export type Attention = Schemas['Attention']
export type QuestionState = Question['state']
export type Ask = {
  key: string
  text: string
  anonymous: boolean
  room: 'public' | 'space'
  audience: 'public' | 'space'
}

const of = (channel: string, question: string) => ({ params: { path: { channel, question } } })

export const api = {
  /** Everything for those inside, or what everybody may read. */
  questions: (channel: string, room: 'public' | 'space', state?: QuestionState): Promise<Queue> =>
    given(
      client.GET('/api/channels/{channel}/questions', {
        params: { path: { channel }, query: { room, ...(state ? { state } : {}) } },
      }),
    ),
  /** Idempotent on key: a retried request must not ask twice. */
  ask: (channel: string, body: Ask) =>
    given(client.POST('/api/channels/{channel}/questions', { ...at(channel), body })),
  moveQuestion: (channel: string, id: string, move: 'air' | 'answer' | 'return' | 'skip') =>
    given(client.POST(`/api/channels/{channel}/questions/{question}/${move}`, of(channel, id))),
  vote: (channel: string, id: string, on: boolean) =>
    given(
      on
        ? client.PUT('/api/channels/{channel}/questions/{question}/vote', of(channel, id))
        : client.DELETE('/api/channels/{channel}/questions/{question}/vote', of(channel, id)),
    ),
  place: (channel: string, id: string, index: number) =>
    given(
      client.PUT('/api/channels/{channel}/questions/{question}/place', {
        ...of(channel, id),
        body: { index },
      }),
    ),
  byRule: (channel: string) => given(client.DELETE('/api/channels/{channel}/question-places', at(channel))),
  reply: (channel: string, id: string, text: string) =>
    given(
      client.POST('/api/channels/{channel}/questions/{question}/text', {
        ...of(channel, id),
        body: { text },
      }),
    ),
  merge: (channel: string, id: string, into: string) =>
    given(
      client.POST('/api/channels/{channel}/questions/{question}/merge', {
        ...of(channel, id),
        body: { into },
      }),
    ),
  /** The asker allows that everybody reads their answered question, or no longer. */
  consent: (channel: string, id: string, on: boolean) =>
    given(
      on
        ? client.PUT('/api/channels/{channel}/questions/{question}/consent', of(channel, id))
        : client.DELETE('/api/channels/{channel}/questions/{question}/consent', of(channel, id)),
    ),
  publish: (channel: string, id: string, on: boolean) =>
    given(
      on
        ? client.PUT('/api/channels/{channel}/questions/{question}/publication', of(channel, id))
        : client.DELETE('/api/channels/{channel}/questions/{question}/publication', of(channel, id)),
    ),
  /** The asker knows of the answer and is not told again. */
  told: (channel: string, id: string) =>
    given(client.POST('/api/channels/{channel}/questions/{question}/told', of(channel, id))),

  attention: (channel: string) => given(client.GET('/api/channels/{channel}/attention', at(channel))),
  setPatience: (channel: string, seconds: number) =>
    given(
      client.PUT('/api/channels/{channel}/attention', {
        ...at(channel),
        body: { patience_seconds: seconds },
      }),
    ),
}
