/** What was missed in the fake server's Sub Space, for pictures and component tests. */
import type { Digest } from '../src/api/digest'
import type { Answer } from './fake-server'
import type { World } from './fake-world'

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

/** Nobody was away. */
export const nothing = (): Digest => ({
  ...{ since: ago(0), until: ago(0), worth: false, missed: 0, missed_threads: 0 },
  ...{ missed_more: false, missed_threads_more: false },
  ...{ mentions: [], updates: [], polls: [], answers: [], threads: [] },
})

export const aDigest = (more: Partial<Digest> = {}): Digest => ({
  ...{ since: ago(26), until: ago(0), worth: true, missed: 200, missed_threads: 12 },
  ...{ missed_more: false, missed_threads_more: false },
  mentions: [],
  updates: [
    {
      ...{ id: 't2', title: 'The Lune goes in tonight', prompt: '', posts: 2, more: false, at: ago(3) },
      text: 'If the shoulder holds, the next ten are yours first.',
    },
  ],
  polls: [
    {
      ...{ id: 'p1', thread: '', question: 'Which glaze for the last kiln?', closed_at: ago(2) },
      options: [
        { text: 'Celadon', votes: 8 },
        { text: 'Tenmoku', votes: 12 },
      ],
    },
    { id: 'p2', thread: 't1', question: 'Cone 6 or cone 8?', closed_at: null, options: [] },
  ],
  answers: [
    {
      ...{ id: 'q9', text: 'Is the rutile from the same batch?', mine: false, at: ago(5) },
      ...{ reply: '', offset_ms: 754_000 },
    },
  ],
  threads: [{ id: 't3', title: '', prompt: 'introduce' }],
  ...more,
})

export function answerDigest(w: World, method: string, rest: string): Answer {
  if (rest === '/C/digest') return { status: 200, body: w.digest }
  if (rest === '/C/visit') return { status: 200, body: { since: w.digest.since, until: w.digest.until } }
  if (w.refuseTold) return { status: 503, body: { reason: 'unavailable' } }
  if (method === 'POST') w.digest = nothing()
  return { status: 204 }
}
