/** Answers that come late, in another order, or not at all. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, type Checkout, type PlanPreview, type Subscription, type Tier } from '../../api/subscription'
import { PlanChange } from './change.svelte'
import { CheckoutAttempt } from './checkout.svelte'
import { Offer } from './offer.svelte'

const eur = (minor: number) => ({ minor, currency: 'EUR' })
const tier = (id: string, month: number, more: Partial<Tier> = {}): Tier => ({
  id,
  name: id,
  level: 1,
  perks: [],
  month: eur(month),
  year: eur(10 * month),
  trial_days: 0,
  on_sale: true,
  ...more,
})
const tiers = [tier('low', 499), tier('high', 999)]

const checkout = (more: Partial<Checkout> = {}): Checkout => ({
  id: 'c1',
  provider: 'sandbox',
  channel: 'ines',
  tier: 'low',
  price: eur(499),
  total: eur(499),
  period: 'month',
  trial_days: 0,
  quantity: 1,
  state: 'open',
  reason: '',
  sandbox: true,
  url: '',
  gift: null,
  renews_at: '2026-12-27T12:00:00Z',
  ...more,
})

type Asked = { call: string; body: Record<string, unknown>; answer: (body: object, status?: number) => void }

/** A server whose answers the test gives, each when it likes. */
let asked: Asked[]
const real = window.fetch
const waiting = (call: string) => asked.filter((a) => a.call === call)
const opened = () => waiting('POST /api/channels/ines/checkout')
const soon = (check: () => unknown) => expect.poll(check, { interval: 5 })

beforeEach(() => {
  asked = []
  window.fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    return new Promise<Response>((resolve) =>
      asked.push({
        call: `${request.method} ${new URL(request.url).pathname}`,
        body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
        answer: (body, status = 200) =>
          resolve(
            new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } }),
          ),
      }),
    )
  }
})
afterEach(() => {
  window.fetch = real
  vi.restoreAllMocks()
})

/** A call that was answered later: what was answered before it has arrived too. */
async function afterwards(): Promise<void> {
  const call = api.checkout('later')
  await soon(() => waiting('GET /api/checkouts/later').length).toBe(1)
  waiting('GET /api/checkouts/later')[0]!.answer(checkout())
  await call
}

async function atTheTill(): Promise<CheckoutAttempt> {
  const attempt = new CheckoutAttempt(new Offer('ines'))
  void attempt.open()
  await soon(() => asked.length).toBe(1)
  asked[0]!.answer({ tiers })
  await soon(() => opened().length).toBe(1)
  opened()[0]!.answer(checkout())
  await soon(() => attempt.step).toBe('review')
  return attempt
}

describe('a checkout', () => {
  it('follows the last choice, whichever answer comes last', async () => {
    const attempt = await atTheTill()
    attempt.choose({ tier: 'high' })
    await soon(() => opened().length).toBe(2)
    attempt.choose({ period: 'year' })
    await soon(() => opened().length).toBe(3)
    expect(attempt.step).toBe('opening')
    opened()[2]!.answer(checkout({ id: 'c3', tier: 'high', period: 'year', total: eur(9990) }))
    await soon(() => attempt.step).toBe('review')
    opened()[1]!.answer(checkout({ id: 'c2', tier: 'high', total: eur(999) }))
    await afterwards()
    expect(attempt.checkout!.id).toBe('c3')
    const keys = opened().map((a) => a.body.key)
    expect(new Set(keys).size).toBe(3)
    attempt.stop()
  })

  it('asks once for a country that was reached past others', async () => {
    const attempt = await atTheTill()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    for (const code of ['FI', 'FJ', 'FM', 'FR']) {
      attempt.country = code
      expect(attempt.step).toBe('opening')
      vi.advanceTimersByTime(300)
    }
    vi.advanceTimersByTime(300)
    vi.useRealTimers()
    await soon(() => opened().length).toBe(2)
    expect(opened()[1]!.body.country).toBe('FR')
    attempt.stop()
  })

  it('goes on asking about a payment while nobody answers, until it is left', async () => {
    const attempt = await atTheTill()
    void attempt.pay()
    await soon(() => waiting('POST /api/sandbox/checkouts/c1/pay').length).toBe(1)
    waiting('POST /api/sandbox/checkouts/c1/pay')[0]!.answer(checkout({ state: 'pending' }))
    const asks = () => waiting('GET /api/checkouts/c1')
    await soon(() => asks().length).toBe(1)
    asks()[0]!.answer({ reason: 'unavailable' }, 503)
    await soon(() => asks().length).toBe(2)
    expect(attempt.step).toBe('waiting')
    asks()[1]!.answer(checkout({ state: 'complete' }))
    await soon(() => attempt.step).toBe('done')
    attempt.stop()
  })

  it('asks nothing more once the sheet is closed', async () => {
    const attempt = await atTheTill()
    void attempt.pay()
    await soon(() => waiting('POST /api/sandbox/checkouts/c1/pay').length).toBe(1)
    attempt.stop()
    const timers = vi.spyOn(window, 'setTimeout')
    waiting('POST /api/sandbox/checkouts/c1/pay')[0]!.answer(checkout({ state: 'pending' }))
    await soon(() => attempt.step).toBe('waiting')
    expect(timers.mock.calls.filter(([, ms]) => ms === 1_000)).toEqual([])
  })

  it('is paid once, and not while another one is being counted', async () => {
    const attempt = await atTheTill()
    void attempt.pay()
    void attempt.pay()
    await soon(() => waiting('POST /api/sandbox/checkouts/c1/pay').length).toBe(1)
    waiting('POST /api/sandbox/checkouts/c1/pay')[0]!.answer(checkout({ state: 'declined', reason: 'x' }))
    await soon(() => attempt.step).toBe('declined')
    await attempt.again()
    attempt.choose({ tier: 'high' })
    await attempt.pay()
    expect(waiting('POST /api/sandbox/checkouts/c1/pay')).toHaveLength(1)
    attempt.stop()
  })

  it('is not chosen anew while it is being paid', async () => {
    const attempt = await atTheTill()
    void attempt.pay()
    attempt.choose({ tier: 'high' })
    attempt.country = 'FR'
    expect([attempt.step, attempt.country === 'FR']).toEqual(['paying', false])
    await afterwards()
    expect(opened()).toHaveLength(1)
    attempt.stop()
  })
})

describe('an offer', () => {
  it('keeps the last reading, whichever answer comes last', async () => {
    const offer = new Offer('ines')
    void offer.read()
    void offer.read()
    await soon(() => asked.length).toBe(2)
    asked[1]!.answer({ tiers })
    await soon(() => offer.tiers.length).toBe(2)
    asked[0]!.answer({ tiers: tiers.slice(1) })
    await afterwards()
    expect(offer.tier!.id).toBe('low')
  })

  it('shows nothing that is off sale, and falls back when a choice is', async () => {
    const offer = new Offer('ines', { tier: 'high', period: 'year' })
    const read = async (list: Tier[]) => {
      asked = []
      const reading = offer.read()
      await soon(() => asked.length).toBe(1)
      asked[0]!.answer({ tiers: list })
      await reading
    }
    await read(tiers)
    expect([offer.tier!.id, offer.period]).toEqual(['high', 'year'])
    await read([
      { ...tiers[0]!, year: null },
      { ...tiers[1]!, on_sale: false },
    ])
    expect([offer.tier!.id, offer.period, offer.several]).toEqual(['low', 'month', false])
  })
})

describe('a change of plan', () => {
  const preview = (due: number): PlanPreview => ({
    now: true,
    credit: eur(0),
    due: eur(due),
    price: eur(999),
    at: '2026-11-27T12:00:00Z',
    renews_at: '2026-12-27T12:00:00Z',
  })
  const previews = () => waiting('POST /api/subscriptions/s/preview')
  const changes = () => waiting('POST /api/subscriptions/s/change')

  async function choosing(): Promise<PlanChange> {
    const change = new PlanChange({ id: 's', channel: 'ines', tier: 'low', period: 'month' } as Subscription)
    void change.start()
    await soon(() => asked.length).toBe(1)
    asked[0]!.answer({ tiers })
    await soon(() => change.offer.state).toBe('ready')
    return change
  }

  it('previews the last choice, whichever answer comes last', async () => {
    const change = await choosing()
    void change.choose({ tier: 'high' })
    await soon(() => previews().length).toBe(1)
    void change.choose({ period: 'year' })
    await soon(() => previews().length).toBe(2)
    previews()[1]!.answer(preview(2))
    await soon(() => change.preview?.due.minor).toBe(2)
    previews()[0]!.answer(preview(1))
    await afterwards()
    expect(change.preview!.due.minor).toBe(2)
  })

  it('tries a declined card anew, on another key', async () => {
    const change = await choosing()
    void change.choose({ tier: 'high' })
    await soon(() => previews().length).toBe(1)
    previews()[0]!.answer(preview(500))
    await soon(() => change.preview?.due.minor).toBe(500)
    void change.confirm()
    await soon(() => changes().length).toBe(1)
    changes()[0]!.answer({ reason: 'card_declined' }, 409)
    await soon(() => previews().length).toBe(2)
    previews()[1]!.answer(preview(500))
    await soon(() => change.refusal?.reason).toBe('card_declined')
    await soon(() => change.busy).toBe(false)
    void change.confirm()
    await soon(() => changes().length).toBe(2)
    expect(changes()[1]!.body.key).not.toBe(changes()[0]!.body.key)
  })

  it('charges once for two presses, no more than was shown, and on one key', async () => {
    const change = await choosing()
    void change.choose({ tier: 'high' })
    await soon(() => previews().length).toBe(1)
    previews()[0]!.answer(preview(500))
    await soon(() => change.preview?.due.minor).toBe(500)
    void change.confirm()
    void change.confirm()
    await soon(() => changes().length).toBe(1)
    changes()[0]!.answer({ reason: 'internal' }, 500)
    await soon(() => change.refusal?.reason).toBe('internal')
    // The answer was lost, perhaps after the charge: the same key does not charge again.
    void change.confirm()
    await soon(() => changes().length).toBe(2)
    expect(changes()[1]!.body).toEqual(changes()[0]!.body)
    expect(changes()[0]!.body.most).toBe(500)
  })

  it('asks nothing about the plan that is theirs', async () => {
    const change = await choosing()
    void change.choose({ tier: 'high' })
    await soon(() => previews().length).toBe(1)
    void change.choose({ tier: 'low' })
    previews()[0]!.answer(preview(1))
    await afterwards()
    expect(change.preview).toBeUndefined()
    expect(previews()).toHaveLength(1)
    expect(await change.confirm()).toBeUndefined()
  })
})
