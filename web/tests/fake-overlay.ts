/** The OBS overlay of the fake server: what it shows, and how it is set up. */
import type { OverlaySetup } from '../src/api/overlay'
import type { OverlayView } from '../src/api/subspace'
import type { Answer } from './fake-server'
import type { World } from './fake-world'

export const aLayerSetup = (): OverlaySetup => ({
  ...{ theme: 'dark', size: 'medium' },
  ...{ question: 'bottom_left', poll: 'bottom_right', goal: 'top_right', alerts: 'top_left' },
  ...{ goal_on: false, goal_of: 100, goal_words: '', gifts: true, subscriptions: false },
})

export function aLayer(more: Partial<OverlayView> = {}): OverlayView {
  const { theme, size, question, poll, goal, alerts } = aLayerSetup()
  return {
    ...{ channel: 'ines', title: '', on_air: null, poll: null, goal: null },
    look: { theme, size, question, poll, goal, alerts },
    alerts: { gifts: true, subscriptions: false },
    ...more,
  }
}

export function answerOverlay(w: World, method: string, rest: string, body: Partial<OverlaySetup>): Answer {
  if (rest === '/C/docks') return { status: 200, body: { docks: [] } }
  if (rest === '/C/overlay') return method === 'DELETE' ? { status: 204 } : { status: 200, body: w.overlay }
  if (method === 'PATCH') {
    if (body.goal_of === 0) return { status: 422, body: { reason: 'goal_invalid' } }
    Object.assign(w.layer, body)
  }
  return { status: 200, body: { ...w.layer } }
}
