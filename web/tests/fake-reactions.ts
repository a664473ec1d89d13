/** Reactions on the fake server, for pictures and component tests. */
import type { Counts, Emoji, Reactions } from '../src/api/message'
import type { RoomName } from '../src/realtime/frames'
import type { Answer, FakeServer } from './fake-server'

/** What stands where, by log: 'public', 'space' or a thread's name. */
export const someReactions = (): Record<string, Reactions[]> => ({
  public: [{ seq: 2, counts: { heart: 12, fire: 3 }, mine: ['heart'] }],
  t2: [{ seq: 3, counts: { clap: 31, wow: 4, heart: 120 }, mine: [] }],
})

/** What the server says about them: a list, or one after a change. */
export function answerReactions(server: FakeServer, method: string, path: string): Answer {
  const [, , kind, name, , seq, , emoji] = path.split('/') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    Emoji,
  ]
  const w = server.world
  const all = (w.reactions[name] ??= [])
  if (method === 'GET') return { status: 200, body: { reactions: all } }
  if (w.refuseReaction) return { status: 403, body: { reason: w.refuseReaction } }
  let one = all.find((r) => r.seq === Number(seq))
  if (!one) all.push((one = { seq: Number(seq), counts: {}, mine: [] }))
  const on = method === 'PUT'
  if (on !== one.mine.includes(emoji)) {
    one.mine = on ? [...one.mine, emoji] : one.mine.filter((e) => e !== emoji)
    one.counts[emoji] = (one.counts[emoji] ?? 0) + (on ? 1 : -1)
  }
  const where = kind === 'threads' ? { room: 'thread' as const, thread: name } : { room: name as RoomName }
  const counts: Counts = { ...one.counts }
  server.tell({ type: 'reactions', channel: 'ines', ...where, reactions: { [seq]: counts } })
  return { status: 200, body: one }
}
