import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import books from '../src/i18n/books/en.json'
import en from '../src/i18n/en.json'
import { countries } from '../src/features/subscription/countries'
import { language } from '../src/i18n/index.svelte'
import { reach, screens } from './screens'
import { openPage, type Page } from './visit-page'

/** A language in which every sentence stands between brackets: text without them is in no language file. */
const pseudo = Object.fromEntries(
  Object.entries({ ...en, ...books }).map(([key, text]) => [key, `⟦${text}⟧`]),
)

/** What Intl writes by itself, and names that are the same in every language. */
const named =
  /\b(Subspace|English|Français|EUR|AAC|[km]b|mths?|months?|days?|hrs?|hours?|mins?|minutes?|secs?|seconds?|ago|AM|PM|on|at|Jan\w*|Feb\w*|Mar\w*|Apr\w*|May|Jun\w*|Jul\w*|Aug\w*|Sep\w*|Oct\w*|Nov\w*|Dec\w*)\b/gi

/** Every string somebody wrote or chose: it is shown as it is in every language. A machine's words are not. */
function data(value: unknown, found = new Set([location.host]), key = ''): Set<string> {
  if (typeof value === 'string') {
    if (key === 'handle' || !/^[a-z_]+$/.test(value)) found.add(value)
  } else if (value && typeof value === 'object') for (const [k, v] of Object.entries(value)) data(v, found, k)
  return found
}

/** What a reader sees or hears: text, and the words of labels. */
function said(): string[] {
  const out: string[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text) {
      const silent = node.parentElement?.closest('script, style, kbd, code, [aria-hidden="true"]')
      if (!silent) out.push(node.data)
    } else if (node instanceof Element)
      for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
        if (node.hasAttribute(name)) out.push(node.getAttribute(name)!)
  }
  return out
}

function untranslated(texts: string[], known: Set<string>): string[] {
  const longestFirst = [...known].filter((k) => /\p{L}/u.test(k)).sort((a, b) => b.length - a.length)
  return texts.filter((text) => {
    let rest = text
    // Sentences stand in sentences: from the inside out.
    while (/⟦[^⟦⟧]*⟧/.test(rest)) rest = rest.replace(/⟦[^⟦⟧]*⟧/g, ' ')
    for (const words of longestFirst) rest = rest.replaceAll(words, ' ')
    return /\p{L}{2,}/u.test(rest.replace(named, ' '))
  })
}

describe.each(['desk', 'phone'] as const)('on a %s', (size) => {
  let opened: Page
  beforeEach(() => (size === 'desk' ? page.viewport(1440, 900) : page.viewport(390, 844)))
  afterEach(async () => {
    await opened.close()
    await language.choose('en')
  })

  it.each(screens)('$name says nothing but what its language file says', async (screen) => {
    opened = await openPage(screen.path, { ...screen, words: pseudo })
    if (screen.tab) await page.getByRole('tab').nth(screen.tab).click()
    await reach(screen, size)
    const texts = said()
    expect(texts.some((text) => text.includes('⟦'))).toBe(true)
    // What Intl calls countries, and what the world calls money, is in no language file either.
    const names = [...countries('en').map(({ name }) => name), ...Intl.supportedValuesOf('currency')]
    const known = data(names, data(opened.server.world))
    expect(untranslated(texts, known)).toEqual([])
  })
})

it('finds a sentence that no language file holds', () => {
  const known = new Set(['Inès'])
  expect(untranslated(['Inès, ⟦2 inside ⟦for⟧ 3 min⟧', '€4.99', 'Inès is away', ' '], known)).toEqual([
    'Inès is away',
  ])
})
