import type { components } from './schema'

type Problem = components['schemas']['Problem']

/** Our trouble, not the reader's: the same wish may be granted in a moment. docs/protocol.md has the list. */
export const passingReasons: ReadonlySet<string> = new Set([
  'unreachable',
  'storage_full',
  'storage_busy',
  'storage_unavailable',
  'chat_busy',
  'room_busy',
  'unconfirmed',
  'stopping',
  'cancelled',
  'unavailable',
  'internal',
])

/** The server said no, or could not be reached. `reason` is the machine word the screens translate. */
export class Refusal extends Error {
  readonly reason: string
  readonly status: number
  readonly retryAfter: number | undefined

  constructor(problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? 'The server could not be reached.')
    this.reason = problem.reason ?? 'unreachable'
    this.status = problem.status ?? 0
    this.retryAfter = problem.retry_after
  }

  /** Asking again by ourselves helps. A timeout says when it ends too, but it is a no. */
  get passing(): boolean {
    if (this.reason === 'timed_out') return false
    return passingReasons.has(this.reason) || this.status >= 500 || this.retryAfter !== undefined
  }

  /** Whatever was thrown, as a refusal: a failed fetch becomes `unreachable`. */
  static from(thrown: unknown): Refusal {
    return thrown instanceof Refusal ? thrown : new Refusal({})
  }
}
