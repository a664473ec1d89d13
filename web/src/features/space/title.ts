import { t, type Key } from '../../i18n/index.svelte'

/** A thread's title, or its suggested topic in the reader's language. */
export const threadTitle = (thread: { title: string; prompt: string }): string =>
  thread.title || promptTitle(thread.prompt)

export const promptTitle = (prompt: string): string => t(`thread.prompt.${prompt}` as Key)
