import { resolve } from 'node:path'
import { defineConfig, mergeConfig } from 'vite'
import app from './vite.config.ts'

/**
 * The dock is built by itself: OBS's browser has nothing of the other pages in its cache, and a page that shares their
 * files would have them cut into more and smaller ones.
 */
export default defineConfig(({ mode }) => {
  const config = mergeConfig(app, { mode })
  config.build.emptyOutDir = false
  config.build.rolldownOptions = { input: { dock: resolve(import.meta.dirname, 'dock.html') } }
  return config
})
