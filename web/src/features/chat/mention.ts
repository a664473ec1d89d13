/** Who is meant by an @ and a name: the same rule as the server's, which has the last word. */
import type { Mention } from '../../realtime/frames'
import type { Row } from './rows'

/** How many people the server lets a message mention. */
export const MENTIONS_MAX = 5

/** Words of a message: as they are, or the name of somebody who is meant. */
export type Part = { text: string; who?: Mention }

/** Of several names that fit, the longest is meant; none within a word. An accent may be written in two ways. */
export function parts(words: string, people: readonly Mention[]): Part[] {
  const text = words.normalize('NFC')
  const longest = people
    .map(({ id, name }) => ({ id, name: name.normalize('NFC') }))
    .sort((a, b) => b.name.length - a.name.length)
  const out: Part[] = []
  let done = 0
  for (const { index } of text.matchAll(/(?<![\p{L}\p{Nd}])@/gu)) {
    const rest = text.slice(index + 1)
    const who = longest.find(
      ({ name }) => rest.startsWith(name) && !/^[\p{L}\p{Nd}]/u.test(rest.slice(name.length)),
    )
    if (!who || index < done) continue
    if (index > done) out.push({ text: text.slice(done, index) })
    done = index + 1 + who.name.length
    out.push({ text: text.slice(index, done), who })
  }
  if (done < text.length) out.push({ text: text.slice(done) })
  return out
}

/** The accounts that a text means, of those people, the first first. */
export function meant(text: string, people: readonly Mention[]): string[] {
  return [...new Set(parts(text, people).flatMap(({ who }) => (who ? [who.id] : [])))]
}

/** Those who wrote what stands in a list, whoever wrote last first, but for the reader. */
export function peopleOf(rows: readonly Row[], me: string | undefined): Mention[] {
  const found = new Map<string, Mention>()
  for (const row of rows.toReversed())
    if (row.kind === 'message' && row.author.id !== me && !found.has(row.author.id))
      found.set(row.author.id, { id: row.author.id, name: row.author.name })
  return [...found.values()]
}

/** How many messages after a sequence mean somebody. */
export const countMeant = (rows: readonly Row[], after: number, me: string | undefined): number =>
  rows.filter((r) => r.kind === 'message' && r.seq > after && r.mentions?.some((m) => m.id === me)).length

/** What is being typed after an @ in front of the caret, and where that @ is; undefined: nothing. */
export function typed(text: string, caret: number): { at: number; query: string } | undefined {
  const found = /(?<![\p{L}\p{Nd}])@([^@]{0,30})$/u.exec(text.slice(0, caret))
  return found ? { at: found.index, query: found[1]! } : undefined
}
