import { describe, expect, it } from 'vitest'
import { countMeant, meant, parts, peopleOf, typed } from './mention'
import type { Row } from './rows'

const sam = { id: 's', name: 'Sam' }
const samK = { id: 'k', name: 'Sam K' }
const zoe = { id: 'z', name: 'Zoë' }
const people = [sam, samK, zoe]

describe('who is meant', () => {
  it.each([
    ['hello @Sam', ['s']],
    ['@Sam K and @Sam.', ['k', 's']],
    ['@Zoë, @Zoë', ['z']],
    ['@Samantha @Samé', []],
    ['me@Sam.example', []],
    ['Sam', []],
    ['é@Sam 🎉@Sam', ['s']],
    ['@Zoe\u0308 and @Same\u0301', ['z']],
    ['@Sam² Ⅷ@Zoë', ['s', 'z']],
    ['@Sam٣ ٣@Zoë', []],
  ])('in %j', (text, ids) => expect(meant(text, people)).toEqual(ids))

  it('keeps every character of the words', () => {
    const text = 'so @Sam K, and @Zoë 🎉 or @nobody'
    expect(
      parts(text, people)
        .map((p) => p.text)
        .join(''),
    ).toBe(text)
    expect(parts(text, people)[1]).toEqual({ text: '@Sam K', who: samK })
  })
})

describe('whose names are offered', () => {
  const row = (seq: number, id: string, mentions?: { id: string; name: string }[]) =>
    ({ kind: 'message', seq, text: '', author: { id, name: id.toUpperCase() }, mentions }) as unknown as Row
  const rows = [row(1, 'a'), row(2, 'b'), row(3, 'a'), row(4, 'me'), row(5, 'c', [{ id: 'me', name: 'ME' }])]

  it('are those who wrote last, and not the reader', () => {
    expect(peopleOf(rows, 'me').map((p) => p.id)).toEqual(['c', 'a', 'b'])
  })

  it('counts what means the reader', () => {
    expect(countMeant(rows, 4, 'me')).toBe(1)
    expect(countMeant(rows, 5, 'me')).toBe(0)
    expect(countMeant(rows, 0, undefined)).toBe(0)
  })

  it.each([
    ['hi @sa', 6, { at: 3, query: 'sa' }],
    ['@', 1, { at: 0, query: '' }],
    ['@Sam K', 6, { at: 0, query: 'Sam K' }],
    ['a@b', 3, undefined],
    ['hi', 2, undefined],
  ])('while %j is typed', (text, caret, want) => expect(typed(text, caret)).toEqual(want))
})
