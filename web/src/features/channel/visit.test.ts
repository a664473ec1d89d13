import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../../api/subspace'
import { api as questions } from '../../api/question'
import { schedule } from '../../api/schedule'
import { Refusal } from '../../api/refusal'
import { Connection } from '../../realtime/connection'
import type { EventData, EventKind, SubspaceEvent } from '../../realtime/frames'
import { Dates } from '../schedule/dates.svelte'
import { questionsOf } from '../question/questions.svelte'
import { FakeNetwork } from '../../../tests/fake-network'
import { Visit } from './visit.svelte'

const CROWD = 19_000

describe('Visit among a crowd', () => {
  let network: FakeNetwork
  let turned: number
  let seq: number

  const told = <K extends EventKind>(kind: K, data: EventData[K]) => {
    const event = { log: 'l', seq: ++seq, id: 'e', v: 1, at: '2026-11-22T18:30:00.000Z', kind, data }
    network.socket.say({ type: 'event', channel: 'ines', room: 'public', event: event as SubspaceEvent })
  }
  const readings = () =>
    [api.channel, api.playback, questions.questions, schedule.read].reduce(
      (n, call) => n + vi.mocked(call).mock.calls.length,
      turned,
    )

  beforeEach(() => {
    vi.stubGlobal('requestAnimationFrame', () => {})
    const gone = new Refusal({ reason: 'channel_missing', status: 404 })
    vi.spyOn(api, 'channel').mockRejectedValue(gone)
    vi.spyOn(api, 'playback').mockResolvedValue({
      state: 'offline',
      url: '',
      reason: '',
      video: '',
      codecs: '',
      whep: '',
      token: '',
      whep_reason: '',
    })
    vi.spyOn(questions, 'questions').mockRejectedValue(gone)
    vi.spyOn(schedule, 'read').mockRejectedValue(gone)
    network = new FakeNetwork()
    turned = seq = 0
    const connection = new Connection(network)
    connection.start()
    network.greet()
    const visit = new Visit(connection, 'ines', () => turned++)
    visit.open()
    network.answerLast((id) => ({
      ...{ type: 'entered', id, channel: 'ines', room: 'public', log: 'l', head: 0, events: [] },
      ...{ more: false, until: null, state: { viewers: CROWD } },
    }))
    questionsOf(visit)
    new Dates(connection, visit).follow()
  })

  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  it('reads what a live changes at a moment of its own, once', () => {
    const before = readings()
    network.chance = 0.5
    told('live.started', { broadcast: 'b', title: 'Tonight' })
    told('channel.changed', {})
    expect(readings()).toBe(before)
    network.pass(CROWD / 4 - 1)
    expect(readings()).toBe(before)
    network.pass(1)
    // The channel, the picture, the questions and the list of channels.
    expect(readings()).toBe(before + 4)
    network.pass(60_000)
    expect(readings()).toBe(before + 4)
  })

  it('reads what the end of a live changes at a moment of its own', () => {
    const before = readings()
    told('live.ended', { broadcast: 'b' })
    told('schedule.edited', {})
    expect(readings()).toBe(before)
    network.pass(CROWD / 2)
    // The picture, the questions, the list of channels and the dates.
    expect(readings()).toBe(before + 4)
  })

  it('reads what a door that opens for all changes at a moment of its own', () => {
    const before = readings()
    network.socket.say({ type: 'door', channel: 'ines', room: 'space', open: true, until: null })
    expect(readings()).toBe(before)
    network.pass(CROWD / 2)
    // The channel, the picture and the dates.
    expect(readings()).toBe(before + 3)
  })

  it('reads at once what concerns its own reader', () => {
    const before = readings()
    network.socket.say({ type: 'standing', channel: 'ines' })
    // The channel, the picture and the dates.
    expect(readings()).toBe(before + 3)
  })
})
