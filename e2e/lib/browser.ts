/** The browser of every journey: the system's Chromium, quiet, and allowed to decode what it is sent. */
const root = process.getuid?.() === 0

export const chromium = {
  browserName: 'chromium' as const,
  headless: true,
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Chromium refuses its sandbox for root, which is what containers usually are.
      ...(root ? ['--no-sandbox'] : []),
    ],
  },
}

/** A phone and a desktop, in CSS pixels. */
export const sizes = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1440, height: 900 },
}
