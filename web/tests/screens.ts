import type { Role, World } from './fake-world'

/** The screens that a test of all of them visits. */
export type Screen = {
  name: string
  path: string
  as?: Role
  change?: (w: World) => void
  /** What stands there when the screen is. */
  ready: string
  tab?: number
}

export const screens: Screen[] = [
  { name: 'home', path: '/', as: 'owner', ready: '#live' },
  { name: 'home, empty', path: '/', as: 'owner', change: (w) => (w.channels = []), ready: '.title' },
  { name: 'watch', path: '/c/ines', ready: '.msg' },
  { name: 'watch, locked', path: '/c/ines', ready: '[data-testid=subscribe]', tab: 1 },
  { name: 'watch, inside', path: '/c/ines', as: 'subscriber', ready: '[data-testid=ask-box]', tab: 1 },
  { name: 'sign in', path: '/sign-in', ready: 'form' },
  { name: 'link', path: '/link', ready: '.problem' },
  { name: 'setup', path: '/setup', ready: 'form' },
  { name: 'account', path: '/account', as: 'subscriber', ready: 'li .btn' },
  { name: 'cockpit', path: '/cockpit/ines', as: 'owner', ready: '[data-testid=question-queue]' },
  { name: 'cockpit, as a stranger', path: '/cockpit/ines', as: 'full', ready: '.title' },
  { name: 'missing', path: '/nowhere', ready: '.title' },
]
