import { expect, it } from 'vitest'
import { offset } from './offset'

const at = (s: number) => new Date(Date.UTC(2026, 2, 1, 20) + s * 1000).toISOString()
const stretches = [
  { at: at(0), begins_ms: 0, length_ms: 10_000 },
  { at: at(40), begins_ms: 10_000, length_ms: 5_000 },
]

it.each([
  ['before it', -5, 0],
  ['at its first picture', 0, 0],
  ['in the first stretch', 7, 7_000],
  ['while the encoder was away', 25, 10_000],
  ['in the second', 42, 12_000],
  ['after it', 100, 15_000],
])('finds the place of what was said %s', (_, seconds, place) => {
  expect(offset(stretches, at(seconds))).toBe(place)
})

it('is at the beginning of what holds nothing', () => {
  expect(offset([], at(3))).toBe(0)
})
