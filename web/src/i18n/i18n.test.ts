import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import protocol from '../../../docs/protocol.md?raw'
import audit from '../../../internal/domain/audit/audit.go?raw'
import { passingReasons } from '../api/refusal'
import { chooseLocale, language, preferredLocale, t } from './index.svelte'

const all = import.meta.glob<Record<string, string>>(['./*.json', './books/*.json'], {
  eager: true,
  import: 'default',
})
/** All words of a language, those of its books among them. */
const files = Object.fromEntries(
  Object.entries(all)
    .filter(([name]) => !name.includes('books'))
    .map(([name, words]) => [name, { ...words, ...all[name.replace('./', './books/')]! }]),
)
const sources = import.meta.glob<string>(['../**/*.svelte', '../**/*.ts', '!../**/*.test.ts'], {
  eager: true,
  query: '?raw',
  import: 'default',
})
const en = files['./en.json']!
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()
const ends = ['zero', 'one', 'two', 'few', 'many', 'other']
const stem = (key: string) =>
  ends.includes(key.split('.').at(-1)!) ? key.slice(0, key.lastIndexOf('.')) : key

describe.each(Object.entries(files))('%s', (name, words) => {
  it('says nothing twice', () => {
    const [own, books] = [all[name]!, all[name.replace('./', './books/')]!]
    expect(Object.keys(own).filter((key) => key in books)).toEqual([])
  })

  it('has the same keys as English', () => {
    const stems = (d: Record<string, string>) => [...new Set(Object.keys(d).map(stem))].sort()
    expect(stems(words)).toEqual(stems(en))
  })

  it('fills the same places', () => {
    for (const [key, text] of Object.entries(words)) {
      const source = en[key] ?? en[`${stem(key)}.other`]!
      expect([key, ...places(text)]).toEqual([key, ...places(source)])
    }
  })

  it('writes apostrophes as a printer does', () => {
    expect(Object.entries(words).filter(([, text]) => text.includes("'"))).toEqual([])
  })

  it('has every plural its language needs', () => {
    const rules = new Intl.PluralRules(name.slice(2, -5)).resolvedOptions().pluralCategories
    // French "many" is for millions; "other" stands in for it.
    const needed = rules.filter((r) => r !== 'many')
    for (const key of Object.keys(words).filter((k) => k.endsWith('.other')))
      for (const end of needed) expect(words).toHaveProperty([`${stem(key)}.${end}`])
  })
})

/** The rows of the table of reasons, each a list of words. */
const reasons = protocol
  .slice(protocol.indexOf('## Reasons'), protocol.indexOf('A server that cannot start'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => [...line.split('|')[1]!.matchAll(/`(\w+)`/g)].map((m) => m[1]!))

describe('the reasons of docs/protocol.md', () => {
  // Nobody meets these on a screen: a payment provider does, and who reads the metrics.
  const machines = (row: string[]) => row.includes('signature_invalid')
  const met = reasons.filter((row) => !machines(row)).flat()

  it('have a sentence on the screens', () => {
    expect(met.length).toBeGreaterThan(90)
    const untold = met.filter((r) => r !== 'metrics_token_required' && !(`reason.${r}` in en))
    expect(untold).toEqual([])
  })

  it('are known here when the trouble is ours', () => {
    const ours = reasons.find((row) => row.includes('storage_full'))!
    expect([...passingReasons].filter((r) => r !== 'unreachable').sort()).toEqual([...ours].sort())
  })
})

describe('the acts of the audit log', () => {
  it('have words on the screens', () => {
    const acts = [...audit.matchAll(/Act = "([\w.]+)"/g)].map((m) => m[1]!)
    expect(acts.length).toBeGreaterThan(15)
    expect(acts.filter((act) => !(`audit.act.${act}` in en))).toEqual([])
  })
})

describe('the words', () => {
  beforeAll(() => language.choose('en'))

  it('are all used: an unused key is a sentence somebody translates for nothing', () => {
    const code = Object.values(sources).join('\n')
    const built =
      /^(reason|source|health|health\.trouble|sandbox|settings|settings\.announce|studio\.(hindrance|because)|payout\.(row|every|account)|statement\.line|thread\.prompt|reaction|grade|audit)\./
    const unused = [...new Set(Object.keys(en).map(stem))].filter(
      (k) => !built.test(k) && !code.includes(`'${k}'`),
    )
    expect(unused).toEqual([])
  })

  it('choose their plural and format numbers', () => {
    expect(t('account.title')).toBe('Your account')
    expect(t('space.inside', { n: 1 })).toBe('1 inside')
    expect(t('live.watching', { n: 2418 })).toBe('2,418 watching')
  })

  it('speak French when asked, and keep it when a language is unknown', async () => {
    await language.choose('fr')
    expect(t('space.name')).toBe('Espace abonnés')
    await language.choose('xx')
    expect(language.current).toBe('fr')
    await language.choose('en')
  })
})

describe('a browser that refuses storage', () => {
  const refused = () => {
    throw new DOMException('denied', 'SecurityError')
  }
  beforeAll(() => language.choose('en'))
  afterEach(() => vi.unstubAllGlobals())

  it('is spoken to in a language it asks for, and may choose another', async () => {
    vi.stubGlobal('location', { search: '' })
    vi.stubGlobal('navigator', { languages: ['fr-CA', 'en'] })
    vi.stubGlobal('localStorage', { getItem: refused, setItem: refused })
    expect(preferredLocale()).toBe('fr')
    await chooseLocale('fr')
    expect(t('space.name')).toBe('Espace abonnés')
    await language.choose('en')
  })
})
