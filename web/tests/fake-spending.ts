/** The part of the stand-in server that knows what a buyer spends, and their papers. */
import type { Answer } from './fake-server'
import type { World } from './fake-world'

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

export function buyer(w: World, method: string, body: Record<string, unknown>): Answer {
  if (w.refuseBuyer) return { status: 503, body: { reason: w.refuseBuyer } }
  if (method === 'GET') return { status: 200, body: w.buyer }
  const cap = Number(body.cap)
  const said = w.buyer
  if (cap === said.cap) w.buyer = { ...said, next: null, raised_at: null }
  else if (!said.cap || (cap && cap < said.cap)) w.buyer = { ...said, cap, next: null, raised_at: null }
  else w.buyer = { ...said, next: cap, raised_at: inDays(1) }
  return { status: 200, body: w.buyer }
}

export function papers({ papers, fail }: World, path: string, after: string | null): Answer {
  if (fail) return { status: 503, body: { reason: 'storage_unavailable' } }
  const number = path.split('/')[3]
  const found = papers.find((p) => p.number === number)
  if (number) return found ? { status: 200, body: found } : { status: 404, body: { reason: 'paper_missing' } }
  const from = papers.findIndex((p) => p.number === after) + 1
  return { status: 200, body: { papers: papers.slice(from, from + 100) } }
}

/** What was paid, a hundred at a time. */
export function paid({ payments, refusePayments }: World, after: string | null): Answer {
  if (refusePayments) return { status: 503, body: { reason: 'unavailable' } }
  const from = payments.findIndex((sale) => sale.id === after) + 1
  return { status: 200, body: { sales: payments.slice(from, from + 100) } }
}
