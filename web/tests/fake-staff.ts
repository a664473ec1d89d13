/** A channel's staff, what they did and what they noted, for component tests. */
import type { Act, Grade, Moderator, Note } from '../src/api/staff'
import type { World } from './fake-world'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

export function staffed() {
  return {
    moderators: [{ id: 'maud', name: 'Maud', grade: 'moderator' }] as Moderator[],
    acts: acts(),
    notes: [] as Note[],
  }
}

function acts(): Act[] {
  const maud = { id: 'maud', name: 'Maud' }
  const zed = { id: 'troll', name: 'Zed_99' }
  const act = (id: string, what: Partial<Act>): Act => ({
    ...{
      id,
      at: ago(600),
      by: maud,
      as: 'moderator',
      act: '',
      on: null,
      thing: '',
      reason: '',
      before: {},
      after: {},
    },
    ...what,
  })
  return [
    act('a4', {
      act: 'modes.set',
      thing: 'public',
      before: { slow: '0' },
      after: { slow: '30', unique: 'true' },
    }),
    act('a3', {
      ...{ act: 'sanction.imposed', on: zed, reason: 'selling followers', after: { kind: 'ban' } },
      before: { kind: 'timeout', until: ago(300), reason: 'spam' },
    }),
    act('a2', { act: 'message.removed', on: zed, thing: 'public/41', before: { written: ago(700) } }),
    act('a1', {
      act: 'quarrel.settled',
      as: 'owner',
      by: { id: 'ines', name: 'Inès' },
      after: { mood: 'calm' },
    }),
  ]
}

export function answerStaff(w: World, method: string, path: string, body: Record<string, unknown>): unknown {
  const [, , first, second] = path.split('/')
  if (first === 'audit') return { acts: w.acts, more: false }
  if (first === 'people') return notes(w, method, path, body)
  if (!second) return { moderators: w.moderators }
  const others = w.moderators.filter((m) => m.name !== second)
  const grade = body.grade as Grade
  w.moderators = method === 'PUT' ? [...others, { id: second, name: second, grade }] : others
  return undefined
}

function notes(w: World, method: string, path: string, body: Record<string, unknown>): unknown {
  if (method === 'GET') return { notes: w.notes }
  const id = path.split('/')[5]
  if (method === 'DELETE') w.notes = w.notes.filter((n) => n.id !== id)
  else {
    const note = {
      id: `n${w.notes.length}`,
      text: String(body.text),
      at: ago(0),
      by: 'ines',
      by_name: 'Inès',
    }
    w.notes = [note, ...w.notes]
    return note
  }
  return undefined
}
