import '@fontsource-variable/figtree/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import AppRoot from './App.svelte'
import { App } from './app.svelte'
import { language, preferredLocale } from './i18n/index.svelte'
import { pick } from './router/pattern'
import { Router } from './router/router.svelte'
import { routes } from './router/routes'

const app = new App(new Router(routes))
const session = app.session.load().catch(() => {
  // Screens show what they can; the next call that fails says so in its own place.
})
void app.directory.refresh()
// The screen's chunk and the words come over the network together.
void pick(routes, location.pathname)
  .route.load()
  .catch(() => {})
await language.choose(preferredLocale())
mount(AppRoot, { target: document.getElementById('app')!, props: { app } })
// The socket greets us with an account: after the session, so that both name the same one.
void session.then(() => app.connection.start())
window.addEventListener('online', () => app.connection.hurry())
window.addEventListener('offline', () => app.connection.cut())
document.addEventListener('visibilitychange', () => document.hidden || app.connection.hurry())
