import { beforeAll, describe, expect, it } from 'vitest'
import type { Sale } from '../../api/subscription'
import { language } from '../../i18n/index.svelte'
import { consequence } from './refund'

const now = Date.parse('2026-11-27T12:00:00Z')
const sale = (kind: Sale['kind'], period_end: string | null) => ({ kind, period_end }) as Sale

beforeAll(async () => {
  await language.choose('en')
  await language.readBooks()
})

describe('what paying back does', () => {
  it.each<[string, Sale, boolean, boolean, RegExp]>([
    ['the time that runs', sale('period', '2026-12-01T00:00:00Z'), true, false, /^The door closes at once/],
    ['a part of it', sale('period', '2026-12-01T00:00:00Z'), false, false, /door stays open/],
    ['time that is over', sale('period', '2026-11-01T00:00:00Z'), true, false, /door is not touched/],
    ['the difference to a dearer plan', sale('change', null), true, false, /falls to the plan before/],
    ['a part of the difference', sale('change', null), false, false, /door stays open/],
    ['the difference, and it ends', sale('change', null), true, true, /^The subscription ends/],
    ['a gift', sale('gift', null), true, false, /the months it gave end/],
  ])('%s', (_, of, whole, end, says) => {
    expect(consequence(of, whole, end, now)).toMatch(says)
  })
})
