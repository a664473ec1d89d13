import type { Replayed } from '../../api/recording'

/**
 * Where in a recording a moment is, in milliseconds. What happened while nothing was recorded is where the
 * recording goes on. The server reckons in the same way.
 */
export function offset(stretches: Replayed['stretches'], at: string): number {
  const moment = Date.parse(at)
  for (const stretch of stretches) {
    const into = moment - Date.parse(stretch.at)
    if (into < 0) return stretch.begins_ms
    if (into < stretch.length_ms) return stretch.begins_ms + into
  }
  const last = stretches.at(-1)
  return last ? last.begins_ms + last.length_ms : 0
}
