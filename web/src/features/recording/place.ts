import { measure } from '../../i18n/format'

/** "1.4 GB": how much is stored. */
export const size = (bytes: number) =>
  bytes >= 1e9 ? measure(bytes / 1e9, 'gigabyte', 1) : measure(bytes / 1e6, 'megabyte')

/** "1:04:07": a place in a recording. */
export function place(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}
