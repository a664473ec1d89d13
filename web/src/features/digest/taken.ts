/** Which words of a digest are there no more. */
import type { Digest } from '../../api/digest'
import type { ServerFrame, SubspaceEvent } from '../../realtime/frames'

/** Messages of the Sub Space's chat, or of one of its threads; without sequences any of them. */
export type Taken = { thread: string; seqs?: number[] }

/** What a frame says, or lets one fear, was taken away inside. */
export function takenAway(frame: ServerFrame): Taken[] {
  if (frame.type === 'threads') return frame.moved.filter((m) => m.removed).map(({ thread }) => ({ thread }))
  if ((frame.type !== 'event' && frame.type !== 'entered') || frame.room === 'public') return []
  const thread = frame.thread ?? ''
  if (frame.type === 'event') return removed(thread, frame.event)
  // After a long absence not all of it is told.
  return frame.more ? [{ thread }] : frame.events.flatMap((event) => removed(thread, event))
}

/** Whether a digest holds words of it: a removal elsewhere must not let everybody inside ask anew. */
export function tells(digest: Digest | undefined, { thread, seqs }: Taken): boolean {
  if (!digest) return false
  const mentioned = digest.mentions.some(
    (m) => m.thread === thread && (thread || !seqs || seqs.includes(m.seq)),
  )
  return mentioned || digest.updates.some(({ id }) => id === thread)
}

const removed = (thread: string, event: SubspaceEvent): Taken[] =>
  event.kind === 'message.removed' ? [{ thread, seqs: event.data.seqs }] : []
