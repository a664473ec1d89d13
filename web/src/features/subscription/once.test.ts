import { describe, expect, it } from 'vitest'
import { onceKey } from './once'

describe('the key of a wish', () => {
  it('stays while the wish does', () => {
    const key = onceKey()
    expect(key({ name: 'Wren', months: 1 })).toBe(key({ name: 'Wren', months: 1 }))
  })

  it('is another one for another wish, and for another form', () => {
    const key = onceKey()
    const first = key({ name: 'Wren', months: 1 })
    expect(key({ name: 'Wren', months: 2 })).not.toBe(first)
    expect(onceKey()({ name: 'Wren', months: 1 })).not.toBe(first)
  })

  it('is short and plain enough for every server', () => {
    expect(onceKey()({})).toMatch(/^[\da-f]{32}$/)
  })
})
