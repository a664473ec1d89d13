/** A digest as lines: what each is about, and the place that it leads to. */
import type { Digest } from '../../api/digest'
import { count, elapsed } from '../../i18n/format'
import { t } from '../../i18n/index.svelte'
import { percent, share } from '../poll/share'
import { threadTitle } from '../space/title'

export type Place =
  | { view: 'thread'; thread: string }
  | { view: 'mention'; seq: number }
  | { view: 'poll' | 'question'; id: string }
  | { view: 'chat' | 'threads' }
export type Kind = 'mention' | 'update' | 'poll' | 'answer' | 'thread' | 'missed'
export type Entry = { key: string; kind: Kind; what: string; title: string; text: string; to: Place }

/** What the creator made comes first, and among that what concerns the reader; talk comes last. */
export function entriesOf(digest: Digest): Entry[] {
  const mine = digest.answers.filter((a) => a.mine)
  const others = digest.answers.filter((a) => !a.mine)
  return [
    ...mine.map(answer),
    ...digest.mentions.map(mention),
    ...digest.updates.map(update),
    ...digest.polls.map(poll),
    ...others.map(answer),
    ...digest.threads.map(thread),
    ...missed(digest),
  ]
}

function mention(m: Digest['mentions'][number]): Entry {
  const to: Place = m.thread ? { view: 'thread', thread: m.thread } : { view: 'mention', seq: m.seq }
  const what = t('digest.mention', { name: m.name })
  return { key: `m${m.thread} ${m.seq}`, kind: 'mention', what, title: m.text, text: '', to }
}

function update(u: Digest['updates'][number]): Entry {
  const to: Place = { view: 'thread', thread: u.id }
  return {
    ...{ key: `u${u.id}`, kind: 'update', to },
    ...{
      what: u.more ? t('digest.manyUpdates', { many: count(u.posts) }) : t('digest.updates', { n: u.posts }),
      title: threadTitle(u),
      text: u.text,
    },
  }
}

function poll(p: Digest['polls'][number]): Entry {
  const to: Place = p.thread ? { view: 'thread', thread: p.thread } : { view: 'poll', id: p.id }
  return {
    ...{ key: `p${p.id}`, kind: 'poll', to, title: p.question },
    what: t(p.closed_at ? 'digest.pollClosed' : 'digest.pollOpen'),
    text: p.closed_at ? result(p.options) : '',
  }
}

/** What most people chose; all of it, when several were chosen as often. */
function result(options: { text: string; votes: number }[]): string {
  const voters = options.reduce((n, o) => n + o.votes, 0)
  const most = Math.max(...options.map((o) => o.votes))
  if (!voters) return t('digest.nobody')
  const first = options.filter((o) => o.votes === most)
  return first
    .map((o) => t('digest.chosen', { option: o.text, share: percent(share(o.votes, voters)) }))
    .join(', ')
}

function answer(a: Digest['answers'][number]): Entry {
  const at = a.offset_ms === null ? '' : elapsed(new Date(0).toISOString(), a.offset_ms)
  return {
    ...{ key: `a${a.id}`, kind: 'answer', title: a.text, text: a.reply, to: { view: 'question', id: a.id } },
    what: [
      t(a.mine ? 'digest.yours' : 'digest.answered'),
      !a.reply && (at ? t('digest.onCamera', { at }) : t('digest.onAir')),
    ]
      .filter(Boolean)
      .join(' · '),
  }
}

function thread(th: Digest['threads'][number]): Entry {
  const to: Place = { view: 'thread', thread: th.id }
  return { key: `t${th.id}`, kind: 'thread', what: t('digest.thread'), title: threadTitle(th), text: '', to }
}

function missed(d: Digest): Entry[] {
  const line = (view: 'chat' | 'threads', n: number, more: boolean): Entry[] =>
    n
      ? [
          {
            ...{ key: view, kind: 'missed', text: '', to: { view } },
            what: t(view === 'chat' ? 'digest.inChat' : 'digest.inThreads'),
            title: more ? t('digest.atLeast', { many: count(n) }) : t('digest.missed', { n }),
          },
        ]
      : []
  return [
    ...line('chat', d.missed, d.missed_more),
    ...line('threads', d.missed_threads, d.missed_threads_more),
  ]
}
