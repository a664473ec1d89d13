import type { components } from '../../api/schema'

type Badges = Pick<components['schemas']['Channel'], 'badges' | 'tier_badges'>

/** The creator's own pictures, by the badge they stand for, those of one tier by its name and theirs. */
export const picturesOf = ({ badges, tier_badges }: Badges): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...badges.map(({ badge, picture }) => [badge, picture]),
    ...tier_badges.map(({ tier, badge, picture }) => [tier + badge, picture]),
  ])
