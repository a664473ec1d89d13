/** What share of the votes an option has, in numbers and words. */
import { language } from '../../i18n/index.svelte'

export const share = (votes: number, voters: number): number => (voters ? votes / voters : 0)

export const percent = (part: number): string =>
  new Intl.NumberFormat(language.current, { style: 'percent', maximumFractionDigits: 0 }).format(part)
