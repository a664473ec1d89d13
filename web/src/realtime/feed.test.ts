import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventPage } from '../api/subspace'
import { Connection } from './connection'
import { FakeNetwork } from '../../tests/fake-network'
import { Feed, type Pager } from './feed'
import type { SubspaceEvent } from './frames'

const author = { id: 'a', name: 'Noa', role: 'none', subscriber: false, months: 0, badge: '' } as const
const event = (seq: number): SubspaceEvent => ({
  ...{ log: 'l', seq, id: `e${seq}`, v: 1, at: '2026-11-22T18:00:00.000Z' },
  kind: 'message.posted',
  data: { author, text: String(seq) },
})
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => event(from + i))
const settled = () => new Promise((done) => setTimeout(done, 0))

describe('Feed', () => {
  let network: FakeNetwork
  let feed: Feed
  let seen: number[]
  let begun: number
  let out: string
  let waits: string[]
  let left: string[]
  let log: SubspaceEvent[]
  const page = vi.fn<Pager>()

  const entered = (list: SubspaceEvent[], head: number, more = false) =>
    network.answerLast((id) => ({
      ...{ type: 'entered', id, channel: 'ines', room: 'public', log: 'l', head, events: list, more },
      ...{ until: null, state: { viewers: 1 } },
    }))
  const arrive = (e: SubspaceEvent) =>
    network.socket.say({ type: 'event', channel: 'ines', room: 'public', event: e })

  beforeEach(() => {
    network = new FakeNetwork()
    seen = []
    begun = 0
    out = ''
    waits = []
    left = []
    log = events(1, 20)
    page.mockReset()
    page.mockImplementation(({ after = 0, limit = 100 }): Promise<EventPage> => {
      const list = log.filter((e) => e.seq > after).slice(0, limit)
      const head = log.at(-1)!.seq
      return Promise.resolve({ events: list, head, more: list.length > 0 && list.at(-1)!.seq < head })
    })
    const connection = new Connection(network)
    feed = new Feed(connection, { channel: 'ines', room: 'public' }, page, {
      begin: (list) => {
        begun++
        seen = list.map((e) => e.seq)
      },
      follow: (list) => seen.push(...list.map((e) => e.seq)),
      out: (reason) => (out = reason),
      waiting: (reason) => waits.push(reason),
      skipped: (why) => left.push(why),
    })
    connection.start()
    feed.start()
    network.greet()
  })

  it('leaves also while the answer to entering is on its way', async () => {
    feed.stop()
    expect(network.last).toMatchObject({ type: 'leave', channel: 'ines', room: 'public' })
    const [enter] = network.socket.sent
    network.socket.say({
      ...{
        type: 'entered',
        id: enter!.id,
        channel: 'ines',
        room: 'public',
        log: 'l',
        head: 3,
        events: events(1, 3),
      },
      ...{ more: false, until: null, state: { viewers: 1 } },
    })
    await settled()
    expect(begun).toBe(0)
  })

  describe('when a part of the log is not shown', () => {
    const skip = (from: number, to: number) =>
      network.socket.say({ type: 'skipped', channel: 'ines', room: 'public', from, to, why: 'sampled' })

    it('goes on behind it without asking for it', async () => {
      entered(events(1, 3), 3)
      skip(4, 6)
      arrive(event(7))
      skip(8, 20)
      arrive(event(21))
      await settled()
      expect(seen).toEqual([1, 2, 3, 7, 21])
      expect(page).not.toHaveBeenCalled()
      expect(left).toEqual(['sampled', 'sampled'])
    })

    it('comes back behind it', () => {
      entered(events(1, 3), 3)
      skip(4, 20)
      expect(feed.cursor).toBe(20)
    })

    it('still asks for what is missing before it', async () => {
      entered(events(1, 3), 3)
      skip(6, 8)
      log = events(1, 9)
      arrive(event(9))
      await settled()
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  })

  it('enters without a cursor and begins with the newest page', () => {
    expect(network.last).toMatchObject({ type: 'enter', channel: 'ines', room: 'public' })
    expect(network.last).not.toHaveProperty('cursor')
    entered(events(5, 8), 8, true)
    expect(seen).toEqual([5, 6, 7, 8])
    expect(feed.cursor).toBe(8)
  })

  it('delivers each event once, whatever the network repeats', () => {
    entered(events(5, 8), 8)
    arrive(event(9))
    arrive(event(9))
    arrive(event(7))
    expect(seen).toEqual([5, 6, 7, 8, 9])
  })

  it('goes on from its cursor after a lost socket', () => {
    entered(events(5, 8), 8)
    network.lose()
    network.pass(500)
    network.greet()
    expect(network.last).toMatchObject({ type: 'enter', cursor: 8 })
    entered(events(9, 11), 11)
    expect(seen).toEqual([5, 6, 7, 8, 9, 10, 11])
    expect(begun).toBe(1)
    expect(page).not.toHaveBeenCalled()
  })

  it('reads a hole over REST before it delivers what came after', async () => {
    entered(events(5, 8), 8)
    arrive(event(12))
    arrive(event(13))
    expect(seen).toEqual([5, 6, 7, 8])
    await settled()
    expect(page).toHaveBeenCalledWith(expect.objectContaining({ after: 8 }))
    expect(seen).toEqual([...events(5, 20).map((e) => e.seq)])
  })

  it('pages on when the answer to a cursor was too short', async () => {
    entered(events(5, 8), 8)
    network.lose()
    network.pass(500)
    network.greet()
    entered(events(9, 10), 20, true)
    await settled()
    expect(seen.at(-1)).toBe(20)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('reads everything that came into a room that was empty', async () => {
    entered([], 0)
    log = events(1, 130)
    network.lose()
    network.pass(500)
    network.greet()
    expect(network.last).toMatchObject({ type: 'enter', cursor: 0 })
    entered(events(1, 20), 130, true)
    await settled()
    expect(seen).toEqual(log.map((e) => e.seq))
  })

  it('begins anew after an absence too long to read through', async () => {
    entered(events(5, 8), 8)
    log = events(1, 900)
    network.lose()
    network.pass(500)
    network.greet()
    entered([], 900, true)
    await settled()
    await settled()
    expect(begun).toBe(2)
  })

  it('shows what it holds when the hole cannot be read', async () => {
    entered(events(5, 8), 8)
    page.mockRejectedValue(new Error('down'))
    arrive(event(12))
    await settled()
    expect(seen).toEqual([5, 6, 7, 8, 12])
  })

  it('forgets everything when its door closes, even a page that is on its way', async () => {
    entered(events(5, 8), 8)
    arrive(event(12))
    network.socket.say({ type: 'closed', channel: 'ines', room: 'public', reason: 'banned', detail: '' })
    await settled()
    expect(out).toBe('banned')
    expect(seen).toEqual([5, 6, 7, 8])
    expect(feed.cursor).toBeUndefined()
    arrive(event(9))
    expect(seen).toEqual([5, 6, 7, 8])
  })

  it('says why it may not enter, but not when the network is away', async () => {
    network.answerLast((id) => ({ type: 'refused', id, reason: 'subscribers_only', detail: '' }))
    await settled()
    expect(out).toBe('subscribers_only')
    out = ''
    network.lose()
    await settled()
    expect(out).toBe('')
  })

  const refuse = (reason: string, retry_after?: number) =>
    network.answerLast((id) => ({
      ...{ type: 'refused', id, reason, detail: '' },
      ...(retry_after === undefined ? {} : { retry_after }),
    }))
  const back = () => {
    network.lose()
    network.pass(2000)
    network.greet()
  }
  const entries = () => network.socket.sent.filter((frame) => frame.type === 'enter')

  it('enters again by itself after a passing refusal, and keeps its place', async () => {
    entered(events(5, 8), 8)
    back()
    refuse('storage_unavailable')
    await settled()
    expect(out).toBe('')
    expect(waits).toEqual(['storage_unavailable'])
    network.pass(500)
    expect(entries()).toHaveLength(2)
    refuse('storage_unavailable')
    await settled()
    network.pass(500)
    expect(entries(), 'the second wait is longer').toHaveLength(2)
    network.pass(500)
    expect(network.last).toMatchObject({ type: 'enter', cursor: 8 })
    entered(events(9, 11), 11)
    expect(seen).toEqual([5, 6, 7, 8, 9, 10, 11])
    expect(begun).toBe(1)
  })

  it('waits as long as the server asks', async () => {
    refuse('unavailable', 3)
    await settled()
    network.pass(2_900)
    expect(entries()).toHaveLength(1)
    network.pass(100)
    expect(entries()).toHaveLength(2)
  })

  it('believes a real refusal, also after passing ones, and a timeout with its wait', async () => {
    entered(events(5, 8), 8)
    back()
    refuse('internal')
    await settled()
    network.pass(500)
    refuse('timed_out', 60)
    await settled()
    expect(out).toBe('timed_out')
    network.pass(60_000)
    expect(entries()).toHaveLength(2)
  })

  it('says of which history its cursor is, and begins anew when the server has another', async () => {
    const answer = (history: string, list: SubspaceEvent[], head: number) =>
      network.answerLast((id) => ({
        ...{ type: 'entered', id, channel: 'ines', room: 'public', log: 'l', history, head, events: list },
        ...{ more: false, until: null, state: { viewers: 1 } },
      }))
    answer('before', events(5, 8), 8)
    back()
    expect(network.last).toMatchObject({ type: 'enter', cursor: 8, history: 'before' })
    refuse('cursor_unknown')
    await settled()
    expect(network.last).toMatchObject({ type: 'enter', channel: 'ines' })
    expect(network.last).not.toHaveProperty('cursor')
    answer('after', events(1, 6), 6)
    arrive(event(7))
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect([begun, out]).toEqual([2, ''])
    back()
    expect(network.last).toMatchObject({ type: 'enter', cursor: 7, history: 'after' })
  })

  it('asks again when the answer does not come', async () => {
    network.pass(10_000)
    await settled()
    network.pass(500)
    expect(entries()).toHaveLength(2)
  })

  it('comes back into a public room that closed for a passing reason', async () => {
    entered(events(5, 8), 8)
    network.socket.say({ type: 'closed', channel: 'ines', room: 'public', reason: 'unavailable', detail: '' })
    arrive(event(9))
    expect(seen).toEqual([5, 6, 7, 8])
    network.pass(500)
    expect(network.last).toMatchObject({ type: 'enter', cursor: 8 })
    expect(out).toBe('')
  })

  it('asks no more once it is stopped', async () => {
    refuse('unavailable')
    await settled()
    feed.stop()
    network.pass(60_000)
    expect(entries()).toHaveLength(1)
  })

  it('ignores other rooms', () => {
    entered(events(5, 8), 8)
    network.socket.say({ type: 'event', channel: 'ines', room: 'space', event: event(9) })
    network.socket.say({ type: 'event', channel: 'other', room: 'public', event: event(9) })
    expect(seen).toEqual([5, 6, 7, 8])
  })
})
