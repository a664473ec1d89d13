/** What a journey is given: a server with an owner, people with browsers, an encoder. */
import {
  test as base,
  expect,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test'
import { encode } from './encoder.ts'
import { secret } from './place.ts'
import { until, type Program } from './process.ts'
import { Rest, type Ingest } from './rest.ts'
import { serve, type Server } from './server.ts'

export { expect }

export const handle = 'ada'

/** Passwords of tests are secrets too: no log may hold them. */
export const password = 'correct-horse-battery-staple'
secret(password)

export type Person = {
  name: string
  context: BrowserContext
  page: Page
  rest: Rest
  server: Server
  /** Errors of the page that nobody expected. */
  troubles: string[]
}

export type Stage = {
  server: Server
  /** A browser of its own, not signed in. */
  person(name: string, options?: BrowserContextOptions & { at?: Server }): Promise<Person>
  /** The owner of the server and of the channel, made by the one-time link without a screen. */
  creator(options?: BrowserContextOptions): Promise<Person>
  /** A person with an account. */
  member(name: string, options?: BrowserContextOptions & { at?: Server }): Promise<Person>
  /** Pays for a month with the sandbox, without a screen. */
  subscribe(person: Person): Promise<void>
  /** Pushes picture and sound until the journey ends, and returns when the channel is live. */
  goLive(creator: Person): Promise<Program>
}

type Options = { serverArgs: string[] }

export const test = base.extend<Options & { stage: Stage }>({
  serverArgs: [[], { option: true }],
  stage: async ({ browser, serverArgs }, use, info) => {
    const server = await serve(info.titlePath.at(-1)!.replace(/\W+/g, '-').slice(0, 40), ...serverArgs)
    const people: Person[] = []
    const encoders: Program[] = []
    try {
      await use(makeStage(browser, server, people, encoders))
      for (const { name, troubles } of people)
        expect.soft(troubles, `errors on the page of ${name}`).toEqual([])
    } finally {
      for (const person of people) await keepSecrets(person).catch(() => {})
      for (const { context } of people) await context.close()
      for (const encoder of encoders) await encoder.stop('SIGKILL')
      await server.stop()
    }
  },
})

export function makeStage(browser: Browser, server: Server, people: Person[], encoders: Program[]): Stage {
  const stage: Stage = {
    server,
    async person(name, { at = server, ...options } = {}) {
      const context = await browser.newContext({ reducedMotion: 'reduce', baseURL: at.url, ...options })
      const page = await context.newPage()
      const person: Person = {
        name,
        context,
        page,
        rest: new Rest(context.request, at.url),
        server: at,
        troubles: [],
      }
      notice(person)
      people.push(person)
      return person
    },
    async creator(options) {
      const creator = await stage.person('Ada', options)
      const token = server.setup.split('#')[1] ?? ''
      await creator.rest.call('POST', '/api/setup', {
        token,
        name: 'Ada',
        password,
        handle,
        title: 'Evening studio',
      })
      await creator.rest.call('PATCH', `/api/channels/${handle}`, {
        space_open: true,
        price: { minor: 499, currency: 'EUR' },
      })
      return creator
    },
    async member(name, options) {
      const person = await stage.person(name, options)
      await person.rest.call('POST', '/api/accounts', { name, password })
      return person
    },
    async subscribe(person) {
      const bought = await person.rest.call<{ id: string }>('POST', `/api/channels/${handle}/checkout`, {
        key: crypto.randomUUID(),
        of_age: true,
      })
      await person.rest.call('POST', `/api/sandbox/checkouts/${bought.id}/pay`, { card: '4242424242424242' })
      await until(`${person.name} is inside`, async () => {
        const channel = await person.rest.call<{ me: { inside: boolean } }>('GET', `/api/channels/${handle}`)
        return channel.me.inside
      })
    },
    async goLive(creator) {
      const { key } = await creator.rest.call<Ingest>('GET', `/api/channels/${handle}/ingest`)
      // A small picture: these journeys are not about it, and decoding in software is slow.
      const encoder = encode(server.rtmp, secret(key), { size: '480x270', rate: 10 })
      encoders.push(encoder)
      await until('the channel is live', async () => {
        const { live } = await creator.rest.call<{ live: { state: string } | null }>(
          'GET',
          `/api/channels/${handle}`,
        )
        return live?.state === 'live'
      })
      return encoder
    },
  }
  return stage
}

/** The console tells of every refused request, without saying which; answers are looked at one by one instead. */
const refusal = /Failed to load resource: the server responded with a status of/

function notice({ page, troubles }: Person): void {
  page.on('pageerror', (error) => troubles.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !refusal.test(message.text())) troubles.push(message.text())
  })
  // A refusal is part of many journeys, a failing server of none.
  page.on('response', (answer) => {
    // A playlist that is waited for when the live ends is answered as "not now".
    const over = answer.status() === 503 && new URL(answer.url()).pathname.endsWith('.m3u8')
    if (answer.status() >= 500 && !over)
      troubles.push(`${answer.status()} ${answer.request().method()} ${answer.url().split('?')[0]}`)
  })
}

/** Remembers the cookies of a person: no log may hold them. */
export async function keepSecrets({ context }: Person): Promise<void> {
  for (const cookie of await context.cookies()) secret(cookie.value)
}
