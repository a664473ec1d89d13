/** The socket's frames and the log's events, written once. The server's contract is the source. */
import type { Modes } from '../api/room'
import type { Counts } from '../api/message'
import type { Account } from '../api/subspace'

export type RoomName = 'public' | 'space'
/** Where words are written: a room, or one thread of the Sub Space. */
export type LogName = RoomName | 'thread'

export type Author = {
  id: string
  name: string
  role: 'none' | 'moderator' | 'owner'
  subscriber: boolean
  months: number
  badge: string
  /** Whose badges are shown, where this tier has pictures of its own. */
  tier?: string
}

/** Somebody who is meant, by the name they had then. */
export type Mention = { id: string; name: string }
/** One of an update, with its measures. */
export type Picture = { id: string; width: number; height: number; alt: string }

/** A picture that stands in a text wherever its code does between colons. */
export type HeldEmote = { code: string; id: string }

/** What the page behind a message's first address says of itself: the words of strangers. */
export type Preview = { seq: number; url: string; site: string; title: string; description: string }

/** What stands above a chat. */
export type Pinned = { seq: number; author: Author; text: string; by: string; emotes?: HeldEmote[] }

/** Name and excerpt are empty when the quoted message was removed. */
export type ReplyTo = { seq: number; name: string; excerpt: string }

/** What each kind of event carries. A kind that is missing here is one this client does not know. */
export type EventData = {
  'message.posted': {
    author: Author
    text: string
    reply_to?: ReplyTo
    announcement?: boolean
    pictures?: Picture[]
    /** Who is meant, where the text has their name after an @. */
    mentions?: Mention[]
    /** The pictures that codes in the text stand for. */
    emotes?: HeldEmote[]
  }
  'message.pinned': Pinned
  /** Of the message `seq`; the rest is '' once that was removed. */
  'message.previewed': Preview
  'message.unpinned': { seq: number; by: string }
  'message.removed': { seqs: number[]; by: 'author' | 'moderator' | 'sanction' }
  'message.tombstone': { by: 'author' | 'moderator' | 'sanction' }
  /** What was asked before there were public questions lacks the last two. */
  'question.asked': {
    question: string
    name: string
    text: string
    author?: Author
    audience?: RoomName
    first?: boolean
  }
  'question.aired': { question: string; name: string; text: string }
  'question.answered': { question: string }
  'question.returned': { question: string }
  'question.skipped': { question: string }
  'question.replied': { question: string; author: Author; text: string }
  'question.published': { question: string; name: string; text: string; answer: string; by: string }
  'question.merged': { question: string; into: string }
  'questions.arranged': { first: string[] }
  /** `name` is '' when the giver stays unnamed; `months` is what each of `people` got. */
  'gift.given': {
    name: string
    tier: string
    tier_name: string
    months: number
    people: number
    to: string[]
  }
  'poll.opened': {
    poll: string
    question: string
    options: string[]
    changeable: boolean
    results: 'live' | 'end'
    closes_at: string | null
  }
  'poll.closed': {
    poll: string
    question: string
    options: { text: string; votes: number }[]
    voters: number
  }
  'live.started': { broadcast: string; title: string }
  'live.interrupted': { broadcast: string }
  'live.resumed': { broadcast: string }
  'live.ended': { broadcast: string }
  'live.titled': { broadcast: string; title: string }
  /** `title` is '' when the suggested topic `prompt` is the title. */
  'thread.opened': { thread: string; kind: 'topic' | 'update'; title: string; prompt: string; level: number }
  'thread.changed': { thread: string; title: string; pinned: boolean; closed: boolean; archived: boolean }
  'schedule.edited': object
  /** Told once for all edits of a short time. `was` is when it was to start, where that changed. */
  'schedule.changed': { plan: string; title: string; starts: string; was?: string; cancelled: boolean }
  /** How the room is written in from now on, all of it. */
  'modes.changed': Modes
  'space.opened': object
  'space.closed': object
  'channel.changed': object
  'emotes.changed': object
}

export type EventKind = keyof EventData

type Envelope = { log: string; seq: number; id: string; v: number; at: string }

/** One fact of a log, the same in REST and on the socket. Narrow it by `kind`. */
export type SubspaceEvent = { [K in EventKind]: Happened<K> }[EventKind]
export type Happened<K extends EventKind> = Envelope & { kind: K; data: EventData[K] }

/** Where an audience sits: a room of a channel, or the overlay of one, known only by its secret. */
export type Located = { channel: string; room: LogName; thread?: string }
export type Place = Located | { overlay: string; room: 'public'; thread?: undefined }

/** `modes` and `pinned` come with the answer to `enter`; later they are events. */
export type Passing = { viewers: number; inside?: number; modes?: Modes; pinned?: Pinned }

/** `history` is that of the answer the cursor comes from: after a restored backup it is another. */
type Enter = Place & { type: 'enter'; cursor?: number; history?: string }
type Leave = Located & { type: 'leave' }
type Post = Located & {
  type: 'post'
  key: string
  text: string
  reply_to?: number
  announcement?: boolean
  pictures?: { id: string; alt: string }[]
  mentions?: string[]
}
type Vote = { type: 'vote'; channel: string; poll: string; option: number }
export type Request = Enter | Leave | Post | Vote | { type: 'ping' }
export type ClientFrame = Request & { id: string }

export type Entered = Located & {
  type: 'entered'
  id: string
  log: string
  history?: string
  head: number
  events: SubspaceEvent[]
  more: boolean
  until: string | null
  state: Passing
}
export type Ack = Located & { type: 'ack'; id: string; seq: number; event: SubspaceEvent }
/** The vote is stored. */
export type Voted = { type: 'voted'; id: string; channel: string; poll: string; option: number }
export type Refused = { type: 'refused'; id: string; reason: string; detail: string; retry_after?: number }
export type Closed = Located & { type: 'closed'; reason: string; detail: string }
export type StandingChanged = { type: 'standing'; channel: string }
export type Door = { type: 'door'; channel: string; room: 'space'; open: true; until: string | null }
/** What happened in threads that everybody inside may read, since we were last told. */
export type Threads = { type: 'threads'; channel: string; moved: Moved[] }
export type Moved = {
  thread: string
  head: number
  posts: number
  at?: string
  last?: { name: string; text: string }
  removed?: boolean
}
/** How many votes questions of a room have now. */
export type Votes = Located & { type: 'votes'; votes: Record<string, number> }
/** How many chose each option of an open poll now. */
export type Totals = Located & { type: 'poll'; poll: string; totals: number[] }
/** What stands at messages of a room now, by their sequences. */
export type ReactionTotals = Located & { type: 'reactions'; reactions: Record<number, Counts> }
/** To overlays only: how they are set up is another; how many people hold a right; so many subscribed just now. */
export type OverlayTold =
  | { type: 'overlay'; channel: string }
  | { type: 'goal'; channel: string; people: number }
  | { type: 'begun'; channel: string; people: number }
export type State = Passing & { type: 'state'; channel: string }
/** A stretch of the log, both ends included, that will not come. */
export type Skipped = Located & { type: 'skipped'; from: number; to: number; why: 'sampled' | 'slow' }
/** The server goes away and says when to come back, in seconds. */
export type Goodbye = { type: 'goodbye'; retry_after: number }
export type Arrived = Located & { type: 'event'; event: SubspaceEvent }

export type ServerFrame =
  | { type: 'hello'; account: Account | null; session: string; dock?: { id: string; channel: string } }
  | Entered
  | (Located & { type: 'left'; id: string })
  | Arrived
  | Skipped
  | Goodbye
  | Ack
  | Voted
  | Refused
  | Closed
  | Door
  | StandingChanged
  | State
  | Threads
  | Totals
  | Votes
  | ReactionTotals
  | OverlayTold
  | { type: 'pong'; id: string }
