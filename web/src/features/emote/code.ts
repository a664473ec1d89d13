/** Codes in words: the same rule as the server's, which decides which of them are pictures. */
import type { HeldEmote } from '../../realtime/frames'

/** What stands between the colons of :wave:. */
export const CODE = /^[a-z][a-z0-9_]{1,23}$/

/** Words as they are, or the code that a picture stands for. */
export type Piece = { text: string; id?: string }

/** Splits words by the codes that their event lists, and by no others: what a channel offers now is not asked. */
export function pieces(text: string, held: readonly HeldEmote[]): Piece[] {
  const known = new Map(held.filter(({ code }) => CODE.test(code)).map(({ code, id }) => [code, id]))
  if (!known.size) return [{ text }]
  const out: Piece[] = []
  let done = 0
  for (const { index, 0: found, 1: code } of text.matchAll(
    new RegExp(`:(${[...known.keys()].join('|')}):`, 'g'),
  )) {
    if (index > done) out.push({ text: text.slice(done, index) })
    out.push({ text: found, id: known.get(code!)! })
    done = index + found.length
  }
  if (done < text.length) out.push({ text: text.slice(done) })
  return out
}

/** The code being typed in front of the caret, and where its colon is; undefined: none. */
export function typedCode(text: string, caret: number): { at: number; query: string } | undefined {
  const found = /(?<![a-z0-9_:]):([a-z][a-z0-9_]{1,23})$/.exec(text.slice(0, caret))
  return found ? { at: found.index, query: found[1]! } : undefined
}

/** Words with something put in at the caret, and where the caret is then. A code has room around it. */
export function putIn(text: string, caret: number, what: string): { text: string; caret: number } {
  const [before, after] = [text.slice(0, caret), text.slice(caret)]
  const roomy = what.startsWith(':') && what.length > 1
  const put = (roomy && /\S$/.test(before) ? ' ' : '') + what + (roomy && !/^\s/.test(after) ? ' ' : '')
  return { text: before + put + after, caret: caret + put.length }
}
