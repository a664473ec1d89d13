/**
 * Everything a browser context was sent, decoded: bodies inflated and put together by the browser, socket
 * messages reassembled, and escapes of JSON, HTML and addresses undone.
 */
import type { APIResponse, BrowserContext, Page, Route } from '@playwright/test'

/** Pictures and sound, which go to the browser directly: they are many and must not be late. */
const media = /\/hls\/.+\.(mp4|m4s)(\?|$)/

export class Bytes {
  readonly texts: { from: string; text: string }[] = []
  /** Documents whose body was gone before it could be read. */
  readonly unread: string[] = []
  #reading = new Set<Promise<void>>()

  /** Stands between the context and the server. Begin before the first address is opened. */
  static async of(context: BrowserContext): Promise<Bytes> {
    const bytes = new Bytes()
    await context.route(
      (url) => !media.test(url.pathname),
      (route) => bytes.#pass(route),
    )
    for (const page of context.pages()) bytes.#listen(page)
    context.on('page', (page) => bytes.#listen(page))
    return bytes
  }

  /** Takes a body down before the page has it, so that no page can leave before we have read. */
  async #pass(route: Route): Promise<void> {
    // Chromium trusts a document that it fetched itself; one handed to it may not open sockets to this machine.
    if (route.request().resourceType() === 'document') return route.continue()
    try {
      const response = await route.fetch({ maxRedirects: 0, timeout: 0 })
      await this.takeAnswer(response.url(), response)
      await route.fulfill({ response })
    } catch {
      // The page has gone: it did not get this answer either.
      await route.abort().catch(() => {})
    }
  }

  #listen(page: Page): void {
    page.on('requestfinished', (request) => {
      const document = request.resourceType() === 'document'
      if (!document && !media.test(new URL(request.url()).pathname)) return
      const reading = request
        .response()
        .then(async (response) => {
          const headers = JSON.stringify(await response!.allHeaders())
          this.take(request.url(), headers + (await response!.body()).toString(document ? 'utf8' : 'latin1'))
        })
        // A segment that the page has thrown away meanwhile holds no words; a document might.
        .catch(() => void (document && this.unread.push(request.url())))
        .finally(() => this.#reading.delete(reading))
      this.#reading.add(reading)
    })
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) =>
        this.take(`socket ${socket.url()}`, payload.toString('utf8')),
      )
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
    return this.texts
      .filter(({ text }) => readings(text).some((reading) => reading.includes(words)))
      .map(({ from }) => from)
  }

  count(): { texts: number; characters: number } {
    return {
      texts: this.texts.length,
      characters: this.texts.reduce((sum, { text }) => sum + text.length, 0),
    }
  }
}

function readings(text: string): string[] {
  const plain = text.replace(/\\u([0-9a-fA-F]{4})/g, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  )
  const page = text
    .replace(/&#x([0-9a-fA-F]+);/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
  const address = text.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  )
  return [text, plain, page, address]
}
