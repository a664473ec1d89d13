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
  if (refusal.retryAfter === undefined) return sentence
  // Never less than it takes: "in 0 sec" would be refused again.
  const seconds = Math.max(1, Math.ceil(refusal.retryAfter))
  const [n, unit] = seconds < 90 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${sentence} ${t('reason.again', { wait: measure(n, unit) })}`
}

/** The sentence of a machine word, or undefined when this version does not know the word. */
export function reasonText(reason: string): string | undefined {
  const key = `reason.${reason}`
  return language.has(key) ? t(key as Key) : undefined
}
