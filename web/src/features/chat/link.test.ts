import { describe, expect, it } from 'vitest'
import { linked } from './link'

const hrefs = (text: string) => linked(text).flatMap(({ href }) => href ?? [])

describe('addresses in a message', () => {
  it('lead where they say, and the rest stays as it was', () => {
    const text = 'look: https://example.org/a?b=c#d, or http://example.net.'
    expect(linked(text)).toEqual([
      { text: 'look: ' },
      { text: 'https://example.org/a?b=c#d', href: 'https://example.org/a?b=c#d' },
      { text: ', or ' },
      { text: 'http://example.net', href: 'http://example.net/' },
      { text: '.' },
    ])
  })

  it.each([
    ['(see https://example.org/a)', 'https://example.org/a'],
    ['https://en.example.org/wiki/Glaze_(ceramics)', 'https://en.example.org/wiki/Glaze_(ceramics)'],
    ['« https://example.org/é »', 'https://example.org/%C3%A9'],
    ['HTTPS://EXAMPLE.ORG/A!', 'https://example.org/A'],
  ])('end where the sentence does: %s', (text, href) => {
    expect(hrefs(text)).toEqual([href])
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,https',
    'https://',
    'https://bank.example@evil.example/',
    'https://bank.example\u2044login.evil.example/',
    'https://bank.example%2eevil.example/',
    'https://bank.example\u200b.evil.example/',
    'https://bank.example\u3002evil.example/',
    'https://\u0430pple.com/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https:\\\\example.org',
    'http://user:word@example.org/',
    'xhttps://example.org is no word',
    'example.org',
    'ftp://example.org/',
  ])('are not made of what is none: %s', (text) => {
    expect(hrefs(text)).toEqual([])
    expect(
      linked(text)
        .map((s) => s.text)
        .join(''),
    ).toBe(text)
  })

  it('lose no letter, whatever is written', () => {
    const parts = [
      'https://',
      'http://a',
      'b.c',
      ' ',
      ')',
      '(',
      '@',
      '.',
      '…',
      '<',
      '"',
      'é',
      '🙂',
      '\n',
      ':',
      '/',
    ]
    let seed = 7
    const next = () => (seed = (seed * 16807) % 2147483647)
    for (let i = 0; i < 3000; i++) {
      const text = Array.from({ length: next() % 9 }, () => parts[next() % parts.length]).join('')
      expect(
        linked(text)
          .map((s) => s.text)
          .join(''),
      ).toBe(text)
    }
  })
})
