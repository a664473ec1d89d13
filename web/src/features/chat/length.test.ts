import { describe, expect, it } from 'vitest'
import { isTooLong, lengthOf } from './length'

describe('the length of a message', () => {
  it('counts as the server does', () => {
    expect(lengthOf('  😍é ')).toBe(2)
  })

  it('is too long from 501 characters on', () => {
    expect(isTooLong('😍'.repeat(500))).toBe(false)
    expect(isTooLong('a'.repeat(501))).toBe(true)
  })
})
