import '@fontsource-variable/figtree/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import { dock as calls } from './api/dock'
import { App } from './app.svelte'
import { readAddress } from './features/dock/address'
import Dock from './features/dock/Dock.svelte'
import { DockState } from './features/dock/dock.svelte'
import { DockSocket } from './features/dock/socket'
import { language, preferredLocale } from './i18n/index.svelte'
import { browser, Connection } from './realtime/connection'
import { Router } from './router/router.svelte'

const { secret, lang, aloud } = readAddress(location.hash)
const world = browser()
// Only a socket: a stream has no way to say by which address it comes, and OBS lets sockets through.
const connection = new Connection({
  ...world,
  open: () => new DockSocket(world.open('socket'), secret, (reason) => dock.end(reason)),
})
const dock = new DockState(connection, secret, (who) => app.session.know(who))
const app = new App(new Router([]), connection)
app.preferences.hear(aloud)
if (secret) calls.actBy(secret)

await language.choose(lang ?? preferredLocale())
await language.readBooks()
mount(Dock, { target: document.getElementById('dock')!, props: { dock, app } })
if (secret) connection.start()
window.addEventListener('online', () => connection.hurry())
window.addEventListener('offline', () => connection.cut())
// A new address in the same page is another dock.
window.addEventListener('hashchange', () => location.reload())
