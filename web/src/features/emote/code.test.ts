import { describe, expect, it } from 'vitest'
import { pieces, putIn, typedCode } from './code'

const wave = { code: 'wave', id: 'w' }
const fire = { code: 'fire', id: 'f' }

describe('codes in words', () => {
  it.each([
    ['hello :wave:', ['hello ', ':wave:w']],
    [':wave::fire:', [':wave:w', ':fire:f']],
    [':wave:fire:', [':wave:w', 'fire:']],
    [':no:wave:', [':no', ':wave:w']],
    [':nope: :Wave: : wave:', [':nope: :Wave: : wave:']],
    ['12:30:45', ['12:30:45']],
    [':wave: and :wave:', [':wave:w', ' and ', ':wave:w']],
  ])('split %j', (text, want) =>
    expect(pieces(text, [wave, fire]).map((p) => p.text + (p.id ?? ''))).toEqual(want),
  )

  it('are words where the event lists none, whatever it lists', () => {
    expect(pieces(':wave:', [])).toEqual([{ text: ':wave:' }])
    expect(pieces(':.*:', [{ code: '.*', id: 'x' }])).toEqual([{ text: ':.*:' }])
  })

  it('lose no character', () => {
    const text = ':wave:: x :fire :wave::wave:y'
    expect(
      pieces(text, [wave, fire])
        .map((p) => p.text)
        .join(''),
    ).toBe(text)
  })
})

describe('a code being typed', () => {
  it.each([
    ['hi :wav', 7, { at: 3, query: 'wav' }],
    [':wa', 3, { at: 0, query: 'wa' }],
    [':w', 2, undefined],
    ['12:30', 5, undefined],
    ['a:bc', 4, undefined],
    [':wave:fi', 8, undefined],
  ])('in %j', (text, caret, want) => expect(typedCode(text, caret)).toEqual(want))
})

describe('what is put in', () => {
  it.each([
    ['', 0, '🔥', '🔥', 2],
    ['ab', 1, '🔥', 'a🔥b', 3],
    ['hi', 2, ':wave:', 'hi :wave: ', 10],
    ['hi  you', 3, ':wave:', 'hi :wave: you', 9],
  ])('to %j at %i', (text, caret, what, want, then) =>
    expect(putIn(text, caret, what)).toEqual({ text: want, caret: then }),
  )
})
