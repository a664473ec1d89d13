import type { components } from './schema'

type Problem = components['schemas']['Problem']

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

  /** Whatever was thrown, as a refusal: a failed fetch becomes `unreachable`. */
  static from(thrown: unknown): Refusal {
    return thrown instanceof Refusal ? thrown : new Refusal({})
  }
}
