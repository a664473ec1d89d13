import type { Page } from '@playwright/test'
import { ask, log, say, spaceTab } from '../lib/acts.ts'
import { Bytes } from '../lib/bytes.ts'
import { expect, handle, test, type Person } from '../lib/fixtures.ts'
import type { Entry } from '../lib/rest.ts'

// Plain letters, so that no encoding can hide them, and words that stand nowhere else.
const sentinel = 'quietamberlantern'

type EventPage = { events: Entry[] }

/**
 * What is said inside is in none of the bytes that others receive: not by page, not by REST, not by socket,
 * not with the room's identifier guessed. The same scan must find it where it belongs.
 */
test('nothing of the Sub Space reaches those who did not pay', async ({ stage }) => {
  const ada = await stage.creator()
  const bea = await stage.member('Bea')
  const cy = await stage.member('Cy')
  const nobody = await stage.person('nobody')
  const received = new Map<Person, Bytes>()
  for (const person of [bea, cy, nobody]) received.set(person, await Bytes.of(person.context))
  const of = (person: Person) => received.get(person)!

  await stage.subscribe(bea)
  await stage.goLive(ada)
  for (const { page } of [bea, cy, nobody]) await page.goto(`/c/${handle}`)
  await spaceTab(bea.page).click()
  await say(bea.page, 'space', `${sentinel} in a message`)
  await ask(bea.page, `${sentinel} in a question`)
  await ada.rest.call('POST', `/api/channels/${handle}/rooms/space/messages`, {
    key: crypto.randomUUID(),
    text: `${sentinel} from the creator`,
  })
  await expect(log(bea.page, 'space').getByText(`${sentinel} from the creator`)).toBeVisible()
  const known = await whatASubscriberKnows(bea)

  await test.step('by page', async () => {
    for (const { page } of [cy, nobody]) {
      await spaceTab(page).click()
      await expect(page.getByTestId('space-locked')).toBeVisible()
      for (const path of ['/', `/c/${handle}`, `/cockpit/${handle}`, '/account', '/nowhere']) {
        await page.goto(path)
        await page.waitForTimeout(800) // a live never falls silent: give the page time to ask for all it wants
      }
    }
  })

  await test.step('by REST, every route there is, with everything a subscriber knows', async () => {
    for (const person of [cy, nobody]) {
      const tried = await tryEveryRoute(person, known, of(person))
      expect(tried, 'routes were really tried').toBeGreaterThan(10)
    }
  })

  await test.step('by socket, with rooms guessed', async () => {
    for (const person of [cy, nobody]) {
      await person.page.goto(`/c/${handle}`)
      const answers = await knockAtEveryDoor(person.page, known, async () => {
        await say(bea.page, 'space', `${sentinel} while ${person.name} knocks`)
        await spaceTab(bea.page).press('Home')
        await say(bea.page, 'public', `knocked, ${person.name}`)
        await spaceTab(bea.page).click()
      })
      for (const answer of answers) of(person).take('socket, asked by hand', answer)
      expect(
        answers.some((answer) => answer.includes('"hello"')),
        'the socket did open',
      ).toBe(true)
      expect(
        answers.some((answer) => answer.includes('"refused"')),
        'and refused',
      ).toBe(true)
    }
  })

  await test.step('the scan finds it where it belongs, and nowhere else', async () => {
    const found = await of(bea).places(sentinel)
    expect(
      found.some((from) => from.startsWith('socket')),
      'the subscriber got it by socket',
    ).toBe(true)
    await spaceTab(bea.page).click()
    await bea.page.reload()
    await spaceTab(bea.page).click()
    await expect(log(bea.page, 'space').getByText(`${sentinel} in a message`)).toBeVisible()
    const asked = await bea.rest.try('GET', `/api/channels/${handle}/rooms/space/events`)
    await of(bea).takeAnswer('REST, asked by hand', asked)
    expect(await of(bea).places(sentinel), 'and by REST').toContain('REST, asked by hand')
    for (const person of [cy, nobody]) {
      expect(await of(person).places(sentinel), `what ${person.name} received`).toEqual([])
      const { texts, characters } = of(person).count()
      console.log(`figure: scanned ${texts} texts, ${characters} characters that ${person.name} received`)
      expect(of(person).unread, 'documents that could not be read').toEqual([])
      // The public room must have reached them, or the scan has looked at nothing.
      expect(await of(person).places('knocked, Cy')).not.toEqual([])
    }
  })
})

type Known = { log: string; ids: string[] }

/** Identifiers that a subscriber sees, and that an outsider might be told or guess. */
async function whatASubscriberKnows(bea: Person): Promise<Known> {
  const space = await bea.rest.call<EventPage>('GET', `/api/channels/${handle}/rooms/space/events`)
  const { questions } = await bea.rest.call<{ questions: { id: string }[] }>(
    'GET',
    `/api/channels/${handle}/questions`,
  )
  const last = space.events.at(-1)!
  expect(JSON.stringify(space), 'the subscriber reads it').toContain(sentinel)
  return {
    log: last.log,
    ids: [...questions.map(({ id }) => id), last.log, ...new Set(space.events.map(({ seq }) => String(seq)))],
  }
}

type Description = { paths: Record<string, Record<string, unknown>> }

async function tryEveryRoute(person: Person, { log, ids }: Known, bytes: Bytes): Promise<number> {
  const { paths } = await person.rest.call<Description>('GET', '/api/openapi.json')
  const rooms = ['space', log, 'SPACE', 'space%00', '%73pace', 'public/../space', 'space/', '..%2fspace']
  const guesses: Record<string, string[]> = { channel: [handle], room: rooms, seq: ['1', '2', '3'] }
  const queries = [
    '',
    '?after=0',
    '?before=1000000',
    '?limit=1000',
    '?state=waiting',
    '?room=space',
    `?log=${log}`,
  ]
  const asks: { method: string; address: string }[] = []
  for (const [path, methods] of Object.entries(paths)) {
    // Deleting as a stranger is moderation's to test; here it could only make things disappear.
    const reads = 'get' in methods ? ['get'] : []
    const writes = 'post' in methods && /questions|messages/.test(path) ? ['post'] : []
    for (const address of fill(path, guesses, ids)) {
      for (const method of reads) for (const query of queries) asks.push({ method, address: address + query })
      for (const method of writes) asks.push({ method, address })
    }
  }
  let answered = 0
  await inParallel(8, asks, async ({ method, address }) => {
    const body =
      method === 'post' ? { key: crypto.randomUUID(), text: 'let me in', anonymous: false } : undefined
    const answer = await person.rest.try(method.toUpperCase(), address, body)
    await bytes.takeAnswer(`${method} ${address}`, answer)
    answered++
  })
  console.log(`figure: ${person.name} asked ${answered} times by REST`)
  return answered
}

async function inParallel<T>(hands: number, work: T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...work]
  const one = async () => {
    for (let item = left.shift(); item; item = left.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: hands }, one))
}

function fill(path: string, guesses: Record<string, string[]>, others: string[]): string[] {
  const name = /\{(\w+)\}/.exec(path)?.[1]
  if (!name) return [path]
  return (guesses[name] ?? others.slice(0, 3)).flatMap((value) =>
    fill(path.replace(`{${name}}`, value), guesses, others),
  )
}

/**
 * Opens sockets of its own from the page's origin, with the page's cookies, one for each thing to ask: a frame
 * that the server calls malformed ends its socket. `meanwhile` happens while they stand open. Returns all frames.
 */
async function knockAtEveryDoor(
  page: Page,
  { log }: Known,
  meanwhile: () => Promise<void>,
): Promise<string[]> {
  await page.evaluate(
    async ({ handle, log }) => {
      const rooms = [
        'space',
        log,
        'SPACE',
        ' space',
        'public,space',
        '../space',
        '*',
        '',
        'channel',
        'business',
      ]
      const asks: object[] = [
        ...rooms.map((room) => ({ type: 'enter', channel: handle, room })),
        ...rooms.map((room) => ({ type: 'enter', channel: handle, room, cursor: 0 })),
        { type: 'post', channel: handle, room: 'space', key: crypto.randomUUID(), text: 'let me in' },
        { type: 'enter', channel: log, room: 'space' },
        { type: 'enter', channel: [handle], room: ['space'] },
        { type: 'enter', overlay: 'guess', room: 'space' },
        { type: 'enter', log, cursor: 0 },
        { type: 'subscribe', channel: handle, room: 'space' },
      ]
      const frames: string[] = []
      const sockets: WebSocket[] = []
      Object.assign(window, { __knocking: { frames, sockets } })
      await Promise.all(
        asks.map(async (ask, n) => {
          const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, 'subspace.v1')
          sockets.push(socket)
          socket.onopen = () => socket.send(JSON.stringify({ ...ask, id: String(n) }))
          await new Promise<void>((resolve) => {
            socket.onclose = () => resolve()
            socket.onmessage = (e) => {
              frames.push(String(e.data))
              if (!String(e.data).includes('"hello"')) resolve()
            }
            setTimeout(resolve, 2_000)
          })
        }),
      )
    },
    { handle, log },
  )
  await meanwhile()
  return page.evaluate(() => {
    const { frames, sockets } = (
      window as unknown as { __knocking: { frames: string[]; sockets: WebSocket[] } }
    ).__knocking
    sockets.forEach((socket) => socket.close())
    return frames
  })
}
