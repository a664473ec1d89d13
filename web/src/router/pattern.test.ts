import { describe, expect, it } from 'vitest'
import { match, pick } from './pattern'
import { routes } from './routes'

describe('match', () => {
  it('takes the parts by name', () => {
    expect(match('/c/{handle}', '/c/ines')).toEqual({ handle: 'ines' })
    expect(match('/c/{handle}', '/c/ines/')).toEqual({ handle: 'ines' })
    expect(match('/c/{handle}', '/c/caf%C3%A9')).toEqual({ handle: 'café' })
  })

  it('refuses other paths', () => {
    expect(match('/c/{handle}', '/c/')).toBeUndefined()
    expect(match('/c/{handle}', '/c/ines/more')).toBeUndefined()
    expect(match('/account', '/accounts')).toBeUndefined()
  })

  it('survives a broken escape', () => {
    expect(match('/c/{handle}', '/c/%E0%A4%A')).toEqual({ handle: '%E0%A4%A' })
  })
})

describe('routes', () => {
  it.each([
    ['/', 'home'],
    ['/c/ines', 'watch'],
    ['/cockpit/ines', 'cockpit'],
    ['/cockpit/ines/subscriptions', 'subscriptions'],
    ['/cockpit/ines/studio', 'studio'],
    ['/account', 'account'],
    ['/sign-in', 'sign-in'],
    ['/link', 'link'],
    ['/setup', 'setup'],
    ['/elsewhere', 'missing'],
  ])('%s is %s', (path, name) => {
    expect(pick(routes, path).route.name).toBe(name)
  })
})
