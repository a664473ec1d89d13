import { describe, expect, it } from 'vitest'
import { bytes, text } from './passkey'

describe('bytes in JSON', () => {
  it('are base64url without padding, both ways', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect(text(Uint8Array.from([251, 255, 254]).buffer)).toBe('-__-')
    expect(text(Uint8Array.from([1]).buffer)).toBe('AQ')
    expect(bytes(text(all.buffer))).toEqual(all)
    expect(bytes('')).toEqual(new Uint8Array())
  })
})
