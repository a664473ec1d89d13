/** How well the network carries what is sent, from what the browser counts. */

export type Grade = 'good' | 'fair' | 'poor'

export type Quality = {
  grade: Grade
  /** The worst of it, in a word that has a sentence. */
  because: 'loss' | 'network' | 'computer' | 'delay' | ''
  kbps: number
  fps: number
}

export type Counted = {
  at: number
  bytes: number
  frames: number
  limit: string
  /** Share of packets that did not arrive. */
  lost: number
  /** Seconds to the server and back. */
  trip: number
}

export function read(reports: RTCStatsReport): Counted {
  const now: Counted = { at: performance.now(), bytes: 0, frames: 0, limit: 'none', lost: 0, trip: 0 }
  for (const report of reports.values()) {
    if (report.kind !== 'video' && report.type !== 'outbound-rtp') continue
    if (report.type === 'outbound-rtp') {
      now.bytes += report.bytesSent
      if (report.kind === 'video') {
        now.frames = report.framesEncoded
        now.limit = report.qualityLimitationReason ?? 'none'
      }
    } else if (report.type === 'remote-inbound-rtp') {
      now.lost = report.fractionLost ?? 0
      now.trip = report.roundTripTime ?? 0
    }
  }
  return now
}

/** What the time between two looks was like. */
export function judge(before: Counted, now: Counted): Quality {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000)
  const fps = Math.max(0, Math.round((now.frames - before.frames) / seconds))
  const kbps = Math.max(0, Math.round(((now.bytes - before.bytes) * 8) / 1000 / seconds))
  const found: [Grade, Quality['because']][] = []
  if (now.lost > 0.02) found.push([now.lost > 0.08 ? 'poor' : 'fair', 'loss'])
  if (now.limit === 'bandwidth') found.push([fps < 12 ? 'poor' : 'fair', 'network'])
  if (now.limit === 'cpu') found.push([fps < 12 ? 'poor' : 'fair', 'computer'])
  if (now.trip > 0.3) found.push([now.trip > 0.8 ? 'poor' : 'fair', 'delay'])
  const [grade, because] = found.find(([g]) => g === 'poor') ?? found[0] ?? ['good', '']
  return { grade, because, kbps, fps }
}
