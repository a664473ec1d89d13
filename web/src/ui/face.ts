/** A disc for a name: its first letter on a soft colour of its own, the same everywhere and for ever. */
const HUES = [60, 95, 150, 200, 245, 290, 330, 20]

export function hue(name: string): number {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0
  return HUES[hash % HUES.length]!
}

export function initial(name: string): string {
  const first = Array.from(name.trim())[0]
  return first ? first.toLocaleUpperCase() : '·'
}
