import { describe, expect, it } from 'vitest'
import { emojiIn, search, unpack } from './emoji'

describe('emoji', () => {
  it('are unpacked group by group', () => {
    expect(unpack('faces\n😀\tgrinning face\thappy joy\n😎\tcool face\n\nfood\n🍕\tpizza')).toEqual([
      {
        name: 'faces',
        emoji: [
          { char: '😀', name: 'grinning face', words: 'happy joy' },
          { char: '😎', name: 'cool face', words: '' },
        ],
      },
      { name: 'food', emoji: [{ char: '🍕', name: 'pizza', words: '' }] },
    ])
  })

  it.each([
    ['en', 'heart', '❤️'],
    ['en', 'thumbs', '👍️'],
    ['en', 'hap', '😀'],
    ['fr', 'coeur', '❤️'],
    ['fr', 'Élé', '🐘'],
    ['fr', 'feu d', '🎆'],
    ['xx', 'pizza', '🍕'],
  ])('in %s are found by %j', async (language, query, char) => {
    const all = (await emojiIn(language)).flatMap((g) => g.emoji)
    expect(all.length).toBeGreaterThan(1800)
    expect(search(all, query, 200).map((e) => e.char)).toContain(char)
  })

  it('come by group, none twice, and none that is a piece of others', async () => {
    const groups = await emojiIn('fr')
    expect(groups.map((g) => g.name)[0]).toBe('smileys et émotion')
    const all = groups.flatMap((g) => g.emoji.map((e) => e.char))
    expect(new Set(all).size).toBe(all.length)
    expect(all).not.toContain('🏻')
    expect(all).not.toContain('🇦')
  })

  it('are found whose name begins so before those whose words do', async () => {
    const all = (await emojiIn('en')).flatMap((g) => g.emoji)
    expect(search(all, 'fire', 3)[0]!.char).toBe('🔥')
    expect(search(all, '  ', 9)).toEqual([])
    expect(search(all, 'qqqq', 9)).toEqual([])
  })
})
