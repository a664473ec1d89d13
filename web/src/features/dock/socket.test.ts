import { describe, expect, it } from 'vitest'
import type { SocketLike } from '../../realtime/connection'
import { DockSocket } from './socket'

function stage() {
  const sent: string[] = []
  const heard: string[] = []
  const refused: string[] = []
  const closed: number[] = []
  let hungUp = 0
  const under: SocketLike = {
    ...{ onopen: null, onmessage: null, onclose: null },
    send: (text) => void sent.push(text),
    close: () => void hungUp++,
  }
  const socket = new DockSocket(under, 'dock_secret', (reason) => refused.push(reason))
  socket.onmessage = (e) => void heard.push(JSON.parse(String(e.data)).type)
  socket.onclose = (e) => void closed.push(e.code)
  const say = (frame: object) => under.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent)
  return { socket, say, sent, heard, refused, closed, hungUp: () => hungUp, under }
}

const cookie = { type: 'hello', account: { id: 'somebody' }, session: 's' }
const greeting = { type: 'hello', account: { id: 'ines' }, session: '', dock: { id: 'd1', channel: 'ines' } }

describe('the socket of a dock', () => {
  it('says who it is by its first frame, and is not whom a cookie names', () => {
    const { say, sent, heard } = stage()
    say(cookie)
    expect(sent.map((text) => JSON.parse(text))).toEqual([
      { type: 'sign_in', id: 'dock', dock: 'dock_secret' },
    ])
    expect(heard).toEqual([])
    say({ type: 'door', channel: 'elsewhere' })
    expect(heard).toEqual([])
    say(greeting)
    say({ type: 'state', channel: 'ines', viewers: 1 })
    expect(heard).toEqual(['hello', 'state'])
  })

  it('says why it is not let in, and hangs up', () => {
    const { say, refused, closed, hungUp } = stage()
    say(cookie)
    say({ type: 'refused', id: 'dock', reason: 'dock_revoked', detail: '' })
    expect(refused).toEqual(['dock_revoked'])
    expect(closed).toHaveLength(1)
    expect(hungUp()).toBe(1)
  })

  it('hears that its address was revoked, and of nothing else that ends it', () => {
    const { say, refused, closed, under } = stage()
    say(cookie)
    say(greeting)
    under.onclose?.({ code: 1001 } as CloseEvent)
    expect(refused).toEqual([])
    under.onclose?.({ code: 4001 } as CloseEvent)
    expect(refused).toEqual(['dock_revoked'])
    expect(closed).toEqual([1001, 4001])
  })
})
