import { beforeAll, describe, expect, it } from 'vitest'
import { language } from '../../i18n/index.svelte'
import { dayField, endOf, example, LIST_MAX, monthsAfter, readList, troublesOf, written } from './right'

const now = new Date(2026, 0, 31, 20, 0).getTime()

describe('until when', () => {
  it('is the same day some months later, or the last of a shorter month', () => {
    expect(dayField(monthsAfter(now, 1))).toBe('2026-02-28')
    expect(dayField(monthsAfter(now, 2))).toBe('2026-03-31')
    expect(dayField(monthsAfter(now, 13))).toBe('2027-02-28')
    expect(monthsAfter(now, 2).getHours()).toBe(20)
  })

  it('is the end of a day to come, within three years', () => {
    expect(endOf('2026-02-01', now)?.getTime()).toBe(new Date(2026, 1, 1, 23, 59, 59).getTime())
    expect(endOf('2026-01-31', now)).toBeDefined()
    for (const day of ['2026-01-30', '2029-02-01', '', 'tomorrow'])
      expect([day, endOf(day, now)]).toEqual([day, undefined])
  })
})

describe('a list', () => {
  beforeAll(async () => {
    await language.choose('en')
    await language.readBooks()
  })
  const file = (text: BlobPart, name = 'patrons.csv') => new File([text], name)

  it('says how many lines it has, without its heading and what is empty', async () => {
    const list = await readList(file('\uFEFFname,months\r\nAda,3\r\n\r\nBen,4\r\n'))
    expect([list.file, list.count, list.lines[0], list.lines[3]]).toEqual([
      'patrons.csv',
      2,
      'name,months',
      'Ben,4',
    ])
  })

  it('is refused before it is sent when nobody could read it', async () => {
    await expect(readList(file(new Uint8Array([110, 44, 10, 0xe9, 44])))).rejects.toMatchObject({
      reason: 'list_encoding',
    })
    await expect(readList(file('x'.repeat(LIST_MAX + 1)))).rejects.toMatchObject({ reason: 'list_too_large' })
    await expect(readList(file('name,months\n'))).rejects.toMatchObject({ reason: 'list_invalid' })
  })

  it('tells its troubles with what stands in the line', async () => {
    const list = await readList(file('name,months\nAda,three\nnobody,3\n'))
    const troubles = troublesOf(
      {
        granted: 0,
        known: 0,
        troubles: [
          { line: 2, reason: 'line_months_invalid', detail: 'x' },
          { line: 3, reason: 'of_tomorrow', detail: 'The server’s own words.' },
        ],
      },
      list,
    )
    expect(troubles.map(({ text }) => text)).toEqual(['Ada,three', 'nobody,3'])
    expect(troubles[0]!.why).not.toBe('x')
    expect(written(troubles)).toContain('Line 3\tnobody,3\tThe server’s own words.')
  })

  it('has an example that names a tier as a list has to', () => {
    expect(example('Gold, really', '2027-01-31')).toBe(
      'name,months,until,tier,note\r\nAda,3,,"Gold, really",\r\nBen,,2027-01-31,,\r\n',
    )
  })
})
