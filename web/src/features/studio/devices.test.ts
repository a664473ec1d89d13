import { describe, expect, it } from 'vitest'
import { hindranceOf } from './devices.svelte'
import { loudness } from './level.svelte'

describe('what a browser says of its devices', () => {
  it.each([
    ['NotAllowedError', 'refused'],
    ['SecurityError', 'refused'],
    ['NotFoundError', 'missing'],
    ['OverconstrainedError', 'missing'],
    ['NotReadableError', 'busy'],
    ['AbortError', 'busy'],
    ['TypeError', 'unsupported'],
  ])('%s means %s', (name, means) => {
    expect(hindranceOf(new DOMException('', name))).toBe(means)
  })

  it('does not know what is no such refusal', () => {
    expect(hindranceOf(new TypeError('x'))).toBe('unsupported')
  })
})

describe('the level of a sound', () => {
  const of = (amplitude: number) => loudness(new Float32Array(64).fill(amplitude))

  it('is nothing in silence and all at the loudest', () => {
    expect(of(0)).toBe(0)
    expect(of(1)).toBe(1)
  })

  it('is half for a normal voice', () => {
    expect(of(0.03)).toBeCloseTo(0.49, 1)
    expect(of(0.03)).toBeLessThan(of(0.1))
  })
})
