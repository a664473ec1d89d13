import { describe, expect, it } from 'vitest'
import { countries, mayWithdraw, ownCountry } from './countries'

describe('countries', () => {
  it('are named and sorted in the language of the reader', () => {
    const en = countries('en')
    const fr = countries('fr')
    expect(en).toHaveLength(250)
    expect(en.filter(({ code, name }) => name === code)).toEqual([])
    expect(en[0]).toEqual({ code: 'AF', name: 'Afghanistan' })
    expect(fr.find(({ code }) => code === 'DE')!.name).toBe('Allemagne')
    // Accents do not send it to the end.
    expect(fr.findIndex(({ code }) => code === 'EG')).toBeLessThan(fr.findIndex(({ code }) => code === 'FI'))
  })

  it('are guessed only from what a browser says outright', () => {
    expect(ownCountry(['fr-BE', 'en-GB'])).toBe('BE')
    expect(ownCountry(['fr', 'en-GB'])).toBe('GB')
    expect(ownCountry(['fr', 'en'])).toBe('')
    expect(ownCountry(['es-419', '???', 'zh-Hant-TW'])).toBe('TW')
  })

  it('know where one may withdraw', () => {
    expect(['FR', 'NO', 'GB'].every(mayWithdraw)).toBe(true)
    expect(['US', 'CH', ''].some(mayWithdraw)).toBe(false)
  })
})
