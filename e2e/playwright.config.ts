import { defineConfig } from '@playwright/test'
import { chromium } from './lib/browser.ts'

export default defineConfig({
  testDir: 'journeys',
  outputDir: 'artefacts/journeys',
  // Each has a server, a database and ports of its own; two on two cores wait together.
  workers: 2,
  // A journey that only passes the second time has failed.
  retries: 0,
  // Three times what they take on a machine that does several things at once.
  timeout: 360_000,
  globalTimeout: 1_800_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? 'artefacts/journeys.json' }],
  ],
  use: {
    ...chromium,
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    actionTimeout: 15_000,
    screenshot: 'only-on-failure',
    trace: 'off',
  },
})
