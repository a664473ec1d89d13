import { describe, expect, it } from 'vitest'
import { landing } from './landing'

describe('a page that leads on', () => {
  it.each([
    ['/c/ines?tab=space#top', '/c/ines?tab=space#top'],
    ['/', '/'],
    [null, '/'],
    ['', '/'],
    ['c/ines', '/'],
    ['//elsewhere.example', '/'],
    ['/\\elsewhere.example', '/'],
    ['/\t/elsewhere.example', '/'],
    ['https://elsewhere.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/..//elsewhere.example', '/'],
  ])('%j leads to %j', (to, where) => {
    expect(landing(to, 'https://live.example')).toBe(where)
  })
})
