import { playwright } from '@vitest/browser-playwright'
import { defineConfig, mergeConfig } from 'vitest/config'
import app from './vite.config.ts'

const chromium = playwright({
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Chromium refuses its sandbox for root, which is what containers usually are.
    args: process.getuid?.() === 0 ? ['--no-sandbox', '--disable-gpu'] : ['--disable-gpu'],
  },
  // What moves is another story: a test waits for what is there, not for how it came.
  contextOptions: { reducedMotion: 'reduce' },
})

export default mergeConfig(
  app,
  defineConfig({
    resolve: { conditions: ['browser'] },
    // Icons met only later would be bundled in a second pass, with a second copy of Svelte.
    optimizeDeps: { exclude: ['@lucide/svelte'], include: ['axe-core', 'hls.js', 'openapi-fetch'] },
    test: {
      projects: [
        {
          extends: true,
          test: {
            name: 'unit',
            environment: 'node',
            include: ['src/**/*.test.ts'],
            exclude: ['src/**/*.svelte.test.ts'],
          },
        },
        {
          extends: true,
          test: {
            name: 'component',
            include: ['src/**/*.svelte.test.ts', 'tests/**/*.svelte.test.ts'],
            testTimeout: 30_000,
            // A second is too little for a machine that does several things.
            expect: { poll: { timeout: 10_000 } },
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: chromium,
              instances: [{ browser: 'chromium', viewport: { width: 1280, height: 800 } }],
            },
          },
        },
      ],
    },
  }),
)
