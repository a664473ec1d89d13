import { describe, expect, it } from 'vitest'
import { readAddress } from './address'

describe('what stands behind the # of a dock', () => {
  for (const [hash, want] of [
    ['#dock_abc', { secret: 'dock_abc', lang: undefined, aloud: 'off' }],
    ['dock_a-b_c', { secret: 'dock_a-b_c', lang: undefined, aloud: 'off' }],
    ['#dock_abc&lang=fr&aloud=all', { secret: 'dock_abc', lang: 'fr', aloud: 'all' }],
    ['#dock_abc&aloud=shout', { secret: 'dock_abc', lang: undefined, aloud: 'off' }],
    ['#lang=fr', { secret: '', lang: undefined, aloud: 'off' }],
    ['#', { secret: '', lang: undefined, aloud: 'off' }],
    ['', { secret: '', lang: undefined, aloud: 'off' }],
  ] as const)
    it(`reads "${hash}"`, () => expect(readAddress(hash)).toEqual(want))
})
