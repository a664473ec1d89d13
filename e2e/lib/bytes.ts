/**
 * Everything a browser context was sent, decoded: bodies inflated and put together by the browser, socket
 * messages reassembled, and escapes of JSON, HTML and addresses undone.
 */
import type { APIResponse, BrowserContext, Page } from '@playwright/test'

export class Bytes {
  readonly texts: { from: string; text: string }[] = []
  readonly unread: string[] = []
  #reading = new Set<Promise<void>>()

  /** Listens to every page that the context has or opens. Begin before the first address is opened. */
  static of(context: BrowserContext): Bytes {
    const bytes = new Bytes()
    for (const page of context.pages()) bytes.#listen(page)
    context.on('page', (page) => bytes.#listen(page))
    return bytes
  }

  #listen(page: Page): void {
    page.on('requestfinished', (request) => {
      const reading = request
        .response()
        .then(async (response) => {
          const headers = response ? JSON.stringify(await response.allHeaders()) : ''
          // A redirect and a 204 have no body to read.
          const empty = !response || response.status() === 204 || response.status() === 304 || (response.status() >= 300 && response.status() < 400)
          this.take(request.url(), headers + (empty ? '' : (await response.body()).toString('latin1')))
          if (!empty) this.take(request.url(), (await response.body()).toString('utf8'))
        })
        .catch(() => void this.unread.push(request.url()))
        .finally(() => this.#reading.delete(reading))
      this.#reading.add(reading)
    })
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => this.take(`socket ${socket.url()}`, payload.toString('utf8')))
    })
  }

  take(from: string, text: string): void {
    this.texts.push({ from, text })
  }

  async takeAnswer(from: string, answer: APIResponse): Promise<void> {
    this.take(from, JSON.stringify(answer.headers()) + (await answer.text()))
  }

  /** The places where the words stand. */
  async places(words: string): Promise<string[]> {
    await Promise.all(this.#reading)
    return this.texts.filter(({ text }) => readings(text).some((reading) => reading.includes(words))).map(({ from }) => from)
  }

  count(): { texts: number; characters: number } {
    return { texts: this.texts.length, characters: this.texts.reduce((sum, { text }) => sum + text.length, 0) }
  }
}

function readings(text: string): string[] {
  const plain = text.replace(/\\u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  const page = text
    .replace(/&#x([0-9a-fA-F]+);/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
  const address = text.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  return [text, plain, page, address]
}
