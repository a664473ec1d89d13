import { expect, it, vi } from 'vitest'
import { shortcuts } from '../src/ui/shortcuts'

it('leaves Enter and Space to a focused summary, and takes them elsewhere', () => {
  const run = vi.fn()
  const press = shortcuts({ Enter: run, ' ': run }, () => true)
  document.body.innerHTML = '<details><summary>more</summary></details><p>text</p>'
  const send = (on: string, key: string) => {
    const event = new KeyboardEvent('keydown', { key, cancelable: true, bubbles: true })
    document.querySelector(on)!.addEventListener('keydown', press as EventListener, { once: true })
    document.querySelector(on)!.dispatchEvent(event)
    return event.defaultPrevented
  }
  expect([send('summary', 'Enter'), send('summary', ' ')]).toEqual([false, false])
  expect(run).not.toHaveBeenCalled()
  expect([send('p', 'Enter'), send('p', ' ')]).toEqual([true, true])
  document.body.innerHTML = ''
})
