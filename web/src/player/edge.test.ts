import { beforeEach, describe, expect, it } from 'vitest'
import { Edge } from './edge'

const playing = { paused: false, seeking: false }

describe('jumping to live', () => {
  let edge: Edge
  beforeEach(() => (edge = new Edge()))

  it('jumps when a drop of the network left the viewer far behind', () => {
    expect(edge.fellBehind(22, playing, 0)).toBe(true)
  })

  it('leaves a small lag to the faster rate', () => {
    expect(edge.fellBehind(3, playing, 0)).toBe(false)
    expect(edge.fellBehind(-1, playing, 0)).toBe(false)
  })

  it('waits while the place to jump to is unknown', () => {
    expect(edge.fellBehind(undefined, playing, 0)).toBe(false)
  })

  it('never moves a paused picture, nor one that is on its way', () => {
    expect(edge.fellBehind(60, { paused: true, seeking: false }, 0)).toBe(false)
    expect(edge.fellBehind(60, { paused: false, seeking: true }, 0)).toBe(false)
  })

  it('does not jump again and again where jumping does not help', () => {
    const jumps = [0, 1_000, 9_000, 10_000].map((now) => edge.fellBehind(22, playing, now))
    expect(jumps).toEqual([true, false, false, true])
  })
})
