/** Numbers, money, dates and clocks in the current language. */
import type { Money } from '../api/subspace'
import { language } from './index.svelte'

export const count = (n: number) => new Intl.NumberFormat(language.current).format(n)

/** 2.4K: for places where the exact number is noise. */
export const compact = (n: number) =>
  new Intl.NumberFormat(language.current, { notation: 'compact', maximumFractionDigits: 1 }).format(n)

/** €4.99, but €5 rather than €5.00. Minor units become major ones by the currency's own number of digits. */
export function money({ minor, currency }: Money): string {
  const digits = currencyDigits(currency)
  const whole = minor % 10 ** digits === 0
  const options: Intl.NumberFormatOptions = { style: 'currency', currency }
  if (whole) options.minimumFractionDigits = options.maximumFractionDigits = 0
  return new Intl.NumberFormat(language.current, options).format(minor / 10 ** digits)
}

/** €5.00: on papers no digit is left out. */
export function exactMoney({ minor, currency }: Money): string {
  const options: Intl.NumberFormatOptions = { style: 'currency', currency }
  return new Intl.NumberFormat(language.current, options).format(minor / 10 ** currencyDigits(currency))
}

/** "20%" of 2000 basis points. */
export function rate(basisPoints: number): string {
  const options = { style: 'percent', maximumFractionDigits: 2 } as const
  return new Intl.NumberFormat(language.current, options).format(basisPoints / 10_000)
}

/** How many digits of a currency's minor unit stand after the point: 2 for EUR, 0 for JPY. */
export function currencyDigits(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  )
}

/** "4,99" or "4.99" as typed, in minor units; undefined when it is not an amount of that currency. */
export function minorUnits(typed: string, currency: string): number | undefined {
  const digits = currencyDigits(currency)
  const match = /^(\d{1,7})(?:[.,](\d+))?$/.exec(typed.trim())
  const decimals = match?.[2] ?? ''
  if (!match || decimals.length > digits) return undefined
  return Number(match[1]) * 10 ** digits + Number(decimals.padEnd(digits, '0'))
}

/** 22 December, with the year only when it is not this one. */
export function day(at: string, now = new Date()): string {
  const date = new Date(at)
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return date.toLocaleDateString(language.current, { day: 'numeric', month: 'long', year })
}

/** 22 December 2026, on the same day everywhere: papers are dated so. */
export const paperDay = (at: string) =>
  new Date(at).toLocaleDateString(language.current, { dateStyle: 'long', timeZone: 'UTC' })

export const time = (at: string) =>
  new Date(at).toLocaleTimeString(language.current, { hour: '2-digit', minute: '2-digit' })

/** 1:12:08 or 1:24, since a moment. Never negative, whatever the two clocks say. */
export function elapsed(since: string, now: number): string {
  const s = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(s / 3600)
  const minutes = Math.floor(s / 60) % 60
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`
}

/** "11 min", "40 s", "2 h": a waiting time, one unit. */
export function span(since: string, now: number): string {
  const s = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  const [n, unit] = s < 60 ? [s, 'second'] : s < 3600 ? [Math.floor(s / 60), 'minute'] : hoursOrDays(s)
  return measure(n, unit)
}

function hoursOrDays(s: number): [number, string] {
  return s < 86_400 ? [Math.floor(s / 3600), 'hour'] : [Math.floor(s / 86_400), 'day']
}

/** "40 sec", "2 hr", "1.8 sec": a number with its unit. */
export function measure(n: number, unit: string, digits = 0): string {
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits } as const
  return new Intl.NumberFormat(language.current, options).format(n)
}
