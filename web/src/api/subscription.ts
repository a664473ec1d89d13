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
export type Right = Schemas['Right']
export type RightWish = Schemas['Give-rightRequest']
export type ImportResult = Schemas['ImportResult']
export type RefundWish = { amount?: number; end?: boolean; key: string }
export type Paper = Schemas['Paper']
export type PaperPage = Schemas['PaperPage']
export type Buyer = Schemas['Buyer']
export type Period = Checkout['period']
/** What is charged every period, by name. */
export type Plan = { tier: string; period: Period }
/** What a subscriber may ask for without saying more. */
export type Wish = 'cancel' | 'resume' | 'pause' | 'keep-plan' | 'withdraw'

/** Who is paid elsewhere: its people enter a code, and charge, change and end nothing here. */
export const PATRONS = 'patrons'

const of = (subscription: string) => ({ params: { path: { subscription } } })

export const api = {
  tiers: async (channel: string) =>
    (await given(client.GET('/api/channels/{channel}/tiers', at(channel)))).tiers,
  /** What is on sale, and who takes payments for it, the usual one first. */
  shop: (channel: string) => given(client.GET('/api/channels/{channel}/tiers', at(channel))),
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
      provider?: string
      country?: string
      language?: string
      of_age?: boolean
      terms?: string
    },
  ) => given(client.POST('/api/channels/{channel}/checkout', { ...at(channel), body })),
  /** Idempotent on key. Either a name and months, or a number of people of the room. */
  openGift: (
    channel: string,
    body: {
      key: string
      tier?: string
      name?: string
      months?: number
      people?: number
      named?: boolean
      country?: string
      language?: string
      of_age?: boolean
      terms?: string
    },
  ) => given(client.POST('/api/channels/{channel}/gift', { ...at(channel), body })),
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

  /** Enters the code of somebody who pays elsewhere. */
  claim: (checkout: string, code: string) =>
    given(
      client.POST('/api/patrons/checkouts/{checkout}/claim', {
        params: { path: { checkout } },
        body: { code },
      }),
    ),
  /** What I allow myself to spend, and what of it is spent. */
  buyer: () => given(client.GET('/api/buyer')),
  /** A lower limit holds at once, a higher one after a day; 0 is for none. */
  setCap: (cap: number) => given(client.PATCH('/api/buyer', { body: { cap } })),

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
  /** A page of what one paid, newest first, after the one that ended the page before. */
  payments: async (last?: Sale) =>
    (
      await given(
        client.GET('/api/payments', { params: { query: { provider: last?.provider, after: last?.id } } }),
      )
    ).sales,
  /** A page of invoices and credit notes, newest first, after the one that ended the page before. */
  papers: async (last?: Paper) =>
    (await given(client.GET('/api/papers', { params: { query: { after: last?.number } } }))).papers,
  paper: (number: string) => given(client.GET('/api/papers/{number}', { params: { path: { number } } })),

  /** A page of those whose right holds now, after the right that ended the page before. */
  subscribers: async (channel: string, after?: string) =>
    (
      await given(
        client.GET('/api/channels/{channel}/subscribers', {
          params: { path: { channel }, query: { after } },
        }),
      )
    ).subscribers,
  /** Gives a badge a picture, or another one; for the subscribers of one tier, where that is named. */
  setBadge: (channel: string, tier: string | undefined, badge: string, file: Blob) =>
    given(
      client.PUT('/api/channels/{channel}/badges/{badge}', {
        params: { path: { channel, badge }, query: { tier } },
        body: file as unknown as string,
        bodySerializer: (body) => body,
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
    ),
  dropBadge: (channel: string, tier: string | undefined, badge: string) =>
    given(
      client.DELETE('/api/channels/{channel}/badges/{badge}', {
        params: { path: { channel, badge }, query: { tier } },
      }),
    ),
  /** A page of sales, newest first, after the one that ended the page before; only those to one account. */
  sales: async (channel: string, last?: Sale, account?: string) =>
    (
      await given(
        client.GET('/api/channels/{channel}/sales', {
          params: { path: { channel }, query: { provider: last?.provider, after: last?.id, account } },
        }),
      )
    ).sales,
  /** Without an amount all that is left of the sale. Idempotent on key. */
  refund: (channel: string, { provider, id: sale }: Sale, body: RefundWish) =>
    given(
      client.POST('/api/channels/{channel}/sales/{provider}/{sale}/refund', {
        params: { path: { channel, provider, sale } },
        body,
      }),
    ),
  /** Idempotent on key: one key gives once. */
  giveRight: (channel: string, body: RightWish) =>
    given(client.POST('/api/channels/{channel}/rights', { ...at(channel), body })),
  takeRight: (channel: string, right: string) =>
    given(client.DELETE('/api/channels/{channel}/rights/{right}', { params: { path: { channel, right } } })),
  /** A list of comma-separated values. The same line gives once. */
  importRights: (channel: string, list: string) =>
    given(
      client.POST('/api/channels/{channel}/rights/import', {
        ...at(channel),
        body: list,
        bodySerializer: (text) => text,
        headers: { 'Content-Type': 'text/csv; charset=utf-8' },
      }),
    ),
}
