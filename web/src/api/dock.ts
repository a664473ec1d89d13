/** The calls about docks: their addresses for the cockpit, and where a dock is for the dock itself. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Dock = Schemas['Dock']
export type DockMade = Schemas['DockMade']
export type DockView = Schemas['DockView']

export const docks = {
  list: async (channel: string): Promise<Dock[]> =>
    (await given(client.GET('/api/channels/{channel}/docks', at(channel)))).docks,
  make: (channel: string, label: string): Promise<DockMade> =>
    given(client.POST('/api/channels/{channel}/docks', { ...at(channel), body: { label } })),
  revoke: (channel: string, dock: string) =>
    given(client.DELETE('/api/channels/{channel}/docks/{dock}', { params: { path: { channel, dock } } })),
}

export const dock = {
  view: (): Promise<DockView> => given(client.GET('/api/dock')),
  /** Every call of this page is made by the dock's address from now on, and never by the browser's cookie. */
  actBy: (secret: string): void =>
    client.use({
      onRequest: ({ request }) => {
        const own = new Request(request, { credentials: 'omit' })
        own.headers.set('Authorization', `Bearer ${secret}`)
        return own
      },
    }),
}
