import { describe, expect, it } from 'vitest'
import { judge, read, type Counted } from './quality'

const before: Counted = { at: 0, bytes: 0, frames: 0, limit: 'none', lost: 0, trip: 0 }
const after = (change: Partial<Counted> = {}): Counted => ({
  ...before,
  at: 2_000,
  bytes: 500_000,
  frames: 60,
  trip: 0.02,
  ...change,
})

describe('how well the network carries it', () => {
  it('counts pictures and bits by the second', () => {
    expect(judge(before, after())).toEqual({ grade: 'good', because: '', kbps: 2_000, fps: 30 })
  })

  it.each<[Partial<Counted>, string, string]>([
    [{ lost: 0.03 }, 'fair', 'loss'],
    [{ lost: 0.2 }, 'poor', 'loss'],
    [{ limit: 'bandwidth' }, 'fair', 'network'],
    [{ limit: 'bandwidth', frames: 10 }, 'poor', 'network'],
    [{ limit: 'cpu' }, 'fair', 'computer'],
    [{ trip: 0.4 }, 'fair', 'delay'],
    [{ trip: 1 }, 'poor', 'delay'],
    // The worst is what is said.
    [{ lost: 0.03, trip: 1 }, 'poor', 'delay'],
  ])('%j is %s because of %s', (change, grade, because) => {
    expect(judge(before, after(change))).toMatchObject({ grade, because })
  })

  it('survives a browser that counts anew', () => {
    expect(judge(after(), before)).toMatchObject({ kbps: 0, fps: 0 })
  })

  it('reads what browsers report', () => {
    const reports = new Map<string, object>([
      ['a', { type: 'outbound-rtp', kind: 'video', bytesSent: 100, framesEncoded: 7 }],
      ['b', { type: 'outbound-rtp', kind: 'audio', bytesSent: 10 }],
      ['c', { type: 'remote-inbound-rtp', kind: 'video', fractionLost: 0.1, roundTripTime: 0.2 }],
      ['d', { type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.9 }],
      ['e', { type: 'candidate-pair', bytesSent: 999 }],
    ]) as unknown as RTCStatsReport
    expect(read(reports)).toMatchObject({ bytes: 110, frames: 7, lost: 0.1, trip: 0.2, limit: 'none' })
  })
})
