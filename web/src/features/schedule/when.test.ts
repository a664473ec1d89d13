import { describe, expect, it } from 'vitest'
import { typed, when } from './when'

describe('moments of planned lives', () => {
  it('bear their year only when it is not this one', () => {
    const now = new Date(2026, 10, 28)
    expect(when(new Date(2026, 11, 24, 20, 30).toISOString(), now)).not.toContain('2026')
    expect(when(new Date(2027, 0, 2, 20, 30).toISOString(), now)).toContain('2027')
  })

  it('come back from a field as they went in', () => {
    for (const at of [new Date(2026, 0, 2, 3, 4), new Date(2026, 11, 31, 23, 59)])
      expect(new Date(typed(at)).getTime()).toBe(at.getTime())
  })
})
