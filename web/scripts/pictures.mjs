// Pictures of every screen and state, from the built app and the fake server of the tests, with an axe run of
// each: node scripts/pictures.mjs [folder] [name ...]. A real HLS stream is made by ffmpeg if there is one.
import { execFileSync, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { chromium } from 'playwright'
import { createServer as createVite } from 'vite'
import { scenes } from './scenes.mjs'

const [folder = 'pictures', ...wanted] = process.argv.slice(2)
const root = resolve(import.meta.dirname, '..')
const dist = resolve(root, '../internal/webui/dist')
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
  "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mp4': 'video/mp4',
  '.m4s': 'video/mp4',
}

mkdirSync(folder, { recursive: true })
const media = { tall: stream('tall'), wide: stream('wide') }
let picture = 'tall'

/** A looping picture with a tone, as HLS; undefined where there is no ffmpeg. */
function stream(name) {
  if (spawnSync('ffmpeg', ['-version']).status !== 0) return undefined
  const out = resolve(folder, `media-${name}`)
  if (existsSync(join(out, 'main.m3u8'))) return out
  mkdirSync(out, { recursive: true })
  const size = name === 'tall' ? '540:960' : '960:540'
  const [w, h] = size.split(':')
  const crop = `scale=${w}:${h}:force_original_aspect_ratio=increase,crop=${size}`
  execFileSync(
    'ffmpeg',
    [
      '-loglevel',
      'error',
      '-loop',
      '1',
      '-i',
      join(root, `tests/media/${name}.jpg`),
      '-f',
      'lavfi',
      '-i',
      'sine=220',
    ].concat(
      [
        '-t',
        '60',
        '-vf',
        crop,
        '-r',
        '10',
        '-pix_fmt',
        'yuv420p',
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-g',
        '20',
      ],
      [
        '-c:a',
        'aac',
        '-hls_time',
        '2',
        '-hls_list_size',
        '0',
        '-hls_segment_type',
        'fmp4',
        join(out, 'main.m3u8'),
      ],
    ),
  )
  return out
}

function file(path) {
  if (path.startsWith('/hls/')) return media[picture] && join(media[picture], path.split('/').at(-1))
  if (path.startsWith('/overlay/')) return join(dist, 'overlay.html')
  const found = join(dist, path)
  return extname(path) ? found : join(dist, 'index.html')
}

const server = createServer((request, response) => {
  const path = file(new URL(request.url, 'http://x').pathname)
  if (!path || !existsSync(path)) return response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': csp,
  })
  response.end(readFileSync(path))
})
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
const origin = `http://127.0.0.1:${server.address().port}`

const vite = await createVite({
  root,
  server: { middlewareMode: true },
  appType: 'custom',
  logLevel: 'error',
})
const { FakeServer } = await vite.ssrLoadModule('/tests/fake-server.ts')
const { world } = await vite.ssrLoadModule('/tests/fake-world.ts')
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--disable-gpu',
    '--autoplay-policy=no-user-gesture-required',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
})

/** The page talks to the fake server: REST by routes, the socket by a routed WebSocket. */
async function serve(page, fake) {
  await page.route('**/api/**', async (route) => {
    if (fake.world.slow || (fake.world.hold && route.request().url().includes('/api/account'))) return
    const request = route.request()
    const csv = request.headers()['content-type']?.startsWith('text/csv')
    const url = new URL(request.url())
    const sent = csv ? { list: request.postData() } : (request.postDataJSON() ?? {})
    const { status, body } = fake.answer(request.method(), url.pathname, sent, url.searchParams)
    await route.fulfill({
      status,
      contentType: 'application/json',
      body: body === undefined ? '' : JSON.stringify(body),
    })
  })
  await page.routeWebSocket('**/ws', (socket) => {
    if (fake.world.down) return socket.close({ code: 1001 })
    const hear = fake.connect(
      (frame) => socket.send(JSON.stringify(frame)),
      (code) => socket.close({ code }),
    )
    socket.onMessage((text) => hear(JSON.parse(text)))
  })
}

async function look(page) {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const run = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }
    const { violations } = await globalThis.axe.run(document, run)
    const cut = []
    for (const e of document.querySelectorAll('button, h1, h2, a')) {
      const box = e.getBoundingClientRect()
      if (e.scrollWidth > e.clientWidth + 1 && box.width && getComputedStyle(e).overflow === 'hidden')
        cut.push(e.textContent.trim().slice(0, 30))
    }
    return {
      axe: violations.map(
        (v) =>
          `${v.id}×${v.nodes.length} ${v.nodes
            .slice(0, 3)
            .map((n) => n.target)
            .join(' , ')}`,
      ),
      wide: document.documentElement.scrollWidth > innerWidth,
      cut,
    }
  })
}

async function shoot(name, scene, size, lang) {
  const [width, height] = size
  const context = await browser.newContext({
    viewport: { width, height },
    reducedMotion: 'reduce',
    hasTouch: width < 600,
    bypassCSP: false,
  })
  const page = await context.newPage()
  const said = []
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && said.push(m.text().slice(0, 160)))
  page.on('pageerror', (e) => said.push(e.message.slice(0, 160)))
  const w = world(scene.role)
  scene.change?.(w)
  const fake = new FakeServer(w)
  picture = scene.picture ?? 'tall'
  await serve(page, fake)
  try {
    await page.goto(`${origin}${scene.path}${scene.path.includes('#') ? '' : `?lang=${lang}`}`)
    await page.evaluate(() => document.fonts.ready)
    if (scene.plays && media[picture])
      await page.waitForFunction(() => document.querySelector('video')?.readyState >= 2, null, {
        timeout: 15_000,
      })
    await page.waitForTimeout(scene.wait ?? 500)
    await scene.act?.(page, fake)
    await page.waitForTimeout(350)
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: !!scene.full })
    const { axe: violations, wide, cut } = await look(page)
    const notes = [
      ...violations,
      ...(wide ? ['WIDER THAN THE WINDOW'] : []),
      ...cut.map((c) => `cut: ${c}`),
      ...new Set(said),
    ]
    console.log(`${name}: ${notes.join(' | ') || 'fine'}`)
  } catch (e) {
    await page.screenshot({ path: join(folder, `${name}.png`) }).catch(() => {})
    console.log(`${name}: FAILED ${e.message.split('\n')[0]} ${said.join(' | ')}`)
  }
  await context.close()
}

const sizes = { phone: [390, 844], desk: [1440, 900], small: [320, 640], obs: [1280, 720] }
for (const scene of scenes)
  for (const size of scene.sizes ?? ['phone', 'desk'])
    for (const lang of scene.langs ?? ['en', 'fr']) {
      const name = `${scene.name}-${size}-${lang}`
      if (!wanted.length || wanted.some((w) => name.includes(w))) await shoot(name, scene, sizes[size], lang)
    }
await browser.close()
await vite.close()
server.close()
