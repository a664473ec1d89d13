/** Planned lives, for pictures and component tests. */
import type { PlannedLive, Schedule } from '../src/api/schedule'
import type { Answer } from './fake-server'
import type { World } from './fake-world'

export const unplanned = (): Schedule => ({ lives: [], calendar: false, letters: false })

export const planned = (
  id: string,
  title: string,
  days: number,
  more: Partial<PlannedLive> = {},
): PlannedLive => {
  const at = new Date(Date.now() + days * 86_400_000)
  at.setUTCHours(19, 0, 0, 0)
  return { id, title, starts: at.toISOString(), minutes: 0, private: false, cancelled: false, ...more }
}

export function answerSchedule(w: World, method: string, rest: string, body: Partial<PlannedLive>): Answer {
  const { dates } = w
  const id = rest.split('/')[3]
  if (id === 'calendar') {
    dates.calendar = method === 'POST'
    return method === 'POST'
      ? { status: 200, body: { url: `${location.origin}/api/calendar/secret-of-a-test/lives.ics` } }
      : { status: 204 }
  }
  if (id === 'letters') {
    dates.letters = method === 'PUT'
    return { status: 204 }
  }
  const found = dates.lives.find((live) => live.id === id)
  if (method === 'GET') return { status: 200, body: { ...dates, lives: [...dates.lives] } }
  if (method === 'POST') {
    const live = { ...planned(`p${dates.lives.length}`, '', 1), ...body }
    dates.lives = [...dates.lives, live]
    return { status: 201, body: live }
  }
  const live = { ...found!, ...body, ...(method === 'DELETE' && { cancelled: true }) }
  dates.lives = dates.lives.map((other) => (other.id === id ? live : other))
  return { status: 200, body: live }
}
