/** The steps of tenure that carry a badge, the shortest first; the server's package event has the same. */
export const BADGES = [
  { badge: 'm1', months: 1 },
  { badge: 'm3', months: 3 },
  { badge: 'm6', months: 6 },
  { badge: 'm12', months: 12 },
  { badge: 'm24', months: 24 },
] as const
