/** The emoji there are, by group, named in a language: cut down from emojibase when the page is built. */
import packed from 'virtual:emoji'

export type Emoji = { char: string; name: string; words: string }
export type EmojiGroup = { name: string; emoji: Emoji[] }

/** Loads them, in English for a language that there are none in. */
export async function emojiIn(language: string): Promise<EmojiGroup[]> {
  const load = packed[language] ?? packed.en!
  return unpack((await load()).default)
}

/** A group is a line with its name and a line for each of its emoji; a blank one ends it. */
export function unpack(text: string): EmojiGroup[] {
  return text.split('\n\n').map((part) => {
    const [name, ...lines] = part.split('\n') as [string, ...string[]]
    const emoji = lines.map((line) => {
      const [char, name, words = ''] = line.split('\t') as [string, string, string?]
      return { char, name, words }
    })
    return { name, emoji }
  })
}

/** Without accents, capitals and joined letters: as one types who looks for something. */
export const fold = (text: string) =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase().replaceAll('œ', 'oe').replaceAll('æ', 'ae')

/** Those that every word of a query begins a word of; first those that are called so, then those whose name begins so. */
export function search<T extends { name: string; words?: string }>(
  all: readonly T[],
  query: string,
  most: number,
): T[] {
  const wanted = spaced(query).trim()
  if (!wanted) return []
  const found: { one: T; rank: number }[] = []
  for (const one of all) {
    const name = spaced(one.name)
    const words = name + spaced(one.words ?? '')
    if (!wanted.split(' ').every((w) => words.includes(` ${w}`))) continue
    const ranks = [
      name === ` ${wanted} `,
      name.startsWith(` ${wanted} `),
      name.startsWith(` ${wanted}`),
      true,
    ]
    found.push({ one, rank: ranks.indexOf(true) })
  }
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ one }) => one)
}

const spaced = (text: string) =>
  ` ${fold(text)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `
