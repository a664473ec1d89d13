import { beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../api/refusal'
import { elapsed, minorUnits, money, span } from './format'
import { language } from './index.svelte'
import { explain } from './reason'

describe('formatting', () => {
  beforeEach(() => language.choose('en'))

  it('writes money by its currency, without empty cents', async () => {
    expect(money({ minor: 499, currency: 'EUR' })).toBe('€4.99')
    expect(money({ minor: 4900, currency: 'EUR' })).toBe('€49')
    expect(money({ minor: 500, currency: 'JPY' })).toBe('¥500')
    await language.choose('fr')
    expect(money({ minor: 499, currency: 'EUR' })).toBe('4,99\u00a0€')
  })

  it('reads an amount as it is typed, and nothing else', () => {
    expect(minorUnits('4.99', 'EUR')).toBe(499)
    expect(minorUnits(' 4,5 ', 'EUR')).toBe(450)
    expect(minorUnits('500', 'JPY')).toBe(500)
    for (const typed of ['', '4.999', '-1', '4.9.9', 'free', '1e3', '5.5'])
      expect(minorUnits(typed, typed === '5.5' ? 'JPY' : 'EUR')).toBeUndefined()
  })

  it('runs clocks that are never negative', () => {
    const at = '2026-11-22T18:00:00.000Z'
    const later = (s: number) => Date.parse(at) + s * 1000
    expect(elapsed(at, later(84))).toBe('1:24')
    expect(elapsed(at, later(4328))).toBe('1:12:08')
    expect(elapsed(at, later(-5))).toBe('0:00')
    expect(span(at, later(660))).toBe('11 min')
  })

  it('explains a refusal by its word, and an unknown one by the server’s sentence', () => {
    expect(explain(new Refusal({ reason: 'name_taken' }))).toBe('This name is taken.')
    expect(explain(new Refusal({ reason: 'moon_phase', detail: 'The moon is wrong.' }))).toBe(
      'The moon is wrong.',
    )
    expect(explain(new Refusal({ reason: 'too_many_attempts', retry_after: 30 }))).toContain('30 sec')
    expect(explain(new TypeError('fetch failed'))).toContain('cannot be reached')
  })
})
