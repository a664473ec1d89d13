/** Polls of the fake server, for pictures and component tests. */
import type { Poll } from '../src/api/poll'
import type { ClientFrame, ServerFrame } from '../src/realtime/frames'
import type { Answer, FakeServer } from './fake-server'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

export const aPoll = (more: Partial<Poll> = {}): Poll => ({
  ...{ id: 'p1', room: 'public', thread: '', question: 'Which glaze for the last kiln?' },
  options: [
    { text: 'Celadon', votes: 7 },
    { text: 'Tenmoku', votes: 12 },
  ],
  ...{ choice: null, voters: 19, changeable: true, results: 'live' },
  ...{ opened_at: ago(60), closes_at: null, closed_at: null },
  ...more,
})

/** Nobody else votes here: totals are what the test says. */
export function polls(
  server: FakeServer,
  method: string,
  rest: string,
  body: Record<string, unknown>,
  query: URLSearchParams,
): Answer {
  const w = server.world
  const room = query.get('room')
  if (method === 'GET') {
    const all = room
      ? w.polls.filter((p) => p.room === room && p.thread === (query.get('thread') ?? ''))
      : w.polls
    return { status: 200, body: { polls: all } }
  }
  const [, id, act] = /^\/C\/polls\/([^/]+)\/(\w+)$/.exec(rest) ?? []
  const poll = w.polls.find((p) => p.id === id)
  if (act === 'vote') {
    server.votes.push({ type: 'vote', id: '', channel: 'ines', poll: id!, option: Number(body.option) })
    return w.refuseVotes ? { status: 409, body: { reason: w.refuseVotes } } : { status: 204 }
  }
  if (act === 'close' && poll) {
    poll.closed_at = ago(0)
    return { status: 200, body: poll }
  }
  const { question, options, changeable, results } = body as Pick<
    Poll,
    'question' | 'changeable' | 'results'
  > & {
    options: string[]
  }
  const fresh = aPoll({
    ...{ id: `p${w.polls.length + 1}`, room: body.room as Poll['room'], thread: String(body.thread ?? '') },
    ...{ question, changeable, results, voters: 0, options: options.map((text) => ({ text, votes: 0 })) },
  })
  w.polls = [fresh, ...w.polls]
  return { status: 201, body: fresh }
}

export function voted({ votes, world }: FakeServer, frame: ClientFrame & { type: 'vote' }): ServerFrame {
  votes.push(frame)
  const { refuseVotes: reason } = world
  return reason ? { type: 'refused', id: frame.id, reason, detail: '' } : { ...frame, type: 'voted' }
}
