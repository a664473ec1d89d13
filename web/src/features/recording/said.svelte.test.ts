import { afterEach, expect, it, vi } from 'vitest'
import { api, type Replayed } from '../../api/recording'
import { Refusal } from '../../api/refusal'
import { api as rooms } from '../../api/subspace'
import type { SubspaceEvent } from '../../realtime/frames'
import { Said } from './said.svelte'

const at = (s: number) => new Date(Date.UTC(2026, 2, 1, 20) + s * 1000).toISOString()
const author = { id: 'a', name: 'Bea', role: 'none', subscriber: false, months: 0, badge: '' }
/** The seventh second is that of sequence 7, and so on: 400 s of a live, of which 300 are kept. */
const recording = {
  id: 'b',
  stretches: [{ at: at(1), begins_ms: 0, length_ms: 300_000 }],
} as unknown as Replayed

function log(kinds: Record<number, string> = {}) {
  const all = Array.from({ length: 400 }, (_, i) => {
    const seq = i + 1
    const kind = kinds[seq] ?? 'message.posted'
    const data = kind === 'message.posted' ? { author, text: `line ${seq}` } : { by: 'author' }
    return { seq, at: at(seq), kind, data } as unknown as SubspaceEvent
  })
  vi.spyOn(api, 'place').mockImplementation((_c, _r, _room, ms) => Promise.resolve(Math.floor(ms / 1000)))
  return vi.spyOn(rooms, 'events').mockImplementation((_c, _room, { after = 0, limit = 50 } = {}) => {
    const events = all.slice(after, after + limit)
    return Promise.resolve({ events, head: 400, more: after + events.length < 400 })
  })
}

const lines = (said: Said, ms: number) =>
  said.upTo(ms).map(({ row }) => ('text' in row ? row.text : row.kind))

afterEach(() => vi.restoreAllMocks())

it('shows what had been said by then, and not a second more', async () => {
  log()
  const said = new Said('ines', recording, 'public')
  await said.follow(0)
  expect(lines(said, 4_900)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5'])
})

it('begins where the recording does, and not where the room does', async () => {
  log()
  vi.mocked(api.place).mockResolvedValue(120) // what was said before this live
  const said = new Said(
    'ines',
    { ...recording, stretches: [{ at: at(121), begins_ms: 0, length_ms: 9_000 }] },
    'public',
  )
  await said.follow(0)
  expect(lines(said, 1_900)).toEqual(['line 121', 'line 122'])
})

it('does not speak of what was removed', async () => {
  log({ 3: 'message.tombstone' })
  const said = new Said('ines', recording, 'public')
  await said.follow(0)
  expect(lines(said, 4_900)).toEqual(['line 1', 'line 2', 'line 4', 'line 5'])
})

it('reads on before its end is reached, and once', async () => {
  const asked = log()
  const said = new Said('ines', recording, 'public')
  await said.follow(0)
  await said.follow(100_000)
  expect(asked).toHaveBeenCalledTimes(1)
  await Promise.all([said.follow(190_000), said.follow(190_500)])
  expect(asked).toHaveBeenCalledTimes(2)
  expect(lines(said, 299_000).at(-1)).toBe('line 300')
})

it('has what led to a place that was jumped to', async () => {
  log()
  const said = new Said('ines', recording, 'public')
  await said.follow(200_000)
  expect(lines(said, 200_000).at(-1)).toBe('line 201')
  expect(lines(said, 200_000).length).toBeGreaterThan(50)
})

it('has nothing of what was said after it', async () => {
  log()
  const said = new Said('ines', recording, 'public')
  await said.follow(290_000)
  expect(lines(said, 400_000).at(-1)).toBe('line 301')
})

it('asks a room that is shut once, until it is asked to', async () => {
  const shut = vi.spyOn(api, 'place').mockRejectedValue(new Refusal({ reason: 'sign_in' }))
  const said = new Said('ines', recording, 'space')
  await said.follow(0)
  await said.follow(1_000)
  expect(shut).toHaveBeenCalledTimes(1)
  expect(said.failure?.reason).toBe('sign_in')
  said.again()
  await said.follow(1_000)
  expect(shut).toHaveBeenCalledTimes(2)
})
