import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RoomChat } from '../chat/room.svelte'
import { Mark } from './mark'

class Tab extends EventTarget {
  hidden = false

  turn(hidden: boolean): void {
    this.hidden = hidden
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

let tab: Tab
const said: number[] = []
const chat = { rows: [{ seq: 5 }], reading: false } as RoomChat
const marked = async () => {
  await vi.advanceTimersByTimeAsync(4_000)
  return said
}

beforeEach(() => {
  vi.useFakeTimers()
  tab = new Tab()
  vi.stubGlobal('document', tab)
  said.length = 0
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('marks nothing read while nobody looks, and what is there when they are back', async () => {
  const mark = new Mark(chat, 3, (seq) => Promise.resolve(said.push(seq)))
  tab.turn(true)
  mark.read()
  expect(await marked()).toEqual([])
  tab.turn(false)
  expect(await marked()).toEqual([5])
})

it('marks nothing when it is left behind a hidden page, nor later', async () => {
  const mark = new Mark(chat, 3, (seq) => Promise.resolve(said.push(seq)))
  tab.turn(true)
  mark.read()
  await marked()
  mark.leave()
  tab.turn(false)
  expect(await marked()).toEqual([])
})
