import { Refusal } from '../api/refusal'
import { language, t, type Key } from './index.svelte'
import { measure } from './format'

/**
 * What went wrong, for the reader: the sentence of its machine word, the server's own English where we have
 * none yet.
 */
export function explain(thrown: unknown): string {
  const refusal = Refusal.from(thrown)
  const sentence = reasonText(refusal.reason) ?? refusal.message
  if (!refusal.retryAfter) return sentence
  const unit = refusal.retryAfter < 90 ? 'second' : 'minute'
  const n = unit === 'second' ? refusal.retryAfter : Math.ceil(refusal.retryAfter / 60)
  return `${sentence} ${t('reason.again', { wait: measure(n, unit) })}`
}

/** The sentence of a machine word, or undefined when this version does not know the word. */
export function reasonText(reason: string): string | undefined {
  const key = `reason.${reason}`
  return language.has(key) ? t(key as Key) : undefined
}
