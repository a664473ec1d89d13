import { describe, expect, it } from 'vitest'
import { Refusal } from '../api/refusal'
import { Pages } from './pages.svelte'

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('pages', () => {
  it('come one after the other until one is not full', async () => {
    const asked: (number | undefined)[] = []
    const pages = new Pages((last?: number) => {
      asked.push(last)
      const from = last === undefined ? 0 : last + 1
      return Promise.resolve(numbers(from, Math.min(from + 3, 7)))
    }, 3)
    await pages.read()
    expect([pages.rows, pages.more]).toEqual([[0, 1, 2], true])
    await pages.next()
    await pages.next()
    expect([pages.rows, pages.more]).toEqual([numbers(0, 7), false])
    expect(asked).toEqual([undefined, 2, 5])
  })

  it('keep what is there when the next one fails', async () => {
    let down = false
    const pages = new Pages((last?: number) => {
      return down ? Promise.reject(new Refusal({})) : Promise.resolve(numbers(last ?? 0, (last ?? 0) + 2))
    }, 2)
    await pages.read()
    down = true
    await expect(pages.next()).rejects.toThrow(Refusal)
    expect([pages.rows, pages.state, pages.busy]).toEqual([[0, 1], 'ready', false])
    await pages.read()
    expect(pages.state).toBe('failed')
  })

  it('forget an answer that a later question has overtaken', async () => {
    const answers: ((rows: number[]) => void)[] = []
    const pages = new Pages<number>(() => new Promise((answer) => answers.push(answer)), 2)
    const [first, second] = [pages.read(), pages.read()]
    answers[1]!([3])
    answers[0]!([1, 2])
    await Promise.all([first, second])
    expect(pages.rows).toEqual([3])
  })
})
