import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

/** The newest emoji that the phones of some years ago draw too. */
const NEWEST = 15.1
/** Skin tones and pieces of hair, which are no emoji by themselves. */
const COMPONENTS = 2
const NAME = 'virtual:emoji'

type Entry = {
  emoji: string
  label: string
  tags?: string[]
  group?: number
  order?: number
  version: number
}
type Messages = { groups: { message: string; order: number }[] }

/**
 * Emoji with their names and the words they are searched by, cut down from emojibase: one text for each language of
 * the screens that it has. emoji.ts reads it.
 */
export function emoji(root: string): Plugin {
  const data = resolve(root, 'node_modules/emojibase-data')
  const read = <T>(locale: string, file: string) =>
    JSON.parse(readFileSync(resolve(data, locale, file), 'utf8')) as T
  const locales = readdirSync(resolve(root, 'src/i18n'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5))
    .filter((locale) => existsSync(resolve(data, locale, 'data.json')))

  function pack(locale: string): string {
    const shown = read<Entry[]>(locale, 'data.json')
      .filter(({ group, version }) => group !== undefined && group !== COMPONENTS && version <= NEWEST)
      .sort((a, b) => a.order! - b.order!)
    const groups = read<Messages>(locale, 'messages.json').groups.filter(({ order }) => order !== COMPONENTS)
    return groups
      .map(({ message, order }) =>
        [message, ...shown.filter(({ group }) => group === order).map(line)].join('\n'),
      )
      .join('\n\n')
  }

  return {
    name: 'emoji',
    resolveId: (id) => (id === NAME || id.startsWith(`${NAME}/`) ? `\0${id}` : undefined),
    load(id) {
      if (id === `\0${NAME}`) {
        const each = locales.map((l) => `${JSON.stringify(l)}: () => import('${NAME}/emoji-${l}')`)
        return `export default { ${each.join(', ')} }`
      }
      if (id.startsWith(`\0${NAME}/`))
        return `export default ${JSON.stringify(pack(id.slice(`\0${NAME}/emoji-`.length)))}`
      return undefined
    },
  }
}

/** What the name and the words before it find anyway is not said again. */
function line({ emoji, label, tags = [] }: Entry): string {
  const found = plain(label)
  const more = tags.flatMap(split).filter((word) => {
    const begins = plain(word)[0] ?? ''
    if (begins.length < 3 || found.some((f) => f.startsWith(begins))) return false
    found.push(begins)
    return true
  })
  return [emoji, label, ...(more.length ? [more.join(' ')] : [])].join('\t')
}

const split = (text: string) => text.split(/[^\p{L}\p{M}\p{N}]+/u)
/** Words as emoji.ts looks for them. */
const plain = (text: string) =>
  split(text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()).filter(Boolean)
