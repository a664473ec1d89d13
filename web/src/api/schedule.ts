/** The calls about lives that are planned. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type PlannedLive = Schemas['PlannedLive']
export type Schedule = Schemas['Schedule']
export type PlanWish = { title: string; starts: string; minutes: number; private?: boolean }

const of = (channel: string, plan: string) => ({ params: { path: { channel, plan } } })

export const schedule = {
  read: (channel: string): Promise<Schedule> =>
    given(client.GET('/api/channels/{channel}/schedule', at(channel))),
  add: (channel: string, body: PlanWish): Promise<PlannedLive> =>
    given(client.POST('/api/channels/{channel}/schedule', { ...at(channel), body })),
  change: (channel: string, plan: string, body: Partial<PlanWish>): Promise<PlannedLive> =>
    given(client.PATCH('/api/channels/{channel}/schedule/{plan}', { ...of(channel, plan), body })),
  cancel: (channel: string, plan: string): Promise<PlannedLive> =>
    given(client.DELETE('/api/channels/{channel}/schedule/{plan}', of(channel, plan))),
  /** A fresh secret address, told this once; the one before stops. */
  calendar: async (channel: string) =>
    (await given(client.POST('/api/channels/{channel}/schedule/calendar', at(channel)))).url,
  dropCalendar: (channel: string) =>
    given(client.DELETE('/api/channels/{channel}/schedule/calendar', at(channel))),
  letters: (channel: string, want: boolean) =>
    given(
      want
        ? client.PUT('/api/channels/{channel}/schedule/letters', at(channel))
        : client.DELETE('/api/channels/{channel}/schedule/letters', at(channel)),
    ),
}
