/** Paying back: asking again must not pay twice. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { api, type Sale } from '../../api/subscription'
import { SubscriptionDesk } from './desk.svelte'

const sale = { provider: 'stripe', id: 'ch_1', buyer: 'Ada', tier: 'Gold' } as Sale

afterEach(() => vi.restoreAllMocks())

describe('a refund', () => {
  it('is asked for under the key of the try that was not answered', async () => {
    const refund = vi
      .spyOn(api, 'refund')
      .mockRejectedValueOnce(new Error('no answer'))
      .mockResolvedValue(sale)
    const desk = new SubscriptionDesk('ines')
    await expect(desk.refund(sale, { amount: 100 })).rejects.toThrow()
    await desk.refund(sale, { amount: 100 })
    await desk.refund(sale, { amount: 100 })
    await desk.refund(sale, { amount: 200 })
    const [first, again, another, more] = refund.mock.calls.map(([, , body]) => body.key)
    expect(first).toBeTruthy()
    expect(again).toBe(first)
    expect(another).not.toBe(first)
    expect(more).not.toBe(another)
  })

  it('of another sum has another key, though the first was not answered', async () => {
    const refund = vi.spyOn(api, 'refund').mockRejectedValue(new Error('no answer'))
    const desk = new SubscriptionDesk('ines')
    for (const body of [{ amount: 100 }, { amount: 200 }, { end: true }])
      await expect(desk.refund(sale, body)).rejects.toThrow()
    expect(new Set(refund.mock.calls.map(([, , body]) => body.key)).size).toBe(3)
  })
})
