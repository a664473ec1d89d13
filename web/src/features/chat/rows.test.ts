import { describe, expect, it } from 'vitest'
import type { SubspaceEvent } from '../../realtime/frames'
import { append, LIVE_ROWS, prepend, type Row } from './rows'

const author = { id: 'a', name: 'Noa', role: 'none', subscriber: false, months: 0, badge: '' } as const
const envelope = (seq: number) => ({
  log: 'l',
  seq,
  id: `e${seq}`,
  v: 1 as const,
  at: '2026-11-22T18:00:00.000Z',
})
const posted = (seq: number): SubspaceEvent => ({
  ...envelope(seq),
  kind: 'message.posted',
  data: { author, text: `m${seq}` },
})
const seqs = (rows: Row[]) => rows.map((r) => r.seq)

const titled = (seq: number, of: number): SubspaceEvent => ({
  ...envelope(seq),
  kind: 'message.previewed',
  data: { seq: of, url: 'https://example.org', site: '', title: `about m${of}`, description: '' },
})

describe('append', () => {
  it('keeps the last rows only', () => {
    const rows = append(
      [],
      Array.from({ length: 300 }, (_, i) => posted(i + 1)),
    )
    expect(rows).toHaveLength(LIVE_ROWS)
    expect(rows.at(-1)!.seq).toBe(300)
  })

  it('puts a late row where its number says, and an old one nowhere twice', () => {
    const rows = append([], [posted(1), posted(4)])
    expect(seqs(append(rows, [posted(2), posted(4)]))).toEqual([1, 2, 4])
  })

  it('shows what is published from among subscribers with its answer, until it is taken back', () => {
    const asked = { question: 'q', name: 'Yuna', text: 'which blue', answer: 'copper', by: 'Inès' }
    const rows = append([], [{ ...envelope(1), kind: 'question.published', data: asked }])
    expect(rows[0]).toMatchObject({ what: 'published', name: 'Yuna', answer: { by: 'Inès', text: 'copper' } })
    const back: SubspaceEvent = {
      ...envelope(2),
      kind: 'message.removed',
      data: { seqs: [1], by: 'moderator' },
    }
    expect(JSON.stringify(append(rows, [back]))).not.toContain('copper')
  })

  it('leaves a mark where a message was removed', () => {
    const removed: SubspaceEvent = {
      ...envelope(3),
      kind: 'message.removed',
      data: { seqs: [1], by: 'moderator' },
    }
    const rows = append([], [posted(1), posted(2), removed])
    expect(rows.map((r) => r.kind)).toEqual(['removed', 'message'])
    expect(JSON.stringify(rows)).not.toContain('m1')
  })

  it('puts what a page says of itself to its message, until that is removed', () => {
    const rows = append([], [posted(1), posted(2), titled(3, 1)])
    expect(rows).toMatchObject([{ seq: 1, preview: { title: 'about m1' } }, { seq: 2 }])
    expect(rows[1]).not.toHaveProperty('preview')
    const removed: SubspaceEvent = {
      ...envelope(4),
      kind: 'message.removed',
      data: { seqs: [1], by: 'moderator' },
    }
    expect(JSON.stringify(append(rows, [removed]))).not.toContain('about')
  })

  it('empties the quotes of a removed message', () => {
    const reply = {
      ...posted(2),
      data: { author, text: 'm2', reply_to: { seq: 1, name: 'Lou', excerpt: 'said' } },
    }
    const removed = { ...envelope(3), kind: 'message.removed', data: { seqs: [1], by: 'sanction' } }
    // The quoted row itself may be long gone from the list.
    const rows = append([], [reply, removed] as SubspaceEvent[])
    expect(rows).toMatchObject([{ text: 'm2', replyTo: { seq: 1, name: '', excerpt: '' } }])
  })

  it('returns the same list when nothing on the screen changes', () => {
    const rows = append([], [posted(1)])
    const unknown = { ...envelope(2), kind: 'gift.sent', data: {} } as unknown as SubspaceEvent
    expect(append(rows, [unknown])).toBe(rows)
  })
})

describe('prepend', () => {
  it('adds only what is older', () => {
    const rows = append([], [posted(5), posted(6)])
    expect(seqs(prepend(rows, [posted(3), posted(4), posted(5)]))).toEqual([3, 4, 5, 6])
  })

  it('finds a preview that stands behind the first row it had', () => {
    const rows = append([], [posted(5), titled(6, 4)])
    expect(prepend(rows, [posted(3), posted(4), posted(5), titled(6, 4)])).toMatchObject([
      { seq: 3 },
      { seq: 4, preview: { title: 'about m4' } },
      { seq: 5 },
    ])
  })
})
