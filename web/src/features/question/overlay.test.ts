import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../../api/subspace'
import { Connection } from '../../realtime/connection'
import { aPoll } from '../../../tests/fake-polls'
import { FakeNetwork } from '../../../tests/fake-network'
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
  const settled = () => vi.advanceTimersByTimeAsync(0)

  beforeEach(async () => {
    vi.useFakeTimers()
    vi.spyOn(api, 'overlayView').mockResolvedValue({
      channel: 'ines',
      title: '',
      on_air: question,
      poll: null,
    })
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
    vi.mocked(api.overlayView).mockResolvedValue({ channel: 'ines', title: '', on_air: null, poll })
    network.answerLast((id) => ({
      ...{ type: 'entered', id, channel: 'ines', room: 'public', log: 'l', head: 1, events: [], more: false },
      ...{ until: null, state: { viewers: 1 } },
    }))
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

  it('is empty at once when its address was replaced', async () => {
    refuse('overlay_revoked')
    await settled()
    expect(overlay.onAir).toBeNull()
    network.pass(60_000)
    expect(network.socket.sent.filter((f) => f.type === 'enter')).toHaveLength(1)
  })
})
