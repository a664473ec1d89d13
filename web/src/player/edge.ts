/** A playhead further than this behind where the live is played stays there: no faster rate brings it back soon. */
const FAR_BEHIND = 6

/** After a jump the picture needs a moment; where jumping does not help, it must not be done for ever. */
const NOT_AGAIN_FOR = 10_000

/** Decides when to jump to live: after a lost network or a stalled machine, never against somebody's pause. */
export class Edge {
  #jumped = -Infinity

  /** True when it is time to jump; `now` is a clock in milliseconds. */
  fellBehind(
    lag: number | undefined,
    { paused, seeking }: Pick<HTMLVideoElement, 'paused' | 'seeking'>,
    now: number,
  ): boolean {
    if (lag === undefined || lag <= FAR_BEHIND || paused || seeking) return false
    if (now - this.#jumped < NOT_AGAIN_FOR) return false
    this.#jumped = now
    return true
  }
}
