/** Where a box stands above the form that it belongs to, and how one moves through its grid. */
const [WIDE, HIGH, LEAST, EDGE] = [380, 380, 200, 8]

type Box = { left: number; bottom: number; width: number; height: number }
type Rect = { left: number; top: number; width: number }
type Window = { width: number; height: number; /** what a keyboard covers from below */ covered: number }

const now = (): Window => {
  const seen = visualViewport
  const covered = seen ? Math.max(0, innerHeight - seen.offsetTop - seen.height) : 0
  return { width: document.documentElement.clientWidth, height: innerHeight, covered }
}

/** Above the form and as wide, within the window; where there is no room above, at its lower edge. */
export function beside({ left, top, width }: Rect, window: Window = now()): Box {
  const wide = Math.min(WIDE, Math.max(width, 300), window.width - 2 * EDGE)
  const free = window.height - window.covered
  // A form behind the keyboard is not what it stands above.
  const foot = top - EDGE >= LEAST && top < free ? top - EDGE : free - EDGE
  const height = Math.min(HIGH, foot - EDGE)
  return {
    left: Math.max(EDGE, Math.min(left, window.width - wide - EDGE)),
    bottom: window.height - foot,
    width: wide,
    height,
  }
}

/** Which of a grid's buttons a key leads to; -1 is above the first row, and undefined nowhere. */
export function step(all: readonly HTMLElement[], at: number, key: string): number | undefined {
  const last = all.length - 1
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[key]
  if (to !== undefined) return Math.max(0, Math.min(to, last))
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined
  const here = all[at]
  if (!here) return undefined
  const row = all.map((b) => b.offsetTop)
  const down = key === 'ArrowDown'
  const rows = row.filter((top) => (down ? top > here.offsetTop : top < here.offsetTop))
  if (!rows.length) return down ? at : -1
  const next = down ? Math.min(...rows) : Math.max(...rows)
  const far = (b: HTMLElement) => Math.abs(b.offsetLeft - here.offsetLeft)
  return row.reduce<number>(
    (best, top, i) => (top === next && (best < 0 || far(all[i]!) < far(all[best]!)) ? i : best),
    -1,
  )
}
