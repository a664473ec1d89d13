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

/** An address with a name before an @ looks like another place than it leads to: it is no link. */
function whereTo(typed: string): string | undefined {
  try {
    const { protocol, hostname, username, password, href } = new URL(typed)
    return /^https?:$/.test(protocol) && hostname && !username && !password ? href : undefined
  } catch {
    return undefined
  }
}
