/** The calls about money, by the name of what they do: tiers, checkouts, subscriptions, sales. */
import { at, client, given } from './client'
import type { components } from './schema'

type Schemas = components['schemas']
export type Tier = Schemas['Tier']
export type TierChange = Schemas['TierChange']
export type Checkout = Schemas['Checkout']
export type Subscription = Schemas['Subscription']
export type PlanPreview = Schemas['PlanPreview']
export type Sale = Schemas['Sale']
export type Subscriber = Schemas['Subscriber']
export type Period = Checkout['period']
/** What is charged every period, by name. */
export type Plan = { tier: string; period: Period }
/** What a subscriber may ask for without saying more. */
export type Wish = 'cancel' | 'resume' | 'pause' | 'keep-plan' | 'withdraw'

const of = (subscription: string) => ({ params: { path: { subscription } } })

export const api = {
  tiers: async (channel: string) =>
    (await given(client.GET('/api/channels/{channel}/tiers', at(channel)))).tiers,
  addTier: (channel: string, body: TierChange) =>
    given(client.POST('/api/channels/{channel}/tiers', { ...at(channel), body })),
  changeTier: (channel: string, tier: string, body: TierChange) =>
    given(client.PUT('/api/channels/{channel}/tiers/{tier}', { params: { path: { channel, tier } }, body })),

  /** Idempotent on key: one key is one attempt to subscribe. */
  openCheckout: (
    channel: string,
    body: {
      key: string
      tier?: string
      period?: Period
      country?: string
      language?: string
      of_age?: boolean
      terms?: string
    },
  ) => given(client.POST('/api/channels/{channel}/checkout', { ...at(channel), body })),
  checkout: (checkout: string) =>
    given(client.GET('/api/checkouts/{checkout}', { params: { path: { checkout } } })),
  /** Approved is the holder's word, for the card that asks for it. */
  payInSandbox: (checkout: string, card: string, approved = false) =>
    given(
      client.POST('/api/sandbox/checkouts/{checkout}/pay', {
        params: { path: { checkout } },
        body: { card, approved },
      }),
    ),

  subscriptions: async () => (await given(client.GET('/api/subscriptions'))).subscriptions,
  wish: (id: string, wish: Wish) => given(client.POST(`/api/subscriptions/{subscription}/${wish}`, of(id))),
  previewChange: (id: string, body: Plan) =>
    given(client.POST('/api/subscriptions/{subscription}/preview', { ...of(id), body })),
  /** Charges at most `most`, and on one key once. */
  changePlan: (id: string, body: Plan & { key: string; most: number }) =>
    given(client.POST('/api/subscriptions/{subscription}/change', { ...of(id), body })),
  /** The provider's page to change the card at; '' when it has none. */
  cardPage: async (id: string) =>
    (await given(client.POST('/api/subscriptions/{subscription}/card', of(id)))).url,
  letTimePass: (id: string, hours: number) =>
    given(client.POST('/api/sandbox/subscriptions/{subscription}/forward', { ...of(id), body: { hours } })),
  payments: async () => (await given(client.GET('/api/payments'))).sales,

  /** A page of those whose right holds now, after the right that ended the page before. */
  subscribers: async (channel: string, after?: string) =>
    (
      await given(
        client.GET('/api/channels/{channel}/subscribers', {
          params: { path: { channel }, query: { after } },
        }),
      )
    ).subscribers,
  /** Gives a badge a picture, or another one. */
  setBadge: (channel: string, badge: string, file: Blob) =>
    given(
      client.PUT('/api/channels/{channel}/badges/{badge}', {
        params: { path: { channel, badge } },
        body: file as unknown as string,
        bodySerializer: (body) => body,
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
    ),
  dropBadge: (channel: string, badge: string) =>
    given(client.DELETE('/api/channels/{channel}/badges/{badge}', { params: { path: { channel, badge } } })),
  /** A page of sales, newest first, after the one that ended the page before. */
  sales: async (channel: string, last?: Sale) =>
    (
      await given(
        client.GET('/api/channels/{channel}/sales', {
          params: { path: { channel }, query: { provider: last?.provider, after: last?.id } },
        }),
      )
    ).sales,
  /** Without an amount all that is left of the sale. One key pays back once. */
  refund: (
    channel: string,
    { provider, id: sale }: Sale,
    body: { amount?: number; end?: boolean; key: string },
  ) =>
    given(
      client.POST('/api/channels/{channel}/sales/{provider}/{sale}/refund', {
        params: { path: { channel, provider, sale } },
        body,
      }),
    ),
}
