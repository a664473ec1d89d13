import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeNetwork } from '../../../tests/fake-network'
import { Refusal } from '../../api/refusal'
import { space, type Thread } from '../../api/space'
import { Connection } from '../../realtime/connection'
import type { ServerFrame, SubspaceEvent } from '../../realtime/frames'
import { ThreadList } from './threads.svelte'

const thread = (id: string, more: Partial<Thread> = {}): Thread => ({
  ...{ id, kind: 'topic', title: id, prompt: '', level: 1, pinned: false, closed: false, archived: false },
  ...{ opened_at: '2026-11-22T18:00:00.000Z', moved_at: '2026-11-22T18:00:00.000Z' },
  ...{ messages: 3, head: 4, seen: 4, unread: 0 },
  ...more,
})
const answer = (...threads: Thread[]) => ({ threads, prompts: ['introduce'] })

describe('ThreadList', () => {
  let network: FakeNetwork
  let list: ThreadList
  let undo: () => void
  let shown = false

  const ids = () => list.all.map((t) => t.id)
  const reads = () => vi.mocked(space.threads).mock.calls.length
  const settled = () => vi.advanceTimersByTimeAsync(0)
  const say = (frame: object) => network.socket.say({ channel: 'ines', ...frame } as ServerFrame)
  const moved = (id: string, head: number, posts: number) =>
    say({ type: 'threads', moved: [{ thread: id, head, posts }] })
  const enterThread = () =>
    network.answerLast((id) => ({
      ...{ type: 'entered', id, channel: 'ines', room: 'thread', thread: 'gold', log: 'g', head: 1 },
      ...{ events: [], more: false, until: null, state: { viewers: 1 } },
    }))
  const changed = (more: object): SubspaceEvent => ({
    ...{ log: 'g', seq: 2, id: 'e', v: 1, at: '2026-11-22T18:30:00.000Z', kind: 'thread.changed' },
    data: { thread: 'gold', title: 'New words', pinned: false, closed: false, archived: false, ...more },
  })
  /** A list that is asked for now and answered when the test says so. */
  const held = () => {
    let settle!: (list: ReturnType<typeof answer>) => void
    vi.mocked(space.threads).mockReturnValueOnce(new Promise((done) => (settle = done)))
    return settle
  }

  beforeEach(async () => {
    vi.useFakeTimers()
    vi.stubGlobal('document', { hidden: false })
    vi.stubGlobal('requestAnimationFrame', () => {})
    vi.spyOn(space, 'threads').mockResolvedValue(answer(thread('a'), thread('gold', { level: 2 })))
    network = new FakeNetwork()
    const connection = new Connection(network)
    connection.start()
    network.greet()
    list = new ThreadList(connection, 'ines')
    undo = list.follow(() => shown)
    await settled()
  })

  afterEach(() => {
    undo()
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  it.each(['tier_too_low', 'unconfirmed'])('forgets a thread whose own door closes: %s', (reason) => {
    list.show(list.all.find((t) => t.id === 'gold')!)
    enterThread()
    vi.mocked(space.threads).mockResolvedValue(answer(thread('a')))
    say({ type: 'closed', room: 'thread', thread: 'gold', reason, detail: '' })
    expect(ids()).toEqual(['a'])
    expect(list.current).toBeUndefined()
  })

  it('hears of a thread of a dearer tier from its own log', () => {
    list.show(list.all.find((t) => t.id === 'gold')!)
    enterThread()
    say({ type: 'event', room: 'thread', thread: 'gold', event: changed({ closed: true }) })
    expect(list.current).toMatchObject({ title: 'New words', closed: true, level: 2 })
    say({ type: 'event', room: 'thread', thread: 'gold', event: { ...changed({ archived: true }), seq: 3 } })
    expect(ids()).toEqual(['a'])
    expect(list.current).toMatchObject({ archived: true })
  })

  it('takes one from the archive into the list again', async () => {
    const old = thread('old', { archived: true, seen: 2, unread: 2 })
    list.show(old)
    vi.spyOn(space, 'changeThread').mockImplementation((_, __, change) =>
      Promise.resolve({ ...old, ...change, seen: 0, unread: 9 }),
    )
    await list.change('old', { archived: false })
    expect(list.current).toMatchObject({ archived: false, seen: 2, unread: 2 })
    expect(ids()).toContain('old')
    await list.change('old', { archived: true })
    expect(list.current).toMatchObject({ archived: true })
    expect(ids()).not.toContain('old')
  })

  it('reads once more when something happened while it was read', async () => {
    const settle = held()
    const reading = list.read()
    moved('a', 6, 2)
    vi.mocked(space.threads).mockResolvedValue(answer(thread('a', { head: 6, messages: 5 })))
    settle(answer(thread('a', { title: 'older' })))
    await reading
    await settled()
    expect(list.all).toMatchObject([{ title: 'a', messages: 5 }])
  })

  it('does not count twice what a list has counted', () => {
    moved('a', 5, 1)
    moved('a', 6, 2)
    expect(list.all.find((t) => t.id === 'a')).toMatchObject({ head: 6, messages: 5, unread: 2 })
  })

  it('keeps nothing when it is refused, and what it has while the server has trouble', async () => {
    vi.mocked(space.threads).mockRejectedValue(new Refusal({ reason: 'unreachable' }))
    await list.read()
    expect(ids()).toEqual(['a', 'gold'])
    vi.mocked(space.threads).mockRejectedValue(new Refusal({ reason: 'subscribers_only', status: 403 }))
    await list.read()
    expect([list.all, list.prompts, list.state]).toEqual([[], [], 'failed'])
  })

  it('keeps nothing when it is not followed any more, whatever arrives', async () => {
    let settle!: (thread: Thread) => void
    vi.spyOn(space, 'openThread').mockReturnValue(new Promise((done) => (settle = done)))
    const begun = list.begin({ kind: 'topic', title: 'late' })
    undo()
    settle(thread('late'))
    expect(await begun).toBeUndefined()
    expect([list.all, list.prompts]).toEqual([[], []])
  })

  it('has the threads of another tier as soon as the right to them is told', async () => {
    vi.mocked(space.threads).mockResolvedValue(answer(thread('platinum', { level: 3 })))
    say({ type: 'standing', channel: 'another' })
    say({ type: 'standing' })
    expect(reads()).toBe(2)
    await settled()
    expect(ids()).toEqual(['platinum'])
  })

  it('reads what all of a crowd are told of at a moment of its own', () => {
    say({ type: 'state', viewers: 19_000 })
    const opened = {
      log: 'l',
      seq: 1,
      id: 'e',
      v: 1,
      at: '2026-11-22T18:30:00.000Z',
      kind: 'thread.opened',
      data: {},
    }
    say({ type: 'event', room: 'space', event: opened })
    say({ type: 'event', room: 'space', event: opened })
    expect(reads()).toBe(1)
    network.pass(9_500)
    expect(reads()).toBe(2)
  })

  it('looks again by itself only where somebody looks, or nobody would tell', async () => {
    const passed = async () => {
      const before = reads()
      await vi.advanceTimersByTimeAsync(30_000)
      return reads() - before
    }
    expect(await passed()).toBe(1)
    vi.mocked(space.threads).mockResolvedValue(answer(thread('a')))
    await list.read()
    expect(await passed()).toBe(0)
    shown = true
    expect(await passed()).toBe(1)
    shown = false
  })
})
