import { svelte } from '@sveltejs/vite-plugin-svelte'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { emoji } from './vite.emoji.ts'

const root = import.meta.dirname
const dist = resolve(root, '../internal/webui/dist')

/** emptyOutDir also deletes the tracked file that lets Go embed the folder on a machine without Node. */
const keepEmbeddable: Plugin = {
  name: 'keep-embeddable',
  apply: 'build',
  closeBundle: () => writeFileSync(resolve(dist, '.gitkeep'), ''),
}

/**
 * Small parts that most screens share are one file: as forty, gzip begins anew forty times, and so do requests. Viewers
 * have no use for the calls of the account's own pages, though several screens make them.
 */
const common = {
  name: 'common',
  test: /lucide|src.(ui|api.(?!account)|i18n.(format|reason))/,
  minShareCount: 6,
}
/** The same for what the rooms of the watch page share with a few others. */
const rooms = { name: 'rooms', test: /icons.(eye|gift|arrow-down|arrow-up)\.|chat.(key|Length)\./ }

/** The same for what the pages share that show a picture beside a room: of a live, at work, of a recording. */
const watching = {
  name: 'watching',
  test: /icons.play\.|chat.(rows|MessageRow|NoticeLine|MoreButton|room.svelte|Composer)\.|ui.Tabs|channel.visit.svelte|live.playback|player.[pP]layer\./,
}

/** The same for how every live page hears of its rooms. */
const realtime = { name: 'realtime', test: /src.realtime.(again|backoff|connection|feed)\./ }

const server = process.env.SUBSPACE_SERVER ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [svelte(), emoji(root), keepEmbeddable],
  base: '/',
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no data: fonts, so every asset stays a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: resolve(root, 'index.html'), overlay: resolve(root, 'overlay.html') },
      output: { codeSplitting: { groups: [common, rooms, realtime, watching] } },
    },
  },
  server: {
    proxy: {
      '/api': server,
      '/hls': server,
      '^/(replay|whip|whep)(/|$)': server,
      '/ws': { target: server, ws: true },
    },
  },
})
