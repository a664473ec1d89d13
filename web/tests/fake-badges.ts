/** A creator's own badge pictures, for component tests. */
import type { Badge } from '../src/api/subspace'
import type { Answer } from './fake-server'
import type { World } from './fake-world'

export function badges(w: World, method: string, badge: string, tier: string | null): Answer {
  if (w.refuseBadge) return { status: 422, body: { reason: w.refuseBadge } }
  const drawn = { badge: badge as Badge['badge'], picture: `/favicon.svg?${badge}` }
  if (tier) {
    w.channel.tier_badges = w.channel.tier_badges.filter((b) => b.badge !== badge || b.tier !== tier)
    if (method === 'DELETE') return { status: 204 }
    w.channel.tier_badges = [...w.channel.tier_badges, { tier, ...drawn }]
    return { status: 200, body: drawn }
  }
  w.channel.badges = w.channel.badges.filter((b) => b.badge !== badge)
  if (method === 'DELETE') return { status: 204 }
  w.channel.badges = [...w.channel.badges, drawn]
  return { status: 200, body: drawn }
}
