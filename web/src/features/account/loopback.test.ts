import { describe, expect, it } from 'vitest'
import { loopbackName } from './loopback'

const at = (address: string) => loopbackName(new URL(address))

describe('loopbackName', () => {
  it('gives this machine its name', () => {
    expect(at('http://127.0.0.1:8080/account/security')).toBe('http://localhost:8080/account/security')
    expect(at('http://127.1.2.3/')).toBe('http://localhost/')
    expect(at('http://[::1]:8080/')).toBe('http://localhost:8080/')
  })

  it('gives no other machine this name', () => {
    for (const address of [
      'http://192.0.2.7:8080/',
      'http://localhost:8080/',
      'http://127.example.org/',
      'http://[::2]/',
    ])
      expect(at(address)).toBeUndefined()
  })
})
