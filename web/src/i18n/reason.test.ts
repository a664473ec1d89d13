import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../api/refusal'
import { language } from './index.svelte'
import { explain } from './reason'

const wait = (retry_after: number) => explain(new Refusal({ reason: 'slow_down', retry_after }))

describe('explain', () => {
  beforeAll(() => language.choose('en'))

  it('never says to try again in no time', () => {
    expect(wait(0.2)).toContain('Try again in 1 sec.')
    expect(wait(3.4)).toContain('Try again in 4 sec.')
  })

  it('says minutes for a long wait', () => {
    expect(wait(100)).toContain('Try again in 2 min.')
  })

  it('gives no time where the server gave none', () => {
    expect(explain(new Refusal({ reason: 'slow_down' }))).not.toContain('Try again')
  })
})
