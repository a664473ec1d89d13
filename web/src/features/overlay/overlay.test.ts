import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../api/refusal'
import { api } from '../../api/subspace'
import { Connection } from '../../realtime/connection'
import { aLayer } from '../../../tests/fake-overlay'
import { aPoll } from '../../../tests/fake-polls'
import { FakeNetwork } from '../../../tests/fake-network'
import { SHOWN_FOR } from './alerts.svelte'
import { OverlayState } from './overlay.svelte'

const question = {
  question: 'q1',
  name: 'Yuna',
  text: 'How do you stop the drips?',
  audience: 'public' as const,
  since: '2026-11-22T18:00:00Z',
}

describe('the overlay', () => {
  let network: FakeNetwork
  let overlay: OverlayState
  const refuse = (reason: string) => network.answerLast((id) => ({ type: 'refused', id, reason, detail: '' }))
  const enters = (events: object[] = []) =>
    network.answerLast((id) => ({
      ...{ type: 'entered', id, channel: 'ines', room: 'public', log: 'l', head: 1, more: false },
      ...{ until: null, state: { viewers: 1 }, events: events as never[] },
    }))
  const gift = (seq: number, name = 'Bea') => ({
    ...{ log: 'l', seq, id: `e${seq}`, v: 1, at: '2026-11-22T18:00:00Z', kind: 'gift.given' as const },
    data: { name, tier: 't', tier_name: '', months: 1, people: 3, to: ['Cy'] },
  })
  const happens = (seq: number, name?: string) =>
    network.socket.say({ type: 'event', channel: 'ines', room: 'public', event: gift(seq, name) })
  const settled = () => vi.advanceTimersByTimeAsync(0)

  beforeEach(async () => {
    vi.useFakeTimers()
    vi.spyOn(api, 'overlayView').mockResolvedValue(aLayer({ on_air: question }))
    network = new FakeNetwork()
    const connection = new Connection(network)
    overlay = new OverlayState(connection, 'secret')
    overlay.start()
    connection.start()
    network.greet()
    await settled()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('keeps the question on air while the server has trouble, and enters again', async () => {
    refuse('storage_unavailable')
    await settled()
    expect(overlay.onAir).toEqual(question)
    network.pass(500)
    expect(network.socket.sent.filter((f) => f.type === 'enter')).toHaveLength(2)
  })

  it('is empty when the trouble lasts so long that the question may be over', async () => {
    refuse('storage_unavailable')
    await settled()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(overlay.onAir).toBeNull()
  })

  it('counts the public poll, shows its result for a while, and then nothing', async () => {
    const poll = aPoll()
    vi.mocked(api.overlayView).mockResolvedValue(aLayer({ poll }))
    enters()
    await settled()
    expect(overlay.poll).toEqual(poll)
    const room = { channel: 'ines', room: 'public' } as const
    network.socket.say({ type: 'poll', ...room, poll: 'another', totals: [1, 1] })
    network.socket.say({ type: 'poll', ...room, poll: 'p1', totals: [8, 12] })
    expect(overlay.poll?.options.map((o) => o.votes)).toEqual([8, 12])
    expect(overlay.poll?.voters).toBe(20)
    const options = poll.options.map(({ text }) => ({ text, votes: 9 }))
    network.socket.say({
      ...{ type: 'event', ...room },
      event: {
        ...{ log: 'l', seq: 2, id: 'e', v: 1, at: '2026-11-22T18:00:00Z', kind: 'poll.closed' },
        data: { poll: 'p1', question: poll.question, options, voters: 18 },
      },
    })
    expect(overlay.poll).toMatchObject({ voters: 18, closed_at: '2026-11-22T18:00:00Z' })
    await vi.advanceTimersByTimeAsync(12_000)
    expect(overlay.poll).toBeNull()
  })

  it('celebrates a gift as it happens, once, and nothing that was missed', async () => {
    enters([gift(1, 'Long ago')])
    await settled()
    expect(overlay.alerts).toBeNull()
    happens(2)
    happens(2)
    await vi.waitFor(() => expect(overlay.alerts?.current).toMatchObject({ kind: 'gift', name: 'Bea', n: 3 }))
    await vi.advanceTimersByTimeAsync(SHOWN_FOR)
    expect(overlay.alerts?.current).toBeNull()
    network.lose()
    network.pass(60_000)
    network.greet()
    await settled()
    enters([gift(3, 'While away')])
    await settled()
    expect(overlay.alerts?.current).toBeNull()
    happens(4, 'Dee')
    await settled()
    expect(overlay.alerts?.current).toMatchObject({ name: 'Dee' })
  })

  it('celebrates no gift where the creator does not want it', async () => {
    vi.mocked(api.overlayView).mockResolvedValue(aLayer({ alerts: { gifts: false, subscriptions: true } }))
    enters()
    await settled()
    happens(2)
    network.socket.say({ type: 'begun', channel: 'ines', people: 2 })
    await vi.waitFor(() => expect(overlay.alerts?.current).toMatchObject({ kind: 'begun', n: 2 }))
    await vi.advanceTimersByTimeAsync(SHOWN_FOR)
    expect(overlay.alerts?.current).toBeNull()
  })

  it('follows how it is set up, and the number of the goal', async () => {
    const goal = { words: 'Kiln', of: 50, people: 31 }
    enters()
    await settled()
    network.socket.say({ type: 'goal', channel: 'ines', people: 9 })
    expect(overlay.goal).toBeNull()
    const look = { ...aLayer().look, theme: 'light' as const, goal: 'top' as const }
    vi.mocked(api.overlayView).mockResolvedValue(aLayer({ goal, look }))
    network.socket.say({ type: 'overlay', channel: 'ines' })
    await settled()
    expect(overlay.look).toEqual(look)
    network.socket.say({ type: 'goal', channel: 'ines', people: 32 })
    expect(overlay.goal).toEqual({ ...goal, people: 32 })
  })

  /** The next reading is answered when the test says so. */
  function held() {
    let answer!: (view: ReturnType<typeof aLayer>) => void
    const view = new Promise<ReturnType<typeof aLayer>>((resolve) => (answer = resolve))
    vi.mocked(api.overlayView).mockImplementationOnce(() => view)
    return answer
  }
  const goal = (people: number) => ({ words: 'Kiln', of: 50, people })

  it('stays empty when an answer comes after its address was replaced', async () => {
    const answer = held()
    enters()
    network.socket.say({
      type: 'closed',
      channel: 'ines',
      room: 'public',
      reason: 'overlay_revoked',
      detail: '',
    })
    answer(aLayer({ on_air: question, goal: goal(31) }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(overlay.onAir).toBeNull()
    expect(overlay.goal).toBeNull()
  })

  it('is not read again behind a closed door', async () => {
    enters()
    await settled()
    vi.mocked(api.overlayView).mockRejectedValueOnce(new Refusal({ status: 503 }))
    network.socket.say({ type: 'overlay', channel: 'ines' })
    await settled()
    network.socket.say({
      type: 'closed',
      channel: 'ines',
      room: 'public',
      reason: 'overlay_revoked',
      detail: '',
    })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(overlay.onAir).toBeNull()
  })

  it('takes no older answer for what was heard or asked since', async () => {
    vi.mocked(api.overlayView).mockResolvedValue(aLayer({ goal: goal(31) }))
    enters()
    await settled()
    const older = held()
    network.socket.say({ type: 'overlay', channel: 'ines' })
    const look = { ...aLayer().look, theme: 'light' as const }
    vi.mocked(api.overlayView).mockResolvedValue(aLayer({ goal: goal(31), look }))
    network.socket.say({ type: 'overlay', channel: 'ines' })
    await settled()
    older(aLayer({ goal: goal(30) }))
    await settled()
    expect(overlay.look).toEqual(look)
    expect(overlay.goal).toEqual(goal(31))
    const stale = held()
    network.socket.say({ type: 'overlay', channel: 'ines' })
    network.socket.say({ type: 'goal', channel: 'ines', people: 32 })
    vi.mocked(api.overlayView).mockResolvedValue(aLayer({ goal: goal(32), look }))
    stale(aLayer({ goal: goal(31), look }))
    await settled()
    expect(overlay.goal).toEqual(goal(32))
  })

  it('celebrates nothing that was heard before its address was replaced', async () => {
    enters()
    await settled()
    happens(2)
    network.socket.say({
      type: 'closed',
      channel: 'ines',
      room: 'public',
      reason: 'overlay_revoked',
      detail: '',
    })
    await import('./alerts.svelte')
    await settled()
    expect(overlay.alerts?.current ?? null).toBeNull()
  })

  it('is empty at once when its address was replaced', async () => {
    refuse('overlay_revoked')
    await settled()
    expect(overlay.onAir).toBeNull()
    network.pass(60_000)
    expect(network.socket.sent.filter((f) => f.type === 'enter')).toHaveLength(1)
  })
})
