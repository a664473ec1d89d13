import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Alerts, SHOWN_FOR, WAIT_MOST } from './alerts.svelte'

describe('alerts', () => {
  let alerts: Alerts
  const gift = (name: string, n = 1) => alerts.add({ kind: 'gift', name, n, to: [] })
  const later = () => vi.advanceTimersByTime(SHOWN_FOR)

  beforeEach(() => {
    vi.useFakeTimers()
    alerts = new Alerts()
  })
  afterEach(() => vi.useRealTimers())

  it('are shown one after the other, each its time, the same one as another', () => {
    gift('Bea')
    gift('Bea')
    expect(alerts.current).toMatchObject({ id: 1, name: 'Bea' })
    vi.advanceTimersByTime(SHOWN_FOR - 1)
    expect(alerts.current).toMatchObject({ id: 1 })
    vi.advanceTimersByTime(1)
    expect(alerts.current).toMatchObject({ id: 2, name: 'Bea' })
    later()
    expect(alerts.current).toBeNull()
    gift('Cy')
    expect(alerts.current).toMatchObject({ id: 3, name: 'Cy' })
  })

  it('that find no place are told as one number at the end', () => {
    gift('now')
    for (let i = 0; i < WAIT_MOST; i++) gift(`waits ${i}`)
    gift('too many', 5)
    alerts.add({ kind: 'begun', n: 7 })
    for (let i = 0; i < WAIT_MOST; i++) {
      later()
      expect(alerts.current).toMatchObject({ name: `waits ${i}` })
    }
    later()
    expect(alerts.current).toMatchObject({ kind: 'more', n: 12 })
    later()
    expect(alerts.current).toBeNull()
  })

  it('that name nobody become one while they wait', () => {
    gift('now')
    alerts.add({ kind: 'begun', n: 1 })
    alerts.add({ kind: 'begun', n: 2 })
    later()
    expect(alerts.current).toMatchObject({ kind: 'begun', n: 3 })
    alerts.add({ kind: 'begun', n: 4 })
    expect(alerts.current).toMatchObject({ n: 3 })
    later()
    expect(alerts.current).toMatchObject({ n: 4 })
  })

  it('are gone when the overlay is', () => {
    gift('now')
    gift('waits')
    alerts.clear()
    expect(alerts.current).toBeNull()
    later()
    expect(alerts.current).toBeNull()
    gift('again')
    expect(alerts.current).toMatchObject({ name: 'again' })
  })
})
