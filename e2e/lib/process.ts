/** Programs beside the browser: started by us, ended by us, by their own id. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'

export type Program = {
  process: ChildProcess
  /** What it has printed so far. */
  printed(): string
  ended: Promise<number | null>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export function start(
  command: string,
  args: string[],
  { env = {}, log }: { env?: Record<string, string>; log?: (text: string) => void } = {},
): Program {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  child.stdout.on('data', (data: Buffer) => (printed += data.toString()))
  child.stderr.on('data', (data: Buffer) => log?.(data.toString()))
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => resolve(code))
    child.on('error', (error) => (log?.(`${command}: ${error.message}\n`), resolve(-1)))
  })
  return {
    process: child,
    printed: () => printed,
    ended,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    },
  }
}

/** A port nobody listens on, as the system gives it. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Asks again until there is an answer other than undefined or false. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 15_000,
): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
