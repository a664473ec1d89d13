/** Following and modes, as the stand-in for the server knows them. */
import type { Modes } from '../src/api/room'
import type { World } from './fake-world'

/** The answer to a call about them; undefined: it is about something else. */
export function manners(world: World, method: string, path: string, body: object): unknown {
  const { channel } = world
  if (path === '/C/follow') {
    const follows = method === 'PUT'
    channel.followers += follows ? 1 : -1
    const writing = { ...channel.me.writing }
    for (const room of ['public', 'space'] as const)
      if (follows && writing[room].reason === 'followers_only') writing[room] = { reason: '', until: null }
    const follows_since = follows ? new Date().toISOString() : null
    return Object.assign(channel, { me: { ...channel.me, follows_since, writing } })
  }
  if (path.startsWith('/C/terms')) {
    const id = decodeURIComponent(path.split('/')[3] ?? '')
    const { term = '' } = body as { term?: string }
    const added = { id: term.toLowerCase(), term, by_name: 'Maud', at: new Date().toISOString() }
    if (method === 'POST') world.terms = [...world.terms, added]
    if (method === 'DELETE') world.terms = world.terms.filter((t) => t.id !== id)
    return method === 'POST' ? added : { terms: world.terms }
  }
  const room = /^\/C\/rooms\/(public|space)\/modes$/.exec(path)?.[1]
  if (!room) return undefined
  Object.assign(channel, { modes: { ...channel.modes, [room]: body as Modes } })
  return body
}
