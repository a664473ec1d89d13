/** The calls about what a creator is paid. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Payouts = Schemas['Payouts']
export type Payee = Schemas['Payee']
export type Earnings = Schemas['Earnings']
export type Payout = Schemas['Payout']
export type Statement = Schemas['Statement']

export const api = {
  payouts: (channel: string) => given(client.GET('/api/channels/{channel}/payouts', at(channel))),
  /** A page of payouts, after the one that ended the page before. */
  past: async (channel: string, after: string) =>
    (
      await given(
        client.GET('/api/channels/{channel}/payouts/past', {
          params: { path: { channel }, query: { after } },
        }),
      )
    ).payouts,
  statement: (channel: string, payout: string) =>
    given(
      client.GET('/api/channels/{channel}/payouts/{payout}/statement', {
        params: { path: { channel, payout } },
      }),
    ),
  setPayee: (channel: string, body: Payee) =>
    given(client.PUT('/api/channels/{channel}/payouts/payee', { ...at(channel), body })),
  /** The provider's page on which the account is opened or completed. */
  openAccount: async (channel: string) =>
    (await given(client.POST('/api/channels/{channel}/payouts/account', at(channel)))).url,
  checkAccount: (channel: string) =>
    given(client.POST('/api/channels/{channel}/payouts/account/check', at(channel))),
  completeInSandbox: async (account: string, refuses: boolean): Promise<void> => {
    await given(
      client.POST('/api/sandbox/accounts/{account}', { params: { path: { account } }, body: { refuses } }),
    )
  },
}
