/** Threads of the Sub Space, for pictures and component tests. */
import type { Thread } from '../src/api/space'
import type { SubspaceEvent } from '../src/realtime/frames'
import type { Answer } from './fake-server'
import type { World } from './fake-world'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

const fresh: Thread = {
  id: '',
  kind: 'topic',
  title: '',
  prompt: '',
  level: 1,
  pinned: false,
  closed: false,
  archived: false,
  opened_at: ago(0),
  messages: 0,
  moved_at: ago(0),
  head: 1,
  seen: 0,
  unread: 0,
}

const lines: [string, string, string][] = [
  ['yuna', 'Yuna', 'Mine stays blue at cone 8 and turns grey at 6, with the same bag of cobalt.'],
  ['priya', 'Priya', 'Test tiles from Sunday. Rutile goes down from left to right, everything else stays.'],
  ['ines', 'Inès Marchetti', 'Lovely row. It is the rutile, not the cobalt. Drop it to half a part.'],
  ['bastien', 'Bastien', 'Half a part worked for me too, but only with the slow cooling.'],
]

function log(id: string): SubspaceEvent[] {
  return lines.map(([account, name, text], i) => ({
    ...{ log: id, seq: i + 2, id: `${id}-${i}`, v: 1 as const, at: ago(1800 - i * 300) },
    kind: 'message.posted',
    data: {
      author: {
        ...{ id: account, name, role: account === 'ines' ? ('owner' as const) : ('none' as const) },
        ...{ subscriber: account !== 'ines', months: account === 'ines' ? 0 : 9, badge: '' },
      },
      text,
    },
  }))
}

export const someThreads = () => ({
  /** Up to where the reader has read the Sub Space's room. */
  seen: 0,
  fresh,
  threads: [
    {
      ...fresh,
      ...{
        id: 't1',
        title: 'Cobalt at cone 6: what changes?',
        pinned: true,
        messages: 34,
        moved_at: ago(120),
      },
      ...{ head: 5, seen: 3, unread: 2, last: { name: 'Bastien', text: 'Half a part worked for me too' } },
    },
    {
      ...fresh,
      ...{ id: 't2', title: 'The Lune goes in tonight', kind: 'update', messages: 3, moved_at: ago(2400) },
      ...{
        head: 4,
        seen: 4,
        last: { name: 'Inès Marchetti', text: 'If the shoulder holds, the next ten are yours' },
      },
    },
    {
      ...fresh,
      ...{ id: 't3', prompt: 'introduce', messages: 127, moved_at: ago(3600), head: 128, seen: 128 },
      last: { name: 'Noa', text: 'It closes. It does not open again.' },
    },
    {
      ...fresh,
      id: 't4',
      title: 'Lyon kiln share, December',
      closed: true,
      messages: 0,
      moved_at: ago(18_000),
    },
  ] as Thread[],
  prompts: ['introduce', 'ask_me', 'first_impressions', 'next_live', 'wishes'],
  threadLogs: { t1: log('t1'), t2: log('t2') } as Record<string, SubspaceEvent[]>,
})

/** What the server says about them. */
export function threads(
  w: World,
  method: string,
  path: string,
  body: Record<string, unknown>,
  archived = false,
): Answer {
  const [, , , id, what] = path.split('/')
  const thread = w.threads.find((t) => t.id === id)
  const ok = (answer: unknown): Answer => ({ status: 200, body: answer })
  if (what === 'events') return ok({ events: w.threadLogs[id!] ?? [], head: 0, more: false })
  if (what === 'reading') {
    Object.assign(thread!, { seen: body.seq, unread: 0 })
    return ok({ seen: body.seq, unread: 0 })
  }
  if (method === 'GET')
    return ok({ threads: w.threads.filter((t) => t.archived === archived), prompts: w.prompts })
  if (method === 'PATCH') return ok(Object.assign(thread!, body))
  const added = { ...w.fresh, id: `t${w.threads.length + 1}`, ...body } as Thread
  w.threads.push(added)
  return { status: 201, body: added }
}
