/** People, words and numbers for pictures and component tests. Nothing here reaches the product. */
import type { LiveFigures } from '../src/api/insight'
import type { Poll } from '../src/api/poll'
import type { Author, SubspaceEvent, Pinned } from '../src/realtime/frames'
import { nothing } from './fake-digest'
import { attention, questions } from './fake-queue'
import { aLayerSetup } from './fake-overlay'
import { unplanned } from './fake-schedule'
import { unset } from './fake-setup'
import type { Channel, ChannelCard, Session, Standing } from '../src/api/subspace'
import type { Term } from '../src/api/room'
import type { Checkout, PlanPreview, Subscription, Tier } from '../src/api/subscription'
import { details, signedIn } from './fake-account'
import { staffed } from './fake-staff'
import { someReactions } from './fake-reactions'
import { someEmotes } from './fake-emotes'
import { someThreads } from './fake-threads'
import { buyer, imported, papers, sales, subscribers } from './fake-books'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
const ahead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

export const people = {
  ines: author('ines', 'Inès Marchetti', { role: 'owner' }),
  priya: author('priya', 'Priya', { subscriber: true, months: 11, badge: 'm6' }),
  bastien: author('bastien', 'Bastien', { subscriber: true, months: 9, badge: 'm6' }),
  yuna: author('yuna', 'Yuna', { subscriber: true, months: 14, badge: 'm12' }),
  noa: author('noa', 'Noa'),
  sam: author('sam', 'Sam K'),
  maud: author('maud', 'Maud', { role: 'moderator' }),
  theo: author('theo', 'Théo R.'),
}

function author(id: string, name: string, more: Partial<Author> = {}): Author {
  return { id, name, role: 'none', subscriber: false, months: 0, badge: '', ...more }
}

type Line = [Author, string, { seq: number; name: string; excerpt: string }?]

const publicLines: Line[] = [
  [people.theo, 'good evening from Brno'],
  [people.noa, 'is the small one still there?'],
  [people.priya, 'she keeps two back for the winter market'],
  [people.maud, 'that blue is unreal in this light'],
  [people.sam, 'do you ship to Berlin?'],
  [people.ines, 'Yes, once a week. Everything is packed in straw.'],
  [people.theo, 'first time here, is it stoneware?'],
  [
    people.ines,
    'Stoneware, yes. Fired at 1,240 °C.',
    { seq: 8, name: 'Théo R.', excerpt: 'first time here, is it stoneware?' },
  ],
  [people.priya, 'she explains the whole glaze recipe in Sub Space'],
  [people.sam, 'how long does one firing take?'],
  [people.noa, 'ordered the small one 😍'],
]

const spaceLines: Line[] = [
  [people.priya, 'Is the cone 6 batch from the same clay as in October?'],
  [people.ines, 'Same clay, new bag. I wedged it twice.'],
  [people.bastien, 'Mine crawled at the foot every time until I followed your advice, thank you'],
  [
    people.ines,
    'The recipe you asked for: three parts cobalt, one part rutile, and the part nobody writes down: sieve it twice.',
  ],
  [people.priya, 'Sharing my test tiles from Sunday, rutile goes down from left to right'],
  [people.yuna, 'That is my question, hello everyone'],
]

function log(room: string, lines: Line[], notices: SubspaceEvent[] = []): SubspaceEvent[] {
  const posted = lines.map(([from, text, reply], i): SubspaceEvent => {
    const data = { author: from, text, ...(reply ? { reply_to: reply } : {}) }
    return { ...stamp(room, i + 1, (lines.length - i) * 21), kind: 'message.posted', data }
  })
  return [...posted, ...notices.map((n, i) => ({ ...n, seq: lines.length + 1 + i }))]
}

function stamp(room: string, seq: number, seconds: number) {
  return { log: room, seq, id: `${room}-${seq}`, v: 1 as const, at: ago(seconds) }
}

const noModes = () => ({
  ...{ slow: 0, followers: false, followed_for: 0, subscribers: false, emotes: false, unique: false },
})

export type World = ReturnType<typeof world>
export type Role = 'anonymous' | 'light' | 'full' | 'subscriber' | 'moderator' | 'owner'

/** A channel that is live, seen by somebody of that role. Change the fields before serving it. */
export function world(role: Role = 'anonymous') {
  const inside = role === 'subscriber' || role === 'owner' || role === 'moderator'
  const session: Session = {
    account: accountOf(role),
    setup: false,
    sandbox: true,
    mail: true,
    passkeys_off: '',
    version: 'test',
  }
  const card: ChannelCard = {
    handle: 'ines',
    title: 'Inès Marchetti, ceramics',
    owner_name: people.ines.name,
    live: {
      id: 'b1',
      title: 'Glazing the Lune vase, last kiln of the year',
      state: 'live',
      started_at: ago(4328),
    },
    viewers: 2418,
    space_open: true,
  }
  const onAir = {
    question: 'q0',
    text: 'How do you stop the drips at the shoulder?',
    name: 'Yuna',
    since: ago(84),
    audience: 'public' as const,
  }
  const channel: Channel = {
    ...card,
    price: { minor: 499, currency: 'EUR' },
    period: 'month',
    live_audience: 'public',
    space_name: '',
    space_opens: 'always' as Channel['space_opens'],
    space_level: 1,
    on_air: onAir,
    poll_open: false,
    badges: [],
    tier_badges: [],
    followers: 1204,
    modes: { public: noModes(), space: inside ? noModes() : null },
    previews: { allowed: true, public: false, space: false },
    me: {
      role: role === 'owner' || role === 'moderator' ? role : 'none',
      grade: role === 'moderator' ? ('moderator' as Standing['grade']) : 'none',
      subscriber: role === 'subscriber',
      months: role === 'subscriber' ? 3 : 0,
      inside,
      reason: inside ? '' : role === 'anonymous' ? 'sign_in' : 'subscribers_only',
      until: null,
      follows_since: null,
      writing: {
        public: { reason: role === 'anonymous' ? 'sign_in' : '', until: null },
        space: { reason: inside ? '' : 'subscribers_only', until: null },
      },
      gift: null,
      answered: [],
    },
  }
  const aired: SubspaceEvent = {
    ...stamp('public', 0, 84),
    kind: 'question.aired',
    data: { question: onAir.question, name: onAir.name, text: onAir.text },
  }
  return {
    session,
    channels: [card, ...otherCards()],
    channel,
    playback: {
      state: 'live' as 'live' | 'offline' | 'interrupted',
      url: '/hls/token/ines/main.m3u8',
      reason: '',
    },
    logs: { public: log('public', publicLines, [aired]), space: log('space', spaceLines) },
    questions: questions(role),
    polls: [] as Poll[],
    /** Why votes are refused; '' when they are not. */
    refuseVotes: '',
    digest: nothing(),
    refuseTold: false,
    ...someThreads(),
    reactions: someReactions(),
    /** What stands above the chats, by log. */
    pinned: {} as Record<string, Pinned>,
    /** Reacting is refused with this reason; '' accepts. */
    refuseReaction: '',
    refusePicture: '',
    uploaded: 0,
    attention: attention(),
    figures: undefined as LiveFigures | undefined,
    setup: unset(),
    dates: unplanned(),
    inside: 146,
    /** What the server says of the channel is on its way until then. */
    held: undefined as Promise<void> | undefined,
    tiers: [tier('t1', 1, 499)],
    /** Who takes payments. */
    providers: ['sandbox'],
    buyer: buyer(),
    papers: papers(),
    threeTiers: threeTiers(),
    moreSubscriptions: moreSubscriptions(),
    checkout: undefined as Checkout | undefined,
    /** Given as the answer to a payment that no card decides. */
    card: 'complete' as Checkout['state'],
    /** The provider has a page to pay at. */
    page: '',
    /** So many people of the room can be given something. */
    eligible: 12,
    /** The buyer has had a trial here. */
    tried: false,
    subscriptions: subscriptions(),
    preview: preview(),
    payments: sales().map((sale) => ({ ...sale, buyer: 'Noa', share: null })),
    sales: sales(),
    subscribers: subscribers(),
    /** What becomes of a list of rights. */
    imported: imported(),
    ...staffed(),
    sanctions: [
      {
        account: 'troll',
        name: 'Zed_99',
        kind: 'timeout' as const,
        until: ahead(0.02),
        reason: 'selling followers',
        by_name: 'Maud',
        at: ago(600),
      },
    ],
    ingest: {
      server: 'rtmp://live.example.org:1935/live',
      key: 'ines-7f3c9a1e0b52d4',
      whip: '',
      health: {
        publishing: true,
        video: 'H.264',
        audio: 'AAC',
        width: 1080,
        height: 1920,
        bitrate_kbps: 4210,
        keyframe_seconds: 2,
        b_frames: false,
      },
    },
    overlay: { secret: 'ov-secret', url: '/overlay/ov-secret' },
    layer: aLayerSetup(),
    details: details(role !== 'light' && role !== 'anonymous'),
    sessions: signedIn(),
    /** What opens the account is changed only after a proof. */
    unproved: false,
    /** What is kept of the account never comes, or cannot be read. */
    hold: false,
    fail: false,
    /** REST answers fail; the socket does not open. */
    down: false,
    /** The socket opens and is lost again at once. */
    cut: false,
    /** Posting is refused with this reason; '' accepts. */
    refuse: '',
    /** What the channel blocks. */
    terms: [] as Term[],
    /** Seconds that a refusal says to wait. */
    refuseFor: 0,
    /** Checkouts are refused with this reason. */
    refuseCheckout: '',
    refuseBadge: '',
    emotes: someEmotes(),
    refuseEmote: '',
    /** What was said about spending cannot be read. */
    refuseBuyer: '',
    /** Claim codes are. */
    refuseCode: '',
    /** Gifts are. */
    refuseGift: '',
    /** A change of plan is. */
    refuseChange: '',
    /** Nobody can say what was paid. */
    refusePayments: false,
    /** REST never answers. */
    slow: false,
  }
}

function accountOf(role: Role): Session['account'] {
  if (role === 'anonymous') return null
  const language = 'en'
  if (role === 'owner') return { id: 'ines', name: people.ines.name, kind: 'full', operator: true, language }
  if (role === 'moderator') return { id: 'maud', name: 'Maud', kind: 'full', operator: false, language }
  return { id: 'noa', name: 'Noa', kind: role === 'light' ? 'light' : 'full', operator: false, language }
}

function otherCards(): ChannelCard[] {
  const card = (handle: string, owner_name: string, title: string, viewers: number): ChannelCard => ({
    handle,
    title,
    owner_name,
    viewers,
    space_open: viewers !== 540,
    live: viewers ? { id: handle, title, state: 'live', started_at: ago(viewers * 3) } : null,
  })
  return [
    card('anselm', 'Anselm Roux', 'Rye, from starter to crust', 861),
    card('oskar', 'Oskar Lind', 'One chord, twelve patches', 1207),
    card('marek', 'Marek Novotný', 'Endgames you keep losing', 540),
    card('wren', 'Wren Adeyemi', 'A winter windowsill', 0),
    card('alix', 'Alix Moreau', 'Cables, without a chart', 0),
  ]
}

function subscriptions(): Subscription[] {
  const one = (
    id: string,
    channel_title: string,
    months: number,
    more: Partial<Subscription> = {},
  ): Subscription => ({
    id,
    channel: id,
    channel_title,
    state: 'active',
    cancel_at_period_end: false,
    tier: 't1',
    tier_name: '',
    price: { minor: 499, currency: 'EUR' },
    period: 'month',
    next: null,
    trial_end: null,
    card_last4: '4242',
    sandbox: true,
    provider: 'sandbox',
    started_at: ago(86_400 * 30 * (months + 1)),
    period_end: ahead(23),
    access_until: ahead(23),
    reduced: false,
    months,
    ...more,
  })
  return [
    one('ines', 'Inès Marchetti, ceramics', 3, { tier_name: 'Studio' }),
    one('oskar', 'Oskar Lind', 14, {
      price: { minor: 3900, currency: 'EUR' },
      period: 'year',
      period_end: ahead(9),
      access_until: ahead(9),
    }),
    one('anselm', 'Anselm Roux', 1, { cancel_at_period_end: true, access_until: ahead(11) }),
    one('marek', 'Marek Novotný', 5, { state: 'past_due', access_until: ahead(4) }),
  ]
}

/** One of each standing that the list above has not. */
export function moreSubscriptions(): Subscription[] {
  const [first] = subscriptions()
  const like = (id: string, channel_title: string, more: Partial<Subscription>): Subscription => ({
    ...first!,
    id,
    channel: id,
    channel_title,
    ...more,
  })
  const next = { tier: 't1', tier_name: 'Studio', period: 'month', price: eur(499) } as const
  const kiln = { tier: 't2', tier_name: 'Kiln', period: 'year', price: eur(9900) } as const
  return [
    like('ines', 'Inès Marchetti, ceramics', { ...kiln, next, months: 26, started_at: ago(86_400 * 3) }),
    like('wren', 'Wren Adeyemi', { state: 'trialing', months: 0, trial_end: ahead(5), period_end: ahead(5) }),
    like('alix', 'Alix Moreau', { state: 'paused', months: 7 }),
    like('oskar', 'Oskar Lind', { state: 'paused', months: 2, period_end: ago(86_400 * 12) }),
    like('marek', 'Marek Novotný', { state: 'ended', months: 5, access_until: ago(86_400 * 40) }),
  ]
}

const eur = (minor: number) => ({ minor, currency: 'EUR' })

/** A tier without a name and perks, sold by the month: what a creator begins with. */
export function tier(id: string, level: number, month: number, more: Partial<Tier> = {}): Tier {
  return {
    id,
    name: '',
    level,
    perks: [],
    month: eur(month),
    year: null,
    trial_days: 0,
    on_sale: true,
    ...more,
  }
}

/** What a creator sells who has thought about it. */
export const threeTiers = (): Tier[] => [
  tier('t1', 1, 499, {
    name: 'Studio',
    year: eur(4900),
    trial_days: 7,
    perks: ['The room and its questions'],
  }),
  tier('t2', 2, 999, {
    name: 'Kiln',
    year: eur(9900),
    perks: ['Everything of Studio', 'Glaze recipes, written out', 'Subscribers’ price on pinned pieces'],
  }),
  tier('t3', 3, 2500, { name: 'Patron', perks: ['Everything of Kiln', 'A cup each December'] }),
]

function preview(): PlanPreview {
  return {
    now: true,
    credit: eur(370),
    due: eur(4530),
    price: eur(4900),
    at: ahead(0),
    renews_at: ahead(365),
  }
}
