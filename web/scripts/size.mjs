// What a visitor downloads, gzipped, against the budgets. Fails when one is broken.
// A page is its HTML's scripts and the screen's chunk, with everything these import statically.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

const dist = resolve(import.meta.dirname, '../../internal/webui/dist')
const assets = readdirSync(join(dist, 'assets'))
const read = (name) => readFileSync(join(dist, 'assets', name))
const gzip = (names) => [...names].reduce((sum, n) => sum + gzipSync(read(n), { level: 9 }).length, 0)

const chunk = (start) => assets.filter((n) => n.startsWith(`${start}-`) && n.endsWith('.js'))
const largest = (names) => names.toSorted((a, b) => read(b).length - read(a).length)[0]
const linked = (html) =>
  [...readFileSync(join(dist, html), 'utf8').matchAll(/assets\/([^"]+)"/g)].map((m) => m[1])
const imports = (name) =>
  [
    ...read(name)
      .toString()
      .matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g),
  ].map((m) => m[1])

function closure(names, found = new Set()) {
  for (const name of names) if (!found.has(name)) closure(imports(name), found.add(name))
  return found
}
const js = (html, ...screens) =>
  closure([...linked(html), ...screens.map((s) => largest(chunk(s)))].filter((n) => n.endsWith('.js')))
// A chunk's styles bear its name; those of the page itself are linked in the HTML.
const stem = (name) => name.replace(/-[^-]{8}\.(js|css)$/, '')
function css(html, ...screens) {
  const stems = new Set([...js(html, ...screens)].map(stem))
  const own = assets.filter((n) => n.endsWith('.css') && stems.has(stem(n)))
  return new Set([...linked(html).filter((n) => n.endsWith('.css')), ...own])
}
const fonts = assets.filter((n) => n.endsWith('.woff2') && n.includes('latin'))

if (process.argv.includes('--parts'))
  for (const name of js('index.html', 'Watch'))
    console.log((gzip([name]) / 1000).toFixed(1).padStart(6), name)

const budgets = [
  ['watch page, scripts', 60, gzip(js('index.html', 'Watch'))],
  ['watch page, styles', 15, gzip(css('index.html', 'Watch'))],
  ['fonts', 35, fonts.reduce((sum, n) => sum + read(n).length, 0)],
  ['hls.js', 195, gzip([largest(chunk('hls'))])],
  ['cockpit, scripts', 140, gzip(js('index.html', 'Cockpit'))],
  // 35.5: its goal, alerts and where things stand took 0.9, with every plate loaded when it is shown.
  ['overlay, scripts', 36, gzip(js('overlay.html'))],
  ['dock, scripts', 60, gzip(js('dock.html'))],
  ['English', 15, gzip([largest(chunk('en'))])],
  ['French', 15, gzip([largest(chunk('fr'))])],
  // Loaded when somebody opens the picker: 1,898 names, and the words they are searched by.
  ['emoji, English', 34, gzip([largest(chunk('emoji-en'))])],
  ['emoji, French', 38, gzip([largest(chunk('emoji-fr'))])],
]

let broken = false
for (const [what, limit, bytes] of budgets) {
  const over = bytes > limit * 1000
  broken ||= over
  console.log(`${over ? 'OVER' : '  ok'}  ${(bytes / 1000).toFixed(1).padStart(6)} of ${limit} kB  ${what}`)
}
process.exit(broken ? 1 : 0)
