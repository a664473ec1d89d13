/** What was sold, to whom, and its papers, for pictures and component tests. */
import type { Buyer, ImportResult, PaperPage, Sale, Subscriber } from '../src/api/subscription'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
const ahead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const eur = (minor: number) => ({ minor, currency: 'EUR' })

export function sales(): Sale[] {
  const one = (id: string, buyer: string, days: number, total: number, more: Partial<Sale> = {}): Sale => ({
    provider: 'sandbox',
    id,
    channel: 'ines',
    buyer,
    kind: 'period',
    tier: 'Studio',
    period: 'month',
    quantity: 1,
    total: eur(total),
    tax: eur(Math.round(total / 6)),
    tax_rate: 2000,
    country: 'FR',
    share: eur(total - Math.round(total / 6)),
    at: ago(86_400 * days),
    period_start: ago(86_400 * days),
    period_end: ahead(30 - days),
    card_last4: '4242',
    refunded: eur(0),
    refundable: eur(total),
    dispute: '',
    sandbox: true,
    ...more,
  })
  return [
    one('ch_1', 'Priya', 1, 9900, { tier: 'Kiln', period: 'year' }),
    one('ch_2', 'Bastien', 4, 499),
    one('ch_3', 'Yuna', 6, 4530, { kind: 'change', period: 'year' }),
    one('ch_4', 'Noa', 12, 999, { tier: 'Kiln', refunded: eur(300), refundable: eur(699) }),
    one('ch_5', 'Sam K', 15, 499, { dispute: 'open', refundable: eur(0), country: 'DE' }),
    one('ch_6', 'Théo R.', 31, 499, { refunded: eur(499), refundable: eur(0) }),
    one('ch_7', 'Sam K', 45, 499, { dispute: 'won', country: 'DE' }),
    one('ch_8', 'Lou', 60, 499, { dispute: 'lost', refundable: eur(0), country: 'US', tax: eur(0) }),
  ]
}

export function subscribers(): Subscriber[] {
  const given = { state: '', period: '', price: null } as const
  const one = (name: string, months: number, more: Partial<Subscriber> = {}): Subscriber => ({
    account: name.toLowerCase(),
    name,
    right: `r-${name}`,
    source: 'subscription',
    tier: 'Studio',
    since: ago(86_400 * (30 * months + 3)),
    until: ahead(19),
    months,
    state: 'active',
    cancel_at_period_end: false,
    period: 'month',
    price: eur(499),
    revoked_at: null,
    note: '',
    ...more,
  })
  return [
    one('Priya', 11, { tier: 'Kiln', period: 'year', price: eur(9900) }),
    one('Bastien', 9),
    one('Yuna', 14, { cancel_at_period_end: true }),
    one('Noa', 0, { state: 'trialing', since: ago(86_400 * 2), until: ahead(5) }),
    one('Sam K', 3, { state: 'past_due', until: ahead(2) }),
    one('Alix', 26, { state: 'paused' }),
    one('Wren', 5, { source: 'comp', ...given, until: ahead(90), note: 'edits the recordings' }),
    one('Lou', 2, { source: 'gift', ...given, until: ahead(40) }),
  ]
}

export const imported = (): ImportResult => ({
  granted: 497,
  known: 0,
  troubles: [
    { line: 100, reason: 'account_missing', detail: 'There is no account named "Nils".' },
    { line: 200, reason: 'line_months_invalid', detail: '"three" is not a number of months.' },
    { line: 300, reason: 'line_tier_missing', detail: 'The channel has no tier named "Platinum".' },
  ],
})

export const buyer = (): Buyer => ({ of_age: true, cap: 0, next: null, raised_at: null, spent: [eur(5029)] })

export function papers(): PaperPage[] {
  const one = (n: number, days: number, gross: number, more: Partial<PaperPage> = {}): PaperPage => ({
    number: `FR-2026-00000${n}`,
    kind: 'invoice',
    corrects: '',
    corrections: [],
    seller: 'Atelier numérique SAS',
    seller_address: '12 rue des Fours\n75011 Paris\nFrance',
    seller_tax_id: 'FR40123456824',
    buyer: 'Noa',
    issued_at: ago(86_400 * days),
    line: 'Inès Marchetti, ceramics: Studio',
    from: ago(86_400 * days),
    to: ahead(30 - days),
    net: eur(gross - Math.round(gross / 6)),
    tax: eur(Math.round(gross / 6)),
    tax_rate: 2000,
    gross: eur(gross),
    country: 'FR',
    card_last4: '4242',
    sandbox: false,
    ...more,
  })
  return [
    one(4, 1, 4530, { line: 'Inès Marchetti, ceramics: Kiln' }),
    one(3, 10, 300, { kind: 'credit_note', corrects: 'FR-2026-000002', from: null, to: null }),
    one(2, 12, 999, { corrections: ['FR-2026-000003'] }),
    one(1, 43, 499, { sandbox: true }),
  ]
}
