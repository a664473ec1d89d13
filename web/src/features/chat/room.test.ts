import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Connection } from '../../realtime/connection'
import { FakeNetwork } from '../../../tests/fake-network'
import type { SubspaceEvent } from '../../realtime/frames'
import { RoomChat } from './room.svelte'

const author = { id: 'noa', name: 'Noa', role: 'none', subscriber: false, months: 0, badge: '' } as const
const posted = (seq: number, text = `m${seq}`): SubspaceEvent => ({
  ...{ log: 'l', seq, id: `e${seq}`, v: 1, at: '2026-11-22T18:00:00.000Z' },
  kind: 'message.posted',
  data: { author, text },
})

describe('RoomChat', () => {
  let network: FakeNetwork
  let chat: RoomChat
  let frames: (() => void)[]
  const draw = () => frames.splice(0).forEach((run) => run())
  const settled = () => new Promise((done) => setTimeout(done, 0))
  const entered = (events: SubspaceEvent[], head: number) =>
    network.answerLast((id) => ({
      ...{ type: 'entered', id, channel: 'ines', room: 'space', log: 'l', head, events, more: false },
      ...{ until: null, state: { viewers: 3, inside: 2 } },
    }))
  const arrive = (seq: number) =>
    network.socket.say({ type: 'event', channel: 'ines', room: 'space', event: posted(seq) })

  beforeEach(() => {
    frames = []
    network = new FakeNetwork()
    const connection = new Connection(network)
    connection.start()
    network.greet()
    chat = new RoomChat(connection, 'ines', 'space', {}, (run) => frames.push(run))
    chat.start()
    entered([posted(1)], 1)
  })

  it('draws once per frame, however many events came', () => {
    for (let seq = 2; seq <= 51; seq++) arrive(seq)
    expect(frames).toHaveLength(1)
    expect(chat.rows).toHaveLength(1)
    draw()
    expect(chat.rows).toHaveLength(51)
  })

  it('counts what arrives while the reader looks further up', () => {
    chat.lookUp()
    arrive(2)
    arrive(3)
    draw()
    expect(chat.unseen).toBe(2)
    chat.catchUp()
    expect(chat.unseen).toBe(0)
  })

  it('shows a message at once and replaces it by its row', async () => {
    chat.draft = ' hello '
    chat.send()
    expect(chat.outgoing).toMatchObject([{ text: 'hello', state: 'sending' }])
    expect(chat.draft).toBe('')
    network.answerLast((id) => ({
      type: 'ack',
      id,
      channel: 'ines',
      room: 'space',
      seq: 2,
      event: posted(2, 'hello'),
    }))
    await settled()
    expect(chat.outgoing).toEqual([])
    expect(chat.rows).toHaveLength(2)
    arrive(2)
    draw()
    expect(chat.rows).toHaveLength(2)
  })

  it('keeps a refused message, retries it under the same key, and gives it back to edit', async () => {
    chat.draft = 'hello'
    chat.send()
    const first = network.last
    network.answerLast((id) => ({ type: 'refused', id, reason: 'slow_down', detail: '' }))
    await settled()
    expect(chat.outgoing[0]).toMatchObject({ state: 'failed', refusal: { reason: 'slow_down' } })
    chat.retry(chat.outgoing[0]!.key)
    expect(network.last).toMatchObject({ key: (first as { key?: string }).key })
    chat.edit(chat.outgoing[0]!.key)
    expect(chat.draft).toBe('hello')
    expect(chat.outgoing).toEqual([])
  })

  it('hands back what a mode refuses, and says until when to wait', async () => {
    chat.draft = 'hello'
    chat.send()
    network.answerLast((id) => ({
      type: 'refused',
      id,
      reason: 'slow_mode',
      detail: 'slow',
      retry_after: 20,
    }))
    await settled()
    expect(chat.outgoing).toEqual([])
    expect(chat.draft).toBe('hello')
    expect(chat.handedBack).toMatchObject({ reason: 'slow_mode', detail: 'slow' })
    expect(Math.round((chat.handedBack!.until - Date.now()) / 1000)).toBe(20)
    chat.send()
    expect(chat.handedBack).toBeUndefined()
    network.answerLast((id) => ({ type: 'refused', id, reason: 'not_unique', detail: '' }))
    await settled()
    expect(chat.handedBack).toMatchObject({ reason: 'not_unique', until: 0 })
  })

  it('keeps beside the list what a mode refuses while the next words are written', async () => {
    chat.draft = 'hello'
    chat.send()
    chat.draft = 'the next'
    network.answerLast((id) => ({ type: 'refused', id, reason: 'slow_mode', detail: '', retry_after: 20 }))
    await settled()
    expect(chat.draft).toBe('the next')
    expect(chat.outgoing).toMatchObject([{ text: 'hello', state: 'failed' }])
  })

  it('keeps a message waiting while the connection is away, and sends it once when it is back', async () => {
    vi.useFakeTimers()
    chat.draft = 'hello'
    chat.send()
    network.lose()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(chat.outgoing[0]!.state).toBe('waiting')
    vi.useRealTimers()
    network.pass(500)
    network.greet()
    entered([], 1)
    expect(network.socket.sent.filter((f) => f.type === 'post')).toMatchObject([{ text: 'hello' }])
    expect(chat.outgoing[0]!.state).toBe('sending')
  })

  it('leaves to its writer a message that nobody answers, and sends nothing behind their back', async () => {
    vi.useFakeTimers()
    chat.draft = 'hello'
    chat.send()
    network.pass(10_000)
    await vi.advanceTimersByTimeAsync(8_000)
    expect(chat.outgoing[0]!.state).toBe('failed')
    vi.useRealTimers()
    network.lose()
    network.pass(500)
    network.greet()
    entered([], 1)
    expect(network.socket.sent.some((f) => f.type === 'post')).toBe(false)
  })

  it('forgets every word of a room that closes', async () => {
    chat.draft = 'hello'
    chat.send()
    arrive(2)
    network.socket.say({ type: 'closed', channel: 'ines', room: 'space', reason: 'period_ended', detail: '' })
    draw()
    await settled()
    expect(chat.phase).toBe('out')
    expect(chat.reason).toBe('period_ended')
    expect(chat.rows).toEqual([])
    expect(chat.outgoing).toEqual([])
  })
})
