import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { language } from '../../i18n/index.svelte'
import { Announcer } from './announcer.svelte'
import { giftNames, giftText } from './gift'
import { append, rowOf } from './rows'

const said = { name: 'Bea', people: 1, months: 1, to: ['Cy'] }
const event = (seq: number, data: object = {}) => ({
  log: 'l',
  seq,
  id: `e${seq}`,
  v: 1 as const,
  at: '2026-11-22T18:00:00.000Z',
  kind: 'gift.given' as const,
  data: { name: 'Bea', tier: 't', tier_name: 'Kiln', months: 1, people: 12, to: ['Cy', 'Di', 'El'], ...data },
})

beforeAll(() => language.choose('en'))
afterAll(() => language.choose('en'))

describe('a gift', () => {
  it('to one person is a sentence with both names', () => {
    expect(giftText(said)).toBe('Bea gave Cy a month in the Sub Space.')
    expect(giftText({ ...said, months: 3 })).toBe('Bea gave Cy 3 months in the Sub Space.')
    expect(giftNames(said)).toBe('')
  })

  it('to the room counts people, and names a few of them', () => {
    const room = { ...said, people: 12, to: ['Cy', 'Di', 'El'] }
    expect(giftText(room)).toBe('Bea gave 12 people in the chat a month in the Sub Space.')
    expect(giftNames(room)).toBe('Cy, Di, El, and 9 more')
    expect(giftNames({ ...room, people: 3 })).toBe('Cy, Di, and El')
    expect(giftNames({ ...room, to: [] })).toBe('')
    expect(giftText({ ...said, to: [] })).toBe('Bea gave somebody in the chat a month in the Sub Space.')
  })

  it('of somebody unnamed names nobody', () => {
    expect(giftText({ ...said, name: '' })).toBe('An unnamed person gave Cy a month in the Sub Space.')
  })

  it('is said in French too', async () => {
    await language.choose('fr')
    expect(giftText({ ...said, name: '', months: 2 })).toBe(
      'Une personne anonyme offre à Cy 2 mois dans l’espace abonnés.',
    )
    expect(giftNames({ ...said, people: 4, to: ['Cy', 'Di', 'El'] })).toBe('Cy, Di, El et 1 autre')
    await language.choose('en')
  })

  it('is one row, however often the log brings it', () => {
    const rows = append(append([], [event(1)]), [event(1), event(2)])
    expect(rows.map((r) => [r.kind, r.seq])).toEqual([
      ['gift', 1],
      ['gift', 2],
    ])
  })

  it('is read to who hears everything, and to who is named', () => {
    const hears = (what: 'off' | 'all' | 'mentions' | 'creator', name?: string) => {
      const announcer = new Announcer()
      announcer.hear(rowOf(event(1))!, what, name)
      return new Promise<string>((resolve) =>
        setTimeout(() => {
          resolve(announcer.said)
          announcer.stop()
        }, 5),
      )
    }
    const words = 'Bea gave 12 people in the chat a month in the Sub Space. Cy, Di, El, and 9 more'
    return Promise.all([
      expect(hears('all')).resolves.toBe(words),
      expect(hears('mentions', 'Di')).resolves.toBe(words),
      expect(hears('mentions', 'Noa')).resolves.toBe(''),
      expect(hears('creator')).resolves.toBe(''),
      expect(hears('off')).resolves.toBe(''),
    ])
  })
})
