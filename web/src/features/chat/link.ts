/** Addresses in what people write. What is not certainly one stays plain text. */

export type Stretch = { text: string; href?: string }

const address = /\bhttps?:\/\/[^\s<>"'`]+/gi

/** The text in order, with where an address in it leads. Joined, the texts are the whole again. */
export function linked(text: string): Stretch[] {
  const out: Stretch[] = []
  let at = 0
  for (const found of text.matchAll(address)) {
    const typed = trimmed(found[0])
    const href = whereTo(typed)
    if (!href) continue
    if (found.index > at) out.push({ text: text.slice(at, found.index) })
    out.push({ text: typed, href })
    at = found.index + typed.length
  }
  if (at < text.length) out.push({ text: text.slice(at) })
  return out
}

/** Without what ends the sentence: a closing bracket belongs to the address where it was opened there. */
function trimmed(typed: string): string {
  for (;;) {
    const last = typed.at(-1)!
    const opened = last === ')' && typed.split('(').length >= typed.split(')').length
    if (opened || !/[.,;:!?)\]}»”’…*_]/.test(last)) return typed
    typed = typed.slice(0, -1)
  }
}

/**
 * Undefined where the place is another than the one that can be read: with a name before an @, with letters or
 * signs that only look like those of another name, with a number in place of one.
 */
function whereTo(typed: string): string | undefined {
  const named = typed
    .replace(/^https?:\/\//i, '')
    .split(/[/?#]/, 1)[0]!
    .toLowerCase()
  try {
    const { host, href } = new URL(typed)
    return named && named.replace(/:(80|443)$/, '') === host.replace(/:(80|443)$/, '') ? href : undefined
  } catch {
    return undefined
  }
}
