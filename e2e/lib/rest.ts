/** The REST interface as one person sees it: with the cookies of their browser context. */
import type { APIRequestContext, APIResponse } from '@playwright/test'

export class Rest {
  constructor(
    private readonly request: APIRequestContext,
    private readonly base: string,
  ) {}

  /** Sends and expects success; the answer's body is returned. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.try(method, path, body)
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
    return (answer.status() === 204 ? undefined : await answer.json()) as T
  }

  /** Sends and returns whatever comes. */
  try(method: string, path: string, body?: unknown): Promise<APIResponse> {
    return this.request.fetch(this.base + path, {
      method,
      data: body,
      // A browser's own page would say the same; without it unsafe methods are refused.
      headers: { Origin: this.base, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      maxRedirects: 0,
    })
  }
}

export type Ingest = { server: string; key: string; health: { publishing: boolean } }
export type Entry = { log: string; seq: number; kind: string; data: Record<string, unknown> }
