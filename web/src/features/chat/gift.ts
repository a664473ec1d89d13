/** A gift in words: one sentence for the chat, for who is about to give, and for a voice that reads. */
import { language, t } from '../../i18n/index.svelte'

export type GiftSaid = {
  /** Who gave; '' when they stay unnamed. */
  name: string
  people: number
  /** That each of them got. */
  months: number
  /** A few of those who got something, by name. */
  to: string[]
}

/** "Bea gave Cy 3 months of the Sub Space." */
export function giftText({ name, people, months, to }: GiftSaid): string {
  const giver = name || t('gift.somebody')
  if (people === 1 && to[0]) return t('gift.saidOne', { name: giver, to: to[0], n: months })
  return t('gift.saidRoom', { name: giver, n: people })
}

/** "Cy, Di, El and 9 more"; '' where the sentence names everybody, or nobody. */
export function giftNames({ people, to }: GiftSaid): string {
  if (people === 1 || !to.length) return ''
  const more = people - to.length
  const list = more > 0 ? [...to, t('gift.more', { n: more })] : to
  return new Intl.ListFormat(language.current, { type: 'conjunction' }).format(list)
}
