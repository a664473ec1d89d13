import '@fontsource-variable/figtree/wght.css'
import './styles/tokens.css'
import './styles/overlay.css'
import { mount } from 'svelte'
import Overlay from './features/overlay/Overlay.svelte'
import { OverlayState } from './features/overlay/overlay.svelte'
import { language, preferredLocale } from './i18n/index.svelte'
import { Connection } from './realtime/connection'

const secret = decodeURIComponent(location.pathname.split('/')[2] ?? '')
const connection = new Connection()
const overlay = new OverlayState(connection, secret)

await language.choose(preferredLocale())
mount(Overlay, { target: document.getElementById('overlay')!, props: { overlay } })
overlay.start()
connection.start()
