/** What a channel offers to be written by a code, for component tests. */
import type { Emote } from '../src/api/emote'
import type { FakeServer, Answer } from './fake-server'
import type { World } from './fake-world'

export function anEmote(code: string, level = 0, usable = true): Emote {
  const tier = level ? 'Kiln' : ''
  return { id: `e-${code}`, code, picture: `/favicon.svg?${code}`, level, tier, usable }
}

export const someEmotes = () => [anEmote('wave'), anEmote('bowl', 1), anEmote('flame', 2, false)]

export function answerEmotes(
  s: FakeServer,
  method: string,
  id: string | undefined,
  query: URLSearchParams,
  body: object,
): Answer {
  const w: World = s.world
  if (w.refuseEmote) return { status: 422, body: { reason: w.refuseEmote, detail: 'refused' } }
  if (method === 'GET') return { status: 200, body: { emotes: w.emotes, most: 60 } }
  if (method === 'DELETE') w.emotes = w.emotes.filter((e) => e.id !== id)
  const was = w.emotes.find((e) => e.id === id)
  if (method === 'POST') {
    const added = anEmote(query.get('code')!, Number(query.get('level')))
    w.emotes = [...w.emotes, added]
    return { status: 201, body: added }
  }
  if (method === 'PATCH') {
    const { code, level } = { ...was, ...body } as Emote
    const changed = { ...anEmote(code, level), id: id! }
    w.emotes = w.emotes.map((e) => (e.id === id ? changed : e))
    return { status: 200, body: changed }
  }
  return { status: 204 }
}

/** The emotes that a message holds, as the server would find them. */
export function held(w: World, text: string): { code: string; id: string }[] {
  return w.emotes
    .filter((e) => e.usable && text.includes(`:${e.code}:`))
    .map(({ code, id }) => ({ code, id }))
}
