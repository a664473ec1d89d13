import { beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../api/refusal'
import { backoff } from './backoff'
import { Connection } from './connection'
import { FakeNetwork } from '../../tests/fake-network'

describe('backoff', () => {
  it('doubles from half a second to fifteen', () => {
    const longest = () => 1
    expect([0, 1, 2, 3].map((n) => backoff(n, longest))).toEqual([500, 1000, 2000, 4000])
    expect(backoff(30, longest)).toBe(15_000)
  })

  it('cuts a random half, so that a crowd does not return at once', () => {
    expect(backoff(3, () => 0)).toBe(2000)
  })
})

describe('Connection', () => {
  let network: FakeNetwork
  let connection: Connection

  beforeEach(() => {
    network = new FakeNetwork()
    connection = new Connection(network)
    connection.start()
  })

  it('is open once the server has greeted', () => {
    expect(connection.link).toBe('connecting')
    network.greet()
    expect(connection.link).toBe('open')
  })

  it('matches answers to requests by id', async () => {
    network.greet()
    const answer = connection.request({ type: 'ping' })
    network.answerLast((id) => ({ type: 'pong', id }))
    await expect(answer).resolves.toMatchObject({ type: 'pong' })
  })

  it('turns a refused frame into its reason', async () => {
    network.greet()
    const answer = connection.request({ type: 'leave', channel: 'ines', room: 'public' })
    network.answerLast((id) => ({
      type: 'refused',
      id,
      reason: 'timed_out',
      detail: 'Wait.',
      retry_after: 9,
    }))
    await expect(answer).rejects.toMatchObject({ reason: 'timed_out', retryAfter: 9 })
  })

  it('refuses at once while there is no socket', async () => {
    await expect(connection.request({ type: 'ping' })).rejects.toBeInstanceOf(Refusal)
  })

  it('fails what was under way when the socket is lost, and comes back', async () => {
    network.greet()
    const answer = connection.request({ type: 'ping' })
    network.lose()
    await expect(answer).rejects.toMatchObject({ reason: 'unreachable' })
    expect(connection.link).toBe('waiting')
    network.pass(1000)
    network.greet()
    expect(connection.link).toBe('open')
    expect(network.opened).toBe(2)
  })

  it('notices at once that the browser lost its network', () => {
    network.greet()
    connection.cut()
    expect(connection.link).toBe('waiting')
    connection.cut()
    network.pass(1000)
    expect(network.opened).toBe(2)
  })

  it('tries a stream after two sockets that led nowhere, and a socket again when that is lost', () => {
    const lose = () => {
      network.lose()
      network.pass(60_000)
    }
    lose()
    lose()
    expect(network.ways).toEqual(['socket', 'socket', 'stream'])
    lose() // the stream leads nowhere either: perhaps a socket does
    expect(network.ways.at(-1)).toBe('socket')
    lose()
    lose()
    expect(network.ways.at(-1)).toBe('stream')
    network.greet()
    lose() // it worked, and the bad moment may be over
    expect(network.ways.at(-1)).toBe('socket')
  })

  it('stays away as long as a server that goes has asked', () => {
    network.greet()
    network.socket.say({ type: 'goodbye', retry_after: 3 })
    network.lose()
    network.pass(2999)
    expect(network.opened).toBe(1)
    network.pass(1)
    expect(network.opened).toBe(2)
    network.lose() // it asked once
    network.pass(1000)
    expect(network.opened).toBe(3)
  })

  it('waits longer with every failure, and starts over once a socket has held', async () => {
    network.lose()
    network.pass(500)
    network.lose()
    network.pass(999)
    expect(network.opened).toBe(2)
    network.pass(1)
    expect(network.opened).toBe(3)
    network.greet()
    network.lose() // greeted, and lost at once
    network.pass(1999)
    expect(network.opened).toBe(3)
    network.pass(1)
    expect(network.opened).toBe(4)
    network.greet()
    network.pass(25_000)
    network.answerLast((id) => ({ type: 'pong', id }))
    await Promise.resolve()
    await Promise.resolve()
    network.lose()
    network.pass(500)
    expect(network.opened).toBe(5)
  })

  it('stays away when it is told to', () => {
    network.greet()
    network.lose(4003)
    network.pass(60_000)
    expect(connection.link).toBe('stopped')
    expect(network.opened).toBe(1)
  })

  it('pauses for five seconds after too many frames', () => {
    network.greet()
    network.lose(4029)
    network.pass(4999)
    expect(network.opened).toBe(1)
    network.pass(1)
    expect(network.opened).toBe(2)
  })

  it('notices a dead socket by an unanswered ping', async () => {
    network.greet()
    network.pass(25_000)
    network.pass(10_000)
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
    expect(connection.link).toBe('waiting')
  })

  it('comes back with the new cookie when restarted, and does not hear the old socket', () => {
    network.greet()
    const frames: string[] = []
    connection.onFrame((frame) => frames.push(frame.type))
    const old = network.socket
    connection.restart()
    old.say({ type: 'state', channel: 'ines', viewers: 1 })
    network.greet()
    expect(frames).toEqual(['hello'])
  })

  it('has those who are told the same at once ask one after the other', () => {
    network.greet()
    const asked: string[] = []
    const told = (people: number, chance: number, name: string) => {
      network.socket.say({ type: 'state', channel: 'ines', viewers: people })
      network.chance = chance
      return connection.spread('ines', () => asked.push(name))
    }
    told(100, 1, 'one of few')
    expect(asked).toEqual(['one of few'])
    told(19_000, 1, 'the last')
    told(19_000, 0.5, 'one in the middle')
    told(19_000, 0.25, 'one who left')()
    told(1_000_000, 1, 'one of very many')
    network.pass(4749)
    expect(asked).toHaveLength(1)
    network.pass(1)
    expect(asked.at(-1)).toBe('one in the middle')
    network.pass(4750)
    expect(asked.at(-1)).toBe('the last')
    network.pass(500)
    expect(asked.slice(1)).toEqual(['one in the middle', 'the last', 'one of very many'])
  })

  it('asks at once where nobody has said how many there are', () => {
    network.greet()
    let asked = 0
    connection.spread('ines', () => asked++)
    expect(asked).toBe(1)
  })

  it('survives a frame it cannot read', () => {
    network.greet()
    network.socket.onmessage?.({ data: 'not json' } as MessageEvent)
    expect(connection.link).toBe('open')
  })
})
