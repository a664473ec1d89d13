/** A playhead further than this behind where the live is played stays there: no faster rate brings it back soon. */
const FAR_BEHIND = 6

/** Whether to jump to live: after a lost network or a stalled machine, never against somebody's pause. */
export function fellBehind(
  lag: number | undefined,
  { paused, seeking }: Pick<HTMLVideoElement, 'paused' | 'seeking'>,
): boolean {
  return lag !== undefined && lag > FAR_BEHIND && !paused && !seeking
}
