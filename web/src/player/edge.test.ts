import { describe, expect, it } from 'vitest'
import { fellBehind } from './edge'

const playing = { paused: false, seeking: false }

describe('jumping to live', () => {
  it('jumps when a drop of the network left the viewer far behind', () => {
    expect(fellBehind(22, playing)).toBe(true)
  })

  it('leaves a small lag to the faster rate', () => {
    expect(fellBehind(3, playing)).toBe(false)
    expect(fellBehind(-1, playing)).toBe(false)
  })

  it('waits while the place to jump to is unknown', () => {
    expect(fellBehind(undefined, playing)).toBe(false)
  })

  it('never moves a paused picture, nor jumps twice at once', () => {
    expect(fellBehind(60, { paused: true, seeking: false })).toBe(false)
    expect(fellBehind(60, { paused: false, seeking: true })).toBe(false)
  })
})
