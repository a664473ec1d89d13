import { withBooks } from '../i18n/index.svelte'
import type { Route } from './pattern'

/** The studio is the cockpit of one who holds the camera too. */
const cockpit = withBooks(() => import('../screens/Cockpit.svelte'))

/** Every screen of the app. The overlay is its own page: see overlay.html. */
export const routes: Route[] = [
  { name: 'home', pattern: '/', load: () => import('../screens/Home.svelte') },
  { name: 'watch', pattern: '/c/{handle}', load: () => import('../screens/Watch.svelte') },
  {
    name: 'recording',
    pattern: '/c/{handle}/recordings/{recording}',
    load: withBooks(() => import('../screens/Recording.svelte')),
  },
  {
    name: 'cockpit',
    pattern: '/cockpit/{handle}',
    load: cockpit,
  },
  {
    name: 'subscriptions',
    pattern: '/cockpit/{handle}/subscriptions',
    load: withBooks(() => import('../screens/Subscriptions.svelte')),
  },
  {
    name: 'studio',
    pattern: '/cockpit/{handle}/studio',
    load: cockpit,
  },
  {
    name: 'statement',
    pattern: '/cockpit/{handle}/payouts/{payout}',
    load: withBooks(() => import('../screens/Statement.svelte')),
  },
  {
    name: 'sandbox-account',
    pattern: '/sandbox-account',
    load: withBooks(() => import('../screens/SandboxAccount.svelte')),
  },
  { name: 'account', pattern: '/account', load: withBooks(() => import('../screens/Account.svelte')) },
  { name: 'papers', pattern: '/account/papers', load: withBooks(() => import('../screens/Papers.svelte')) },
  {
    name: 'paper',
    pattern: '/account/papers/{number}',
    load: withBooks(() => import('../screens/Paper.svelte')),
  },
  { name: 'security', pattern: '/account/security', load: () => import('../screens/Security.svelte') },
  { name: 'mail', pattern: '/mail/{step}', load: () => import('../screens/Mail.svelte') },
  { name: 'sign-in', pattern: '/sign-in', load: () => import('../screens/SignIn.svelte') },
  { name: 'link', pattern: '/link', load: () => import('../screens/Link.svelte') },
  { name: 'setup', pattern: '/setup', load: () => import('../screens/Setup.svelte') },
  { name: 'missing', pattern: '/404', load: () => import('../screens/Missing.svelte') },
]
